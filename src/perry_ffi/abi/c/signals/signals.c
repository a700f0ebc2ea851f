/* The handler only notes the signal and wakes the library's thread, which puts back what is under way, takes the stacks
 * down and ends the process with 128 + the signal's number. A second signal ends it at once, as if no handler were there,
 * and so does the first where nobody would clean up: in a forked child, and after the shutdown. A host that leaves
 * meanwhile (a sleep of its was interrupted, and main returned) waits for the clean-up in exit, and keeps its own status. */
#define _GNU_SOURCE
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "base/thread_state.h"
#include "python/interpreter.h"
#include "signals/signals.h"

/* More than the bounds of the clean-up in bridge/server.py together. */
#define HOLD_SECONDS 250

static atomic_int caught;
static atomic_bool leaving; /* who sets it ends the process: the library's thread, or the host */
static sem_t cleaned;
static atomic_bool prepared;
static pid_t installer;

int perry_signal_caught(void) { return atomic_load(&caught); }

static bool somebody_cleans(void) { return getpid() == installer && perry_thread_phase() == PERRY_RUNNING; }

/* ---- The end of the process ------------------------------------------------------------------ */

void perry_signal_exit(int number)
{
    if (!atomic_exchange(&leaving, true))
        exit(128 + number);
    sem_post(&cleaned);
    for (;;)
        pause();
}

/* Registered with atexit. Not in a Python host, whose interpreter has ended by now: the clean-up could not go on. */
static void hold_exit(void)
{
    struct timespec end;
    if (!atomic_load(&caught) || !somebody_cleans() || perry_thread_is_current() || !perry_python_is_own())
        return;
    if (atomic_exchange(&leaving, true))
        return;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += HOLD_SECONDS;
    while (sem_timedwait(&cleaned, &end) != 0 && errno == EINTR)
        continue;
}

/* ---- The signal ------------------------------------------------------------------------------ */

static void end_now(int number)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL};
    sigset_t this_one;
    sigemptyset(&by_default.sa_mask);
    sigaction(number, &by_default, NULL);
    sigemptyset(&this_one);
    sigaddset(&this_one, number);
    pthread_sigmask(SIG_UNBLOCK, &this_one, NULL);
    raise(number);
}

static void on_signal(int number)
{
    int error = errno;
    /* Noted first: a shutdown that ends right now looks for it after its last word (thread/library_thread.c). */
    bool again = atomic_exchange(&caught, number) != 0;
    if (again || !somebody_cleans())
        end_now(number);
    else
        perry_thread_wake();
    errno = error;
}

static void prepare(void)
{
    if (atomic_exchange(&prepared, true))
        return;
    installer = getpid();
    sem_init(&cleaned, 0, 0);
    atexit(hold_exit);
}

void perry_signals_install(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    if (getenv("PERRY_NO_DEFAULT_SIGINT_CLEANUP") || perry_thread_forked() || perry_thread_phase() == PERRY_STOPPED)
        return;
    prepare();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigemptyset(&ours.sa_mask);
        if (sigaction(numbers[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
            sigaction(numbers[i], &ours, NULL);
    }
}
