/* perry_container_main, called by a host that goes on. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "host.h"

static int count(char **words)
{
    int number = 0;
    while (words[number])
        number++;
    return number;
}

/* One run with the words that the test gives, the name among them. */
CASE(runs) { _exit(perry_container_main(count(test_arguments), test_arguments)); }

static int run(const char *word)
{
    char name[] = "perry-compose", copy[64];
    char *words[] = {name, copy, NULL};
    snprintf(copy, sizeof copy, "%s", word);
    return perry_container_main(2, words);
}

/* What is printed goes nowhere meanwhile: the test holds that a host prints nothing. */
static int run_unseen(const char *word)
{
    int out = dup(1), error = dup(2), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    dup2(nowhere, 2);
    int status = run(word);
    dup2(out, 1);
    dup2(error, 2);
    close(out);
    close(error);
    close(nowhere);
    return status;
}

static void expect_nothing_alive(void)
{
    CHECK_SOON(perry_container_live(PERRY_CONTAINER_LIVE_REQUESTS) == 0);
    CHECK_SOON(perry_container_live(PERRY_CONTAINER_LIVE_PROMISES) == 0);
}

CASE(again_and_again)
{
    for (int i = 0; i < 20; i++) {
        CHECK_EQUAL(run_unseen("version"), 0);
        CHECK_EQUAL(run_unseen("--nonsense"), 2);
        CHECK_EQUAL(run_unseen("--help"), 0);
    }
    expect_nothing_alive();
}

CASE(beside_other_operations)
{
    PerryPromise *before = probe("echo:1");
    PerryPromise *hanging = probe("hang");
    CHECK_EQUAL(run_unseen("version"), 0);
    CHECK_EQUAL(perry_container_promise_state(hanging), PERRY_CONTAINER_PENDING);
    expect_state(before, PERRY_CONTAINER_FULFILLED);
    expect_json(probe("echo:2"), "\"2\"");
    perry_container_promise_free(before);
    perry_container_promise_cancel(hanging);
    expect_code(hanging, 499);
    expect_nothing_alive();
}

/* A run that finds standard output closed takes it from nobody else. */
CASE(streams_are_of_one_run)
{
    int out = dup(1);
    close(1);
    CHECK_EQUAL(run_unseen("version"), 0);
    int error = dup(2), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    close(1);
    CHECK_EQUAL(run("version"), 1);
    dup2(error, 2);
    dup2(out, 1);
    CHECK_EQUAL(run_unseen("version"), 0);
}

static void on_signal(int number) { (void)number; }

CASE(dispositions_stay)
{
    struct sigaction mine = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, now;
    CHECK_EQUAL(sigaction(SIGINT, &mine, NULL), 0);
    CHECK_EQUAL(run_unseen("ps"), 1);
    CHECK_EQUAL(sigaction(SIGINT, NULL, &now), 0);
    CHECK(now.sa_handler == on_signal && now.sa_flags & SA_RESTART);
    CHECK_EQUAL(sigaction(SIGTERM, NULL, &now), 0);
    CHECK(now.sa_handler == SIG_DFL);
}

static void *run_version(void *unused)
{
    (void)unused;
    CHECK_EQUAL(run("version"), 0);
    return NULL;
}

CASE(many_threads)
{
    pthread_t threads[8];
    int out = dup(1), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, run_version, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    dup2(out, 1);
    expect_nothing_alive();
}

static atomic_int refused;

static void call_back(PerryPromise *promise, void *unused)
{
    (void)promise;
    (void)unused;
    atomic_store(&refused, run("version"));
}

CASE(not_on_the_library_s_own_thread)
{
    PerryPromise *promise = probe("echo:1");
    CHECK_EQUAL(perry_container_promise_then(promise, call_back, call_back, NULL), 0);
    CHECK_SOON(atomic_load(&refused) != 0);
    CHECK_EQUAL(atomic_load(&refused), PERRY_CONTAINER_E_THREAD);
    perry_container_promise_free(promise);
}

CASE(not_in_a_forked_child)
{
    expect_json(probe("echo:1"), "\"1\"");
    pid_t child = fork();
    if (child == 0)
        _exit(run("version") == PERRY_CONTAINER_E_FORKED ? 0 : 1);
    int status = 1;
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 0);
}

CASE(not_after_the_shutdown)
{
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    CHECK_EQUAL(run("version"), PERRY_CONTAINER_E_LATE);
}

CASE(not_of_words_that_are_null)
{
    char name[] = "perry-compose";
    char *words[] = {name, NULL, NULL};
    CHECK_EQUAL(perry_container_main(2, NULL), PERRY_CONTAINER_E_NULL);
    CHECK_EQUAL(perry_container_main(2, words), PERRY_CONTAINER_E_NULL);
}

static void *shut_down(void *unused)
{
    (void)unused;
    pause_ms(1500);
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    return NULL;
}

/* The engine does not answer; the test has one. */
CASE(a_shutdown_interrupts_it)
{
    pthread_t thread;
    pthread_create(&thread, NULL, shut_down, NULL);
    CHECK_EQUAL(run_unseen("ps"), 130);
    pthread_join(thread, NULL);
}

/* Says when it runs, and its status when it has ended. The host has a handler of its own, which must not be called. */
CASE(is_interrupted)
{
    struct sigaction mine = {.sa_handler = on_signal}, now;
    CHECK_EQUAL(sigaction(SIGINT, &mine, NULL), 0);
    int status = run(test_arguments[0]);
    CHECK_EQUAL(sigaction(SIGINT, NULL, &now), 0);
    CHECK(now.sa_handler == on_signal);
    expect_json(probe("echo:1"), "\"1\"");
    printf("%d\n", status);
}
