/* Ends with status 7 at a moment of its own, with work in flight: WORK WAY MICROSECONDS. */
#include "host.h"

#include <signal.h>

static void leave(PerryPromise *promise, void *user_data)
{
    (void)promise;
    (void)user_data;
    exit(7);
}

static void begin(const char *work, const char *way)
{
    int count = strcmp(work, "flood") == 0 ? 20000 : 5;
    const char *words = strcmp(work, "flood") == 0   ? "echo:x"
                        : strcmp(work, "hang") == 0  ? "hang"
                        : strcmp(work, "spin") == 0  ? "spin:0.02"
                        : strcmp(work, "spawn") == 0 ? "spawn:0.05"
                                                     : "sleep:0.001";
    PerryStringHeader *spec = text("{\"image\":\"busybox\",\"unknown\":1}");
    for (int i = 0; i < count; i++) {
        PerryPromise *promise = strcmp(work, "models") == 0 ? js_container_run(spec) : probe(words);
        if (strcmp(way, "callback") == 0)
            CHECK_EQUAL(perry_container_promise_then(promise, leave, leave, NULL), 0);
    }
}

CASE(leaves)
{
    begin(test_arguments[0], test_arguments[1]);
    struct timespec moment = {0, atol(test_arguments[2]) * 1000};
    nanosleep(&moment, NULL);
    if (strcmp(test_arguments[1], "callback") == 0)
        for (;;)
            pause();
    if (strcmp(test_arguments[1], "shutdown") == 0)
        perry_container_shutdown(atol(test_arguments[2]) % 3);
    exit(7);
}

static void on_signal(int number)
{
    (void)number;
    _exit(21);
}

/* Works until a signal ends it; says when it has begun. "own": with a handler of its own. */
CASE(works_forever)
{
    if (test_arguments[0])
        signal(SIGINT, on_signal);
    PerryStringHeader *spec = text("{\"image\":\"busybox\",\"unknown\":1}");
    expect_code(js_container_run(spec), 400);
    for (int i = 0; i < 5; i++)
        probe("hang");
    (void)!write(1, "ready\n", 6);
    for (;;)
        expect_json(probe("sleep:0.001"), "null");
}
