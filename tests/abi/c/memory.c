/* Memory over many requests. */
#include "host.h"

#include <malloc.h>

static long resident_kib(void)
{
    long pages = 0, resident = 0;
    malloc_trim(0);
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm && fscanf(statm, "%ld %ld", &pages, &resident) == 2);
    fclose(statm);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void a_round(int requests)
{
    enum { WINDOW = 1000 };
    static PerryPromise *window[WINDOW];
    for (int done = 0; done < requests; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            window[i] = probe(i % 3 ? "echo:some words" : i % 2 ? "sleep:0" : "conflict:x");
        for (int i = 0; i < WINDOW; i++) {
            CHECK(perry_container_promise_wait(window[i], LONG_MS) != PERRY_CONTAINER_PENDING);
            perry_container_promise_free(window[i]);
        }
    }
}

/* A leak of 40 bytes a request would show as 8 MB. */
CASE(memory_stays_flat)
{
    a_round(50000);
    long before = resident_kib();
    a_round(200000);
    long after = resident_kib();
    expect_nothing_left();
    CHECK(after < before + 6 * 1024);
}
