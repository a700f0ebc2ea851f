/* What the border costs a host: prints numbers, one measurement a line, times in nanoseconds. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "perry_container.h"

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static PerryPromise *settled(PerryPromise *promise)
{
    if (perry_container_promise_wait(promise, -1) < PERRY_CONTAINER_FULFILLED)
        fail("a promise did not settle");
    return promise;
}

/* The trivial request: one task of the library, no model, no engine. It answers 404. */
static PerryPromise *trivial(void) { return js_container_streamNext(4711); }

static PerryStringHeader *text(const char *words) { return perry_container_string_new(words, strlen(words)); }

/* The first call of the process: "RETURNED SETTLED". */
static void first(const char *what)
{
    PerryStringHeader *bad = text("{\"image\":\"busybox\",\"no such member\":1}");
    PerryStringHeader *good = text("{\"image\":\"busybox\"}");
    int64_t before = now();
    PerryPromise *promise = strcmp(what, "models") == 0   ? js_container_run(bad)
                            : strcmp(what, "engine") == 0 ? js_container_run(good)
                                                          : trivial();
    int64_t returned = now();
    settled(promise);
    printf("%lld %lld\n", (long long)(returned - before), (long long)(now() - before));
}

/* How long each of `count` calls takes while the library works off a backlog; pause: nanoseconds from call to call. */
static void warm(int count, int backlog, int64_t pause)
{
    PerryPromise **promises = calloc((size_t)(count + backlog), sizeof *promises);
    int64_t *times = calloc((size_t)count, sizeof *times);
    if (!promises || !times)
        fail("out of memory");
    perry_container_promise_free(settled(trivial()));
    for (int i = 0; i < backlog; i++)
        promises[count + i] = trivial();
    int64_t next = now();
    for (int i = 0; i < count; i++) {
        while (pause && now() < next) {
        }
        next += pause;
        int64_t before = now();
        promises[i] = trivial();
        times[i] = now() - before;
    }
    int busy = perry_container_promise_state(promises[count - 1]) == PERRY_CONTAINER_PENDING;
    for (int i = 0; i < count + backlog; i++)
        perry_container_promise_free(settled(promises[i]));
    if (!busy)
        fail("the library had nothing left to do: the backlog is too small");
    for (int i = 0; i < count; i++)
        printf("%lld\n", (long long)times[i]);
}

static void round_trips(int count)
{
    enum { WINDOW = 10000 };
    static PerryPromise *window[WINDOW];
    for (int done = 0; done < count; done += WINDOW) {
        for (int i = 0; i < WINDOW; i++)
            window[i] = trivial();
        for (int i = 0; i < WINDOW; i++)
            perry_container_promise_free(settled(window[i]));
    }
}

/* How many nanoseconds `count` round trips take. */
static void throughput(int count)
{
    round_trips(count / 10);
    int64_t before = now();
    round_trips(count);
    printf("%lld\n", (long long)(now() - before));
}

static long resident_bytes(void)
{
    long pages = 0, resident = 0;
    malloc_trim(0);
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld %ld", &pages, &resident) != 2)
        fail("/proc/self/statm cannot be read");
    fclose(statm);
    return resident * sysconf(_SC_PAGESIZE);
}

/* What is resident after each round. */
static void memory(int rounds, int count)
{
    for (int i = 0; i < rounds; i++) {
        round_trips(count);
        printf("%ld\n", resident_bytes());
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "first") == 0)
        first(argv[2]);
    else if (argc == 5 && strcmp(argv[1], "warm") == 0)
        warm(atoi(argv[2]), atoi(argv[3]), atoll(argv[4]));
    else if (argc == 3 && strcmp(argv[1], "throughput") == 0)
        throughput(atoi(argv[2]));
    else if (argc == 4 && strcmp(argv[1], "memory") == 0)
        memory(atoi(argv[2]), atoi(argv[3]));
    else
        fail("usage: border first WHAT | warm COUNT BACKLOG PAUSE | throughput COUNT | memory ROUNDS COUNT");
    return 0;
}
