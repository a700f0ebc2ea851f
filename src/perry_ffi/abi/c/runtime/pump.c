#include "runtime/pump.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/thread_state.h"
#include "platform/wakeup.h"
#include "runtime/promise.h"

static struct {
    pthread_mutex_t lock;
    atomic_int fd; /* -1 until the host pumps */
    PerryPromise *first;
    PerryPromise **last;
} pump = {PTHREAD_MUTEX_INITIALIZER, -1, NULL, &pump.first};

bool perry_pump_take(PerryPromise *promise)
{
    int fd = atomic_load(&pump.fd);
    if (fd < 0)
        return false;
    bool waits = false;
    pthread_mutex_lock(&pump.lock);
    waits = promise->next_delivery != NULL || pump.last == &promise->next_delivery;
    if (!waits) {
        *pump.last = promise;
        pump.last = &promise->next_delivery;
    }
    pthread_mutex_unlock(&pump.lock);
    if (waits)
        perry_promise_release(promise);
    else
        perry_wakeup_ring(fd);
    return true;
}

int perry_container_pump_fd(void)
{
    if (perry_thread_forked())
        return PERRY_CONTAINER_E_FORKED; /* the descriptor wakes the process that forked */
    pthread_mutex_lock(&pump.lock);
    if (atomic_load(&pump.fd) < 0)
        atomic_store(&pump.fd, perry_wakeup_new());
    int fd = atomic_load(&pump.fd);
    pthread_mutex_unlock(&pump.lock);
    return fd < 0 ? PERRY_CONTAINER_E_MEMORY : fd;
}

static PerryPromise *pump_pop(void)
{
    pthread_mutex_lock(&pump.lock);
    PerryPromise *promise = pump.first;
    if (promise) {
        pump.first = promise->next_delivery;
        if (!pump.first)
            pump.last = &pump.first;
        promise->next_delivery = NULL;
    }
    pthread_mutex_unlock(&pump.lock);
    return promise;
}

static int64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the descriptor is readable, and resets it. left: milliseconds, below 0 without a bound. */
static void pump_wait(int fd, int left)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, left) > 0)
        perry_wakeup_clear(fd);
}

static int pump_deliver(void)
{
    int delivered = 0;
    for (PerryPromise *promise = pump_pop(); promise; promise = pump_pop()) {
        perry_promise_react(promise);
        perry_promise_release(promise);
        delivered++;
    }
    return delivered;
}

int perry_container_pump(int timeout_ms)
{
    if (perry_thread_is_current())
        return PERRY_CONTAINER_E_THREAD;
    int fd = perry_container_pump_fd();
    if (fd < 0)
        return fd;
    int64_t end = milliseconds_now() + timeout_ms;
    int left = timeout_ms;
    for (;;) {
        pump_wait(fd, left);
        int delivered = pump_deliver();
        int64_t remaining = end - milliseconds_now();
        if (delivered || (timeout_ms >= 0 && remaining <= 0))
            return delivered;
        left = timeout_ms < 0 ? -1 : (int)remaining;
    }
}
