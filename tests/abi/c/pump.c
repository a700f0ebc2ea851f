/* Callbacks on the host's own thread. */
#include "host.h"

#include <poll.h>

static atomic_int ran;
static pthread_t main_thread;

static void on_main(PerryPromise *promise, void *user_data)
{
    (void)promise;
    (void)user_data;
    CHECK(pthread_equal(pthread_self(), main_thread));
    atomic_fetch_add(&ran, 1);
}

static void free_on_main(PerryPromise *promise, void *user_data)
{
    on_main(promise, user_data);
    perry_container_promise_free(promise);
}

CASE(a_descriptor_to_poll)
{
    main_thread = pthread_self();
    int fd = perry_container_pump_fd();
    CHECK(fd >= 0);
    CHECK_EQUAL(perry_container_pump_fd(), fd);
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    CHECK_EQUAL(poll(&ready, 1, 0), 0);
    CHECK_EQUAL(perry_container_promise_then(probe("sleep:0.02"), free_on_main, free_on_main, NULL), 0);
    CHECK_EQUAL(poll(&ready, 1, LONG_MS), 1);
    CHECK_EQUAL(ran, 0);
    CHECK_EQUAL(perry_container_pump(0), 1);
    CHECK_EQUAL(ran, 1);
    CHECK_EQUAL(poll(&ready, 1, 0), 0);
    expect_nothing_left();
}

CASE(pump_with_bounds)
{
    main_thread = pthread_self();
    CHECK_EQUAL(perry_container_pump(0), 0);
    CHECK_EQUAL(perry_container_pump(20), 0);
    CHECK_EQUAL(perry_container_promise_then(probe("sleep:0.05"), free_on_main, NULL, NULL), 0);
    CHECK_EQUAL(perry_container_pump(0), 0);
    CHECK_EQUAL(perry_container_pump(-1), 1);
    CHECK_EQUAL(perry_container_promise_then(probe("sleep:0.05"), free_on_main, NULL, NULL), 0);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    expect_nothing_left();
}

CASE(many_callbacks)
{
    enum { COUNT = 5000 };
    main_thread = pthread_self();
    CHECK(perry_container_pump_fd() >= 0);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQUAL(perry_container_promise_then(probe("echo:x"), free_on_main, NULL, NULL), 0);
    while (ran < COUNT)
        CHECK(perry_container_pump(LONG_MS) > 0);
    CHECK_EQUAL(perry_container_pump(0), 0);
    expect_nothing_left();
}

CASE(registered_before_the_pump)
{
    main_thread = pthread_self();
    PerryPromise *promise = probe("sleep:0.1");
    CHECK_EQUAL(perry_container_promise_then(promise, on_main, on_main, NULL), 0);
    CHECK(perry_container_pump_fd() >= 0);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    /* One that has settled already, and one callback registered by another. */
    CHECK_EQUAL(perry_container_promise_then(promise, free_on_main, NULL, NULL), 0);
    CHECK_EQUAL(ran, 1);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    CHECK_EQUAL(ran, 2);
    expect_nothing_left();
}

CASE(registered_late_while_the_library_is_busy)
{
    main_thread = pthread_self();
    PerryPromise *promise = probe("echo:x");
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    expect_json(probe("sleep:0.01"), "null");
    PerryPromise *busy = probe("spin:0.2");
    pause_ms(50);
    CHECK_EQUAL(perry_container_promise_then(promise, free_on_main, NULL, NULL), 0);
    CHECK(perry_container_pump_fd() >= 0);
    expect_json(busy, "null");
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    expect_nothing_left();
}

static void pump_here(PerryPromise *promise, void *user_data)
{
    (void)promise;
    atomic_store((atomic_int *)user_data, perry_container_pump(0));
}

CASE(the_library_thread_does_not_pump)
{
    atomic_int answer = 1;
    PerryPromise *promise = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_then(promise, pump_here, NULL, &answer), 0);
    CHECK_SOON(answer != 1);
    CHECK_EQUAL(answer, PERRY_CONTAINER_E_THREAD);
    /* The refused call has not switched anything: callbacks still come by themselves. */
    answer = 1;
    CHECK_EQUAL(perry_container_promise_then(promise, pump_here, NULL, &answer), 0);
    CHECK_SOON(answer != 1);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void pump_inside(PerryPromise *promise, void *user_data)
{
    on_main(promise, NULL);
    *(int *)user_data = perry_container_pump(0);
    perry_container_promise_free(promise);
}

CASE(pump_inside_a_pumped_callback)
{
    main_thread = pthread_self();
    int inner = -1;
    CHECK(perry_container_pump_fd() >= 0);
    CHECK_EQUAL(perry_container_promise_then(probe("echo:x"), pump_inside, NULL, &inner), 0);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    CHECK_EQUAL(inner, 0);
    expect_nothing_left();
}

static void count_anywhere(PerryPromise *promise, void *user_data)
{
    (void)user_data;
    atomic_fetch_add(&ran, 1);
    perry_container_promise_free(promise);
}

enum { SHARED = 4000 };

static void *pump_until_done(void *unused)
{
    while (ran < SHARED)
        CHECK(perry_container_pump(10) >= 0);
    return unused;
}

CASE(several_threads_pump)
{
    pthread_t threads[4];
    CHECK(perry_container_pump_fd() >= 0);
    for (int i = 0; i < 4; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, pump_until_done, NULL), 0);
    for (int i = 0; i < SHARED; i++)
        CHECK_EQUAL(perry_container_promise_then(probe("echo:x"), count_anywhere, NULL, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_EQUAL(ran, SHARED);
    expect_nothing_left();
}

CASE(shutdown_while_pumping)
{
    main_thread = pthread_self();
    CHECK(perry_container_pump_fd() >= 0);
    for (int i = 0; i < 10; i++)
        CHECK_EQUAL(perry_container_promise_then(probe("hang"), NULL, free_on_main, NULL), 0);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(ran, 0);
    CHECK_EQUAL(perry_container_pump(0), 10);
    /* After the end callbacks still wait for the pump. */
    CHECK_EQUAL(perry_container_promise_then(probe("echo:x"), NULL, free_on_main, NULL), 0);
    CHECK_EQUAL(ran, 10);
    CHECK_EQUAL(perry_container_pump(0), 1);
    expect_nothing_left();
}

static void shut_down(PerryPromise *promise, void *user_data)
{
    (void)user_data;
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    perry_container_promise_free(promise);
}

CASE(shutdown_inside_a_pumped_callback)
{
    CHECK(perry_container_pump_fd() >= 0);
    CHECK_EQUAL(perry_container_promise_then(probe("echo:x"), shut_down, NULL, NULL), 0);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    expect_code(probe("echo:x"), 499);
    expect_nothing_left();
}
