/* The clean-up on SIGINT and SIGTERM: only for a host that asked for it with js_container_module_init.
 *
 * The handler only notes the signal and wakes the library's thread, which takes the stacks down and ends the process
 * with 128 + the signal's number. A second signal ends it at once, as if no handler were there. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

static atomic_int caught;
static pid_t installer;

int perry_signal_caught(void) { return atomic_load(&caught); }

void perry_signal_exit(int number) { exit(128 + number); }

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
    bool nobody_cleans = getpid() != installer || perry_engine_phase() != PERRY_RUNNING;
    if (nobody_cleans || atomic_exchange(&caught, number) != 0)
        end_now(number);
    else
        perry_engine_wake();
    errno = error;
}

void perry_signals_install(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    if (getenv("PERRY_NO_DEFAULT_SIGINT_CLEANUP"))
        return;
    installer = getpid();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigemptyset(&ours.sa_mask);
        if (sigaction(numbers[i], NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
            sigaction(numbers[i], &ours, NULL);
    }
}
