/* What js_container_module_init does about SIGINT and SIGTERM, and what it leaves alone. */
#include "host.h"

#include <signal.h>
#include <sys/wait.h>

static const int numbers[] = {SIGINT, SIGTERM};

static struct sigaction disposition(int number)
{
    struct sigaction now;
    CHECK_EQUAL(sigaction(number, NULL, &now), 0);
    return now;
}

static void expect_handler(int number, void (*handler)(int)) { CHECK(disposition(number).sa_handler == handler); }

static void expect_defaults(void)
{
    expect_handler(SIGINT, SIG_DFL);
    expect_handler(SIGTERM, SIG_DFL);
}

/* The library works: Python is there, and its signal module was imported. */
static void warm_up(void) { expect_json(probe("echo:warm"), "\"warm\""); }

CASE(defaults_get_a_handler)
{
    expect_defaults();
    js_container_module_init();
    struct sigaction ours = disposition(SIGINT);
    CHECK(ours.sa_handler != SIG_DFL && ours.sa_handler != SIG_IGN);
    CHECK(ours.sa_flags & SA_RESTART);
    warm_up();
    js_container_module_init();
    expect_handler(SIGINT, ours.sa_handler);
    expect_handler(SIGTERM, ours.sa_handler);
    const int others[] = {SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE, SIGUSR1};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect_handler(others[i], SIG_DFL);
}

CASE(ignored_ones_stay_ignored)
{
    for (size_t i = 0; i < 2; i++)
        CHECK(signal(numbers[i], SIG_IGN) != SIG_ERR);
    js_container_module_init();
    warm_up();
    for (size_t i = 0; i < 2; i++) {
        expect_handler(numbers[i], SIG_IGN);
        CHECK_EQUAL(raise(numbers[i]), 0);
    }
}

static atomic_int own_calls;

static void own(int number)
{
    (void)number;
    own_calls++;
}

static void own_with_details(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    own_calls++;
}

CASE(own_handlers_stay)
{
    CHECK(signal(SIGINT, own) != SIG_ERR);
    struct sigaction detailed = {.sa_sigaction = own_with_details, .sa_flags = SA_SIGINFO};
    CHECK_EQUAL(sigaction(SIGTERM, &detailed, NULL), 0);
    js_container_module_init();
    warm_up();
    expect_handler(SIGINT, own);
    CHECK(disposition(SIGTERM).sa_sigaction == own_with_details);
    raise(SIGINT);
    raise(SIGTERM);
    CHECK_EQUAL(own_calls, 2);
}

CASE(one_of_them_may_be_the_host_s)
{
    CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR);
    js_container_module_init();
    expect_handler(SIGINT, SIG_IGN);
    CHECK(disposition(SIGTERM).sa_handler != SIG_DFL);
}

CASE(nothing_without_it)
{
    warm_up();
    expect_defaults();
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    expect_defaults();
}

CASE(nothing_after_the_shutdown)
{
    warm_up();
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    js_container_module_init();
    expect_defaults();
}

/* The parent asked for it; the child dies as if nobody had, whether or not it asks again. The parent works on. */
CASE(a_child_dies_by_its_signal)
{
    js_container_module_init();
    warm_up();
    for (int again = 0; again < 2; again++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            if (again)
                js_container_module_init();
            raise(again ? SIGINT : SIGTERM);
            _exit(0);
        }
        int status = 0;
        CHECK_EQUAL(waitpid(child, &status, 0), child);
        CHECK(WIFSIGNALED(status));
        CHECK_EQUAL(WTERMSIG(status), again ? SIGINT : SIGTERM);
    }
    warm_up();
}

/* ---- Cases with arguments, run by test_signals.py ---------------------------------------------- */

static void tell(const char *word) { CHECK(write(1, word, strlen(word)) == (ssize_t)strlen(word)); }

static void last_words(void) { tell("atexit\n"); }

static void settled(PerryPromise *promise, void *user_data)
{
    (void)promise, (void)user_data;
    tell("settled\n");
}

/* Begins work, says so, and waits for a signal. HOW: wait (for the work's promise), read (standard input), pause, return
 * (from main, when standard input ends). WORK: words for the probe, or absent. */
CASE(waits)
{
    const char *how = test_arguments[0], *work = test_arguments[1];
    atexit(last_words);
    js_container_module_init();
    warm_up();
    PerryPromise *promise = probe(work ? work : "hang");
    CHECK_EQUAL(perry_container_promise_then(promise, settled, settled, NULL), 0);
    warm_up(); /* what was asked for before has begun */
    printf("buffered "); /* exit writes it */
    tell("ready\n");
    if (strcmp(how, "wait") == 0)
        perry_container_promise_wait(promise, -1);
    if (strcmp(how, "read") == 0 || strcmp(how, "return") == 0)
        CHECK(getchar() == EOF);
    if (strcmp(how, "return") == 0)
        return;
    for (;;)
        pause();
}

CASE(dies_after_the_shutdown)
{
    js_container_module_init();
    warm_up();
    CHECK_EQUAL(perry_container_shutdown(LONG_MS), 0);
    raise(SIGTERM);
}

/* Shuts down with work under way that takes its time to end; the signal comes meanwhile. */
CASE(shuts_down)
{
    js_container_module_init();
    probe(test_arguments[0]);
    warm_up();
    tell("ready\n");
    perry_container_shutdown(-1);
    pause_ms(LONG_MS);
}

/* Brings up the stack of SPEC, or runs it where it is a graph, and waits for a signal. HOW: pause and return as above; begin: says
 * "ready" before it is up; behind: the same of a graph whose run nobody waits for; plain: without module_init. */
CASE(brings_up)
{
    const char *how = test_arguments[0];
    if (strcmp(how, "plain") != 0)
        js_container_module_init();
    bool graph = strstr(test_arguments[1], "\"nodes\"") != NULL;
    const char *until = strcmp(how, "behind") == 0 ? "{\"until\":\"started\"}" : "{}";
    PerryStringHeader *spec = text(test_arguments[1]), *options = text(graph ? until : "{\"wait\":true}");
    PerryPromise *up = graph ? js_workload_runGraph(spec, options) : js_compose_up(spec, options);
    if (strcmp(how, "begin") == 0)
        tell("ready\n");
    if (perry_container_promise_wait(up, -1) != PERRY_CONTAINER_FULFILLED) {
        fprintf(stderr, "%s\n", perry_container_promise_json(up, NULL));
        exit(3);
    }
    tell("ready\n");
    if (strcmp(how, "return") == 0 && getchar() == EOF)
        return;
    for (;;)
        pause();
}
