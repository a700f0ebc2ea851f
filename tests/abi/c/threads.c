/* Many threads and many promises. */
#include "host.h"

static pthread_barrier_t together;

static void *first_call(void *words)
{
    pthread_barrier_wait(&together);
    return probe(words);
}

CASE(two_threads_make_the_first_call)
{
    pthread_t threads[2];
    char *words[] = {"echo:one", "echo:two"};
    pthread_barrier_init(&together, NULL, 2);
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, first_call, words[i]), 0);
    for (int i = 0; i < 2; i++) {
        void *promise;
        pthread_join(threads[i], &promise);
        expect_json(promise, i ? "\"two\"" : "\"one\"");
    }
    expect_nothing_left();
}

static void *call_often(void *number)
{
    enum { CALLS = 100 };
    PerryPromise *promises[CALLS];
    char words[64], expected[64];
    pthread_barrier_wait(&together);
    for (int i = 0; i < CALLS; i++) {
        snprintf(words, sizeof words, "echo:%d-%d", (int)(intptr_t)number, i);
        promises[i] = probe(words);
    }
    for (int i = 0; i < CALLS; i++) {
        snprintf(expected, sizeof expected, "\"%d-%d\"", (int)(intptr_t)number, i);
        expect_json(promises[i], expected);
    }
    return NULL;
}

CASE(sixty_four_threads_call)
{
    pthread_t threads[64];
    pthread_barrier_init(&together, NULL, 64);
    for (int i = 0; i < 64; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, call_often, (void *)(intptr_t)i), 0);
    for (int i = 0; i < 64; i++)
        pthread_join(threads[i], NULL);
    expect_nothing_left();
}

static atomic_int fulfilled, rejected;

static void count_fulfilled(PerryPromise *promise, void *user_data)
{
    (void)promise;
    (void)user_data;
    atomic_fetch_add(&fulfilled, 1);
}

static void count_rejected(PerryPromise *promise, void *user_data)
{
    (void)promise;
    (void)user_data;
    atomic_fetch_add(&rejected, 1);
}

CASE(ten_thousand_promises_at_once)
{
    enum { COUNT = 10000 };
    for (int i = 0; i < COUNT; i++) {
        PerryPromise *promise = probe(i % 2 ? "sleep:0.2" : "conflict:x");
        CHECK_EQUAL(perry_container_promise_then(promise, count_fulfilled, count_rejected, NULL), 0);
        perry_container_promise_free(promise);
    }
    CHECK_SOON(fulfilled + rejected == COUNT);
    CHECK_EQUAL(fulfilled, COUNT / 2);
    expect_nothing_left();
}

CASE(ten_thousand_are_cancelled)
{
    enum { COUNT = 10000 };
    PerryPromise **promises = calloc(COUNT, sizeof *promises);
    for (int i = 0; i < COUNT; i++)
        promises[i] = probe("hang");
    for (int i = COUNT - 1; i >= 0; i--)
        CHECK_EQUAL(perry_container_promise_cancel(promises[i]), 0);
    for (int i = 0; i < COUNT; i++)
        expect_code(promises[i], 499);
    free(promises);
    expect_nothing_left();
}

static atomic_bool stop_calling;

static void *call_until_stopped(void *unused)
{
    while (!stop_calling) {
        PerryPromise *promise = probe("sleep:0.001");
        perry_container_promise_cancel(promise);
        int state = perry_container_promise_wait(promise, LONG_MS);
        CHECK(state == PERRY_CONTAINER_FULFILLED || state == PERRY_CONTAINER_REJECTED);
        CHECK(state == PERRY_CONTAINER_FULFILLED || code_of(promise) == 499);
        perry_container_promise_free(promise);
    }
    return unused;
}

CASE(shutdown_while_threads_call)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, call_until_stopped, NULL), 0);
    pause_ms(300);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    pause_ms(50);
    stop_calling = true;
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    expect_nothing_left();
}

static void *shut_down(void *unused)
{
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    return unused;
}

static void *shut_down_together(void *unused)
{
    pthread_barrier_wait(&together);
    return shut_down(unused);
}

CASE(threads_shut_down_together)
{
    pthread_t threads[8];
    pthread_barrier_init(&together, NULL, 9);
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, shut_down_together, NULL), 0);
    pthread_barrier_wait(&together);
    PerryPromise *promise = probe("echo:x"); /* may come first, or be too late */
    CHECK(perry_container_promise_wait(promise, LONG_MS) != PERRY_CONTAINER_PENDING);
    perry_container_promise_free(promise);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    expect_nothing_left();
}
