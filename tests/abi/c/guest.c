/* What a guest leaves as it was: signals, locale, folder, mask, environment, and what it does when something is short. */
#include "host.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

extern char **environ;

typedef struct state_of_process {
    struct sigaction actions[65];
    sigset_t mask;
    stack_t alternate;
    char locale[256];
    char folder[4096];
    mode_t umask;
    struct rlimit limits[RLIM_NLIMITS];
    char environment[16384];
    int standard_flags[3];
} state_of_process;

static void observe(state_of_process *state)
{
    memset(state, 0, sizeof *state);
    for (int signal = 1; signal <= 64; signal++)
        sigaction(signal, NULL, &state->actions[signal]);
    pthread_sigmask(SIG_BLOCK, NULL, &state->mask);
    sigaltstack(NULL, &state->alternate);
    snprintf(state->locale, sizeof state->locale, "%s", setlocale(LC_ALL, NULL));
    CHECK(getcwd(state->folder, sizeof state->folder));
    state->umask = umask(0);
    umask(state->umask);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        getrlimit((__rlimit_resource_t)i, &state->limits[i]);
    size_t length = 0;
    for (char **at = environ; *at; at++)
        length += (size_t)snprintf(state->environment + length, sizeof state->environment - length, "%s\n", *at);
    for (int i = 0; i < 3; i++)
        state->standard_flags[i] = fcntl(i, F_GETFL);
}

/* The C library sets this flag in every call of sigaction, whoever makes it. */
#define LIBC_RESTORER 0x04000000

static bool same_set(const sigset_t *left, const sigset_t *right)
{
    bool same = true;
    for (int signal = 1; signal <= 64; signal++)
        same = same && sigismember(left, signal) == sigismember(right, signal);
    return same;
}

static void expect_same(const state_of_process *before)
{
    static state_of_process after;
    observe(&after);
    for (int signal = 1; signal <= 64; signal++) {
        CHECK(before->actions[signal].sa_handler == after.actions[signal].sa_handler);
        CHECK_EQUAL(before->actions[signal].sa_flags & ~LIBC_RESTORER, after.actions[signal].sa_flags & ~LIBC_RESTORER);
        CHECK(same_set(&before->actions[signal].sa_mask, &after.actions[signal].sa_mask));
    }
    CHECK(same_set(&before->mask, &after.mask));
    CHECK(before->alternate.ss_sp == after.alternate.ss_sp);
    CHECK(strcmp(before->locale, after.locale) == 0);
    CHECK(strcmp(before->folder, after.folder) == 0);
    CHECK_EQUAL(before->umask, after.umask);
    CHECK(memcmp(before->limits, after.limits, sizeof after.limits) == 0);
    CHECK(strcmp(before->environment, after.environment) == 0);
    CHECK(memcmp(before->standard_flags, after.standard_flags, sizeof after.standard_flags) == 0);
}

static void work(void)
{
    PerryStringHeader *spec = text("{\"image\":\"busybox\",\"unknown\":1}");
    expect_json(probe("echo:x"), "\"x\"");
    expect_json(probe("sleep:0.01"), "null");
    expect_json(probe("spawn:0"), "null"); /* Python's subprocess module, in a thread of its own */
    expect_code(js_container_run(spec), 400);
    expect_code(js_container_list(1), 503);
    perry_container_string_free(spec);
}

CASE(the_process_stays_as_it_was)
{
    static state_of_process before;
    observe(&before);
    work();
    expect_same(&before);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_same(&before);
}

static void on_signal(int number) { (void)number; }

CASE(the_host_keeps_its_own_handlers)
{
    static state_of_process before;
    struct sigaction own = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigset_t blocked;
    const int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGPIPE, SIGHUP, SIGUSR1};
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR2);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        CHECK_EQUAL(sigaction(signals[i], &own, NULL), 0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    observe(&before);
    work();
    expect_same(&before);
}

CASE(ignored_signals_stay_ignored)
{
    static state_of_process before;
    CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR && signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    observe(&before);
    work();
    expect_same(&before);
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

CASE(shutdown_gives_descriptors_back)
{
    int before = open_descriptors();
    work();
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    /* Only the one that wakes the thread stays: a caller may still be writing to it. */
    CHECK(open_descriptors() <= before + 1);
}

CASE(standard_streams_are_closed)
{
    close(0);
    close(1);
    close(2);
    PerryPromise *promise = probe("sleep:0.01");
    if (perry_container_promise_wait(promise, LONG_MS) != PERRY_CONTAINER_FULFILLED)
        _exit(3);
    perry_container_promise_free(promise);
}

CASE(no_descriptor_is_left)
{
    struct rlimit limit;
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 3;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect_code(probe("echo:x"), 503);
    expect_code(probe("echo:x"), 503);
    CHECK_EQUAL(perry_container_pump_fd(), PERRY_CONTAINER_E_MEMORY);
    CHECK_EQUAL(perry_container_pump(0), PERRY_CONTAINER_E_MEMORY);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_nothing_left();
}

CASE(a_descriptor_too_few_for_python)
{
    struct rlimit limit;
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (rlim_t few = 4; few < 8; few++) {
        limit.rlim_cur = few;
        if (few == 4)
            CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
        PerryPromise *promise = probe("echo:x");
        expect_code(promise, 503);
    }
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
}
