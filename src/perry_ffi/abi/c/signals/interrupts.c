#define _GNU_SOURCE
#include "signals/interrupts.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "platform/wakeup.h"

enum { COUNT = 3 };
static const int numbers[COUNT] = {SIGINT, SIGTERM, SIGHUP};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    struct sigaction before;
    bool handled;
} each[COUNT];
static bool begun;

static atomic_int arrived;
static atomic_int first;
static atomic_int wake_fd = -1;
static pid_t process;

static void on_signal(int number)
{
    int error = errno, none = 0;
    /* A child that has not become its program yet shares the descriptor, and is not who is meant. */
    if (getpid() == process) {
        atomic_compare_exchange_strong(&first, &none, number);
        atomic_fetch_add(&arrived, 1);
        perry_wakeup_ring(atomic_load(&wake_fd));
    }
    errno = error;
}

static void handle(size_t which)
{
    struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&ours.sa_mask);
    each[which].handled = sigaction(numbers[which], NULL, &each[which].before) == 0 &&
                          each[which].before.sa_handler != SIG_IGN && sigaction(numbers[which], &ours, NULL) == 0;
}

int perry_interrupts_begin(void)
{
    pthread_mutex_lock(&lock);
    if (atomic_load(&wake_fd) < 0)
        atomic_store(&wake_fd, perry_wakeup_new());
    if (!begun && atomic_load(&wake_fd) >= 0) {
        begun = true;
        process = getpid();
        atomic_store(&arrived, 0);
        atomic_store(&first, 0);
        for (size_t i = 0; i < COUNT; i++)
            handle(i);
    }
    pthread_mutex_unlock(&lock);
    return atomic_load(&wake_fd);
}

int perry_interrupts_take(void)
{
    perry_wakeup_clear(atomic_load(&wake_fd));
    return atomic_exchange(&arrived, 0);
}

int perry_interrupts_first(void) { return atomic_load(&first); }

/* A handler that the host has put there meanwhile stays. */
void perry_interrupts_end(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; begun && i < COUNT; i++) {
        struct sigaction now;
        if (each[i].handled && sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == on_signal)
            sigaction(numbers[i], &each[i].before, NULL);
    }
    begun = false;
    pthread_mutex_unlock(&lock);
}
