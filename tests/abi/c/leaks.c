/* Every way a promise, a string and a request can go, for LeakSanitizer. "seeded": and one promise that is lost. */
#include "host.h"

static void ignore(PerryPromise *promise, void *user_data)
{
    (void)promise;
    (void)user_data;
}

static void free_it(PerryPromise *promise, void *user_data)
{
    (void)user_data;
    perry_container_promise_free(promise);
}

static void a_round(void)
{
    for (int i = 0; i < 100; i++) {
        expect_json(probe("echo:x"), "\"x\"");
        expect_code(probe("conflict:x"), 409);
        perry_container_promise_free(probe("sleep:0.001"));
        perry_container_promise_then(probe("sleep:0.001"), free_it, free_it, NULL);
        PerryPromise *cancelled = probe("hang");
        perry_container_promise_then(cancelled, NULL, NULL, NULL);
        perry_container_promise_then(cancelled, NULL, ignore, NULL);
        perry_container_promise_cancel(cancelled);
        expect_code(cancelled, 499);
        PerryStringHeader *bad = text("words");
        bad->byte_len = bad->capacity + 1;
        expect_code(js_container_inspectVolume(bad), 400);
        perry_container_string_free(bad);
        PerryStringHeader *name = text("n");
        perry_container_string_free(js_workload_graph(name, name));
        perry_container_string_free(js_container_getBackendPriority());
        perry_container_string_free(js_container_getBackend());
        perry_container_string_free(name);
        expect_code(js_container_streamNext(4711), 404);
    }
    int64_t stream = expect_number(probe("stream:2,0"));
    expect_json(js_container_streamNext(stream), "[1]");
    expect_json(js_container_streamClose(stream), "null");
}

__attribute__((noinline)) static void lose_one(void)
{
    char overwritten[4096];
    PerryPromise *lost = probe("sleep:0.001");
    expect_state(lost, PERRY_CONTAINER_FULFILLED);
    lost = NULL;
    memset(overwritten, 0, sizeof overwritten);
    __asm__ volatile("" ::"r"(overwritten), "r"(lost) : "memory");
}

static void shut_down(void)
{
    for (int i = 0; i < 20; i++)
        perry_container_promise_then(probe("hang"), free_it, free_it, NULL);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_code(probe("echo:x"), 499);
    perry_container_promise_then(probe("echo:x"), free_it, free_it, NULL);
}

CASE(frees_all)
{
    a_round();
    shut_down();
    expect_nothing_left();
}

CASE(frees_all_but_one)
{
    a_round();
    lose_one();
    shut_down();
}

CASE(frees_all_where_the_loop_died)
{
    for (int i = 0; i < 50; i++)
        perry_container_promise_then(probe("hang"), free_it, free_it, NULL);
    expect_code(probe("die-now"), 500);
    for (int i = 0; i < 50; i++)
        expect_code(probe("hang"), 500);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_nothing_left();
}
