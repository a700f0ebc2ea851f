/* Start, end, exit and fork. */
#include "host.h"

#include <fcntl.h>
#include <sys/wait.h>

/* ---- Shutdown -------------------------------------------------------------------------------- */

CASE(shutdown_before_the_first_call)
{
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(perry_container_shutdown(0), 0);
    expect_code(probe("echo:x"), 499);
    js_container_module_init();
    expect_code(probe("echo:x"), 499);
    expect_nothing_left();
}

CASE(shutdown_when_idle)
{
    expect_json(probe("echo:x"), "\"x\"");
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_code(probe("echo:x"), 499);
    expect_code(js_container_run(NULL), 499);
    expect_code(js_container_streamNext(1), 499);
    expect_nothing_left();
}

CASE(shutdown_while_starting)
{
    PerryPromise *promise = probe("hang");
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_code(promise, 499);
    expect_nothing_left();
}

CASE(shutdown_rejects_what_is_in_flight)
{
    PerryPromise *promises[300];
    for (int i = 0; i < 300; i++)
        promises[i] = probe(i % 3 == 0 ? "hang" : i % 3 == 1 ? "tidy:0.05" : "sleep:60");
    expect_number(probe("stream:5,60"));
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    for (int i = 0; i < 300; i++) {
        CHECK_EQUAL(perry_container_promise_state(promises[i]), PERRY_CONTAINER_REJECTED);
        expect_code(promises[i], 499);
    }
    expect_nothing_left();
}

CASE(shutdown_with_a_bound)
{
    PerryPromise *promise = probe("spin:0.7");
    expect_json(promise, "null");
    promise = probe("spin:0.7");
    CHECK_EQUAL(perry_container_shutdown(0), PERRY_CONTAINER_STILL_ENDING);
    CHECK_EQUAL(perry_container_shutdown(20), PERRY_CONTAINER_STILL_ENDING);
    CHECK_EQUAL(perry_container_shutdown(INT64_MAX), 0);
    CHECK(perry_container_promise_state(promise) != PERRY_CONTAINER_PENDING);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void shut_down(PerryPromise *promise, void *user_data)
{
    (void)promise;
    atomic_store((atomic_int *)user_data, perry_container_shutdown(-1));
}

CASE(shutdown_on_the_library_thread_is_refused)
{
    atomic_int answer = 99;
    PerryPromise *promise = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_then(promise, shut_down, shut_down, &answer), 0);
    CHECK_SOON(answer != 99);
    CHECK_EQUAL(answer, PERRY_CONTAINER_E_THREAD);
    perry_container_promise_free(promise);
    expect_json(probe("echo:x"), "\"x\"");
    expect_nothing_left();
}

static void note(PerryPromise *promise, void *user_data)
{
    (void)promise;
    ++*(int *)user_data;
}

CASE(callbacks_after_shutdown)
{
    int ran = 0;
    PerryPromise *promise = probe("echo:x");
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(perry_container_promise_then(promise, note, note, &ran), 0);
    CHECK_EQUAL(ran, 1);
    CHECK_EQUAL(perry_container_promise_cancel(promise), PERRY_CONTAINER_E_LATE);
    CHECK_EQUAL(perry_container_cancel(1), PERRY_CONTAINER_E_LATE);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

CASE(strings_at_once_after_shutdown)
{
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK(memcmp(perry_container_string_bytes(js_container_getBackend()), "unknown", 7) == 0);
    const PerryStringHeader *priority = js_container_getBackendPriority();
    CHECK(memcmp(perry_container_string_bytes(priority), "[\"docker\"]", 10) == 0);
    perry_container_string_free(priority);
}

/* ---- When the loop dies ---------------------------------------------------------------------- */

static void the_loop_dies(const char *words)
{
    PerryPromise *promises[100];
    for (int i = 0; i < 100; i++)
        promises[i] = probe(i % 2 ? "hang" : "sleep:60");
    expect_number(probe("stream:5,60"));
    PerryPromise *last = probe(words);
    PerryPromise *behind = probe("hang");
    for (int i = 0; i < 100; i++) {
        expect_state(promises[i], PERRY_CONTAINER_REJECTED);
        CHECK(strstr(perry_container_promise_json(promises[i], NULL), "event loop has ended"));
        expect_code(promises[i], 500);
    }
    expect_state(last, strstr(words, "loop") ? PERRY_CONTAINER_FULFILLED : PERRY_CONTAINER_REJECTED);
    perry_container_promise_free(last);
    expect_code(behind, 500);
    expect_code(probe("echo:later"), 500);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_code(probe("echo:later"), 499);
    CHECK_SOON(perry_container_live(PERRY_CONTAINER_LIVE_PROMISES) == 0);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_REQUESTS), 0);
}

CASE(the_loop_dies_of_an_exception) { the_loop_dies("die-now"); }

CASE(the_loop_is_stopped) { the_loop_dies("stop-loop"); }

/* An operation's own SystemExit is its own failure: the loop goes on. */
CASE(an_operation_asks_for_the_end)
{
    PerryPromise *other = probe("sleep:0.1");
    expect_code(probe("die"), 500);
    expect_json(other, "null");
    expect_json(probe("echo:x"), "\"x\"");
    expect_nothing_left();
}

/* ---- Fork ------------------------------------------------------------------------------------ */

static void expect_child(void (*child)(void))
{
    int status = 0;
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        child();
        exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(WEXITSTATUS(status), 0);
}

static PerryPromise *pending, *settled;

static void in_a_child(void)
{
    int ran = 0;
    alarm(30);
    expect_code(probe("echo:x"), 501);
    expect_code(js_container_run(NULL), 501);
    js_container_module_init();
    CHECK_EQUAL(perry_container_promise_state(pending), PERRY_CONTAINER_PENDING);
    CHECK_EQUAL(perry_container_promise_wait(pending, -1), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_promise_then(pending, note, note, &ran), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_promise_cancel(pending), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_cancel(1), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_promise_wait(settled, -1), PERRY_CONTAINER_FULFILLED);
    CHECK_EQUAL(perry_container_promise_then(settled, note, note, &ran), 0);
    CHECK_EQUAL(ran, 1);
    CHECK_EQUAL(perry_container_shutdown(-1), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_pump(-1), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_pump_fd(), PERRY_CONTAINER_E_FORKED);
    perry_container_promise_free(pending);
}

CASE(a_fork_after_the_start)
{
    pending = probe("hang");
    settled = probe("echo:x");
    expect_state(settled, PERRY_CONTAINER_FULFILLED);
    expect_child(in_a_child);
    expect_child(in_a_child);
    expect_json(probe("echo:parent"), "\"parent\"");
    CHECK_EQUAL(perry_container_promise_cancel(pending), 0);
    expect_code(pending, 499);
    perry_container_promise_free(settled);
    expect_nothing_left();
}

static void pump_in_a_child(void)
{
    alarm(30);
    CHECK_EQUAL(perry_container_pump(-1), PERRY_CONTAINER_E_FORKED);
    CHECK_EQUAL(perry_container_pump(0), PERRY_CONTAINER_E_FORKED);
}

/* The descriptor is the parent's as well: a child must not take what wakes the parent. */
CASE(a_fork_of_a_host_that_pumps)
{
    int ran = 0;
    CHECK(perry_container_pump_fd() >= 0);
    PerryPromise *promise = probe("echo:x");
    CHECK_EQUAL(perry_container_promise_then(promise, note, note, &ran), 0);
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    expect_child(pump_in_a_child);
    CHECK_EQUAL(perry_container_pump(LONG_MS), 1);
    CHECK_EQUAL(ran, 1);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void first_call_in_a_child(void)
{
    expect_json(probe("echo:child"), "\"child\"");
}

CASE(a_fork_before_the_first_call)
{
    expect_child(first_call_in_a_child);
    expect_json(probe("echo:parent"), "\"parent\"");
    expect_nothing_left();
}

static void after_the_end(void)
{
    expect_code(probe("echo:x"), 499);
}

CASE(a_fork_after_shutdown)
{
    expect_json(probe("echo:x"), "\"x\"");
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_child(after_the_end);
}

static void leave(void) { _exit(0); }

static void execute(void) { execl("/bin/true", "true", (char *)NULL); }

CASE(children_that_exec_or_leave)
{
    for (int i = 0; i < 20; i++) {
        PerryPromise *promise = probe("sleep:0.01");
        expect_child(i % 2 ? leave : execute);
        expect_json(promise, "null");
    }
    expect_nothing_left();
}

static void *call_all_the_time(void *stop)
{
    while (!atomic_load((atomic_int *)stop))
        expect_json(probe("echo:x"), "\"x\"");
    return NULL;
}

static void rejected_child(void)
{
    alarm(30);
    expect_code(probe("echo:x"), 501);
}

CASE(forks_while_other_threads_call)
{
    atomic_int stop = 0;
    pthread_t thread;
    CHECK_EQUAL(pthread_create(&thread, NULL, call_all_the_time, &stop), 0);
    expect_json(probe("echo:x"), "\"x\"");
    for (int i = 0; i < 50; i++)
        expect_child(rejected_child);
    stop = 1;
    pthread_join(thread, NULL);
    expect_nothing_left();
}

CASE(no_descriptor_is_inherited_by_an_exec)
{
    CHECK(perry_container_pump_fd() >= 0);
    expect_json(js_container_createVolume(NULL, NULL), "{\"name\":null,\"options\":null}");
    for (int fd = 3; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        CHECK(flags < 0 || flags & FD_CLOEXEC);
    }
}

/* What an operation takes to put things back is the library's own bound; how long to wait for it is the host's. */
CASE(shutdown_against_a_deaf_operation)
{
    probe("deaf");
    PerryPromise *other = probe("hang");
    expect_json(probe("sleep:0.02"), "null");
    CHECK_EQUAL(perry_container_shutdown(100), PERRY_CONTAINER_STILL_ENDING);
    expect_code(other, 499);
}
