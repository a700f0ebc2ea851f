/* The promises of plain hosts: C programs, ctypes, anything that brings none of its own. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

typedef struct reaction {
    struct reaction *next;
    perry_container_callback on_fulfilled;
    perry_container_callback on_rejected;
    void *user_data;
} reaction;

/* References: one is the host's, one the request's, one for each delivery that waits. The values are written
 * once, before state leaves pending, and only read afterwards. */
struct PerryPromise {
    atomic_int references;
    atomic_int state;
    int type;
    int64_t handle;
    int64_t request;
    char *json;
    size_t length;
    pthread_mutex_t lock; /* over reactions, and the change of state */
    pthread_cond_t settled;
    reaction *first;
    reaction **last;
    PerryPromise *next_delivery;
};

static _Atomic int64_t alive;

int64_t perry_container_live(int what)
{
    switch (what) {
    case PERRY_CONTAINER_LIVE_REQUESTS:
        return perry_requests_alive();
    case PERRY_CONTAINER_LIVE_PROMISES:
        return atomic_load(&alive);
    case PERRY_CONTAINER_LIVE_HANDLES:
        return perry_handles_alive();
    default:
        return PERRY_CONTAINER_E_NULL;
    }
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void *plain_new(void *context, int64_t request)
{
    (void)context;
    PerryPromise *promise = calloc(1, sizeof *promise);
    if (!promise)
        return NULL;
    atomic_init(&promise->references, 2);
    promise->request = request;
    promise->last = &promise->first;
    pthread_mutex_init(&promise->lock, NULL);
    init_condition(&promise->settled);
    atomic_fetch_add(&alive, 1);
    return promise;
}

static void release(PerryPromise *promise)
{
    if (atomic_fetch_sub(&promise->references, 1) != 1)
        return;
    for (reaction *at = promise->first; at;) {
        reaction *next = at->next;
        free(at);
        at = next;
    }
    pthread_mutex_destroy(&promise->lock);
    pthread_cond_destroy(&promise->settled);
    free(promise->json);
    free(promise);
    atomic_fetch_sub(&alive, 1);
}

void perry_container_promise_free(PerryPromise *promise)
{
    if (promise)
        release(promise);
}

/* ---- Delivery -------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    atomic_int fd; /* -1 until the host pumps */
    PerryPromise *first;
    PerryPromise **last;
} pump = {PTHREAD_MUTEX_INITIALIZER, -1, NULL, &pump.first};

static void run_reactions(PerryPromise *promise)
{
    pthread_mutex_lock(&promise->lock);
    reaction *at = promise->first;
    promise->first = NULL;
    promise->last = &promise->first;
    pthread_mutex_unlock(&promise->lock);
    bool fulfilled = atomic_load(&promise->state) == PERRY_CONTAINER_FULFILLED;
    while (at) {
        reaction *next = at->next;
        perry_container_callback callback = fulfilled ? at->on_fulfilled : at->on_rejected;
        if (callback)
            callback(promise, at->user_data);
        free(at);
        at = next;
    }
}

/* Puts a delivery in the pump's list, with the reference it is given. False if the host does not pump. A promise that
 * waits there already is not put twice: it delivers all its reactions at once. */
static bool pump_take(PerryPromise *promise)
{
    int fd = atomic_load(&pump.fd);
    if (fd < 0)
        return false;
    uint64_t one = 1;
    bool waits = false;
    pthread_mutex_lock(&pump.lock);
    waits = promise->next_delivery != NULL || pump.last == &promise->next_delivery;
    if (!waits) {
        *pump.last = promise;
        pump.last = &promise->next_delivery;
    }
    pthread_mutex_unlock(&pump.lock);
    if (waits)
        release(promise);
    else if (write(fd, &one, sizeof one) < 0) {
        /* The counter is full: the descriptor is readable already. */
    }
    return true;
}

void perry_promise_deliver(PerryPromise *promise)
{
    if (pump_take(promise))
        return;
    run_reactions(promise);
    release(promise);
}

int perry_container_pump_fd(void)
{
    if (perry_engine_forked())
        return PERRY_CONTAINER_E_FORKED; /* the descriptor wakes the process that forked */
    pthread_mutex_lock(&pump.lock);
    if (atomic_load(&pump.fd) < 0)
        atomic_store(&pump.fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
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
    uint64_t count;
    if (poll(&ready, 1, left) > 0 && read(fd, &count, sizeof count) < 0) {
        /* Another thread took it. */
    }
}

static int pump_deliver(void)
{
    int delivered = 0;
    for (PerryPromise *promise = pump_pop(); promise; promise = pump_pop()) {
        run_reactions(promise);
        release(promise);
        delivered++;
    }
    return delivered;
}

int perry_container_pump(int timeout_ms)
{
    if (perry_engine_on_thread())
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

/* ---- Settling -------------------------------------------------------------------------------- */

static void plain_settle(void *context, int64_t request, void *settled, int state, int type, int64_t handle,
                         const char *json, size_t length)
{
    (void)context;
    (void)request;
    PerryPromise *promise = settled;
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, json, length);
        copy[length] = '\0';
    } else {
        state = PERRY_CONTAINER_REJECTED; /* and no JSON: there is no memory for one */
    }
    pthread_mutex_lock(&promise->lock);
    promise->type = type;
    promise->handle = handle;
    promise->json = copy;
    promise->length = copy ? length : 0;
    atomic_store(&promise->state, state);
    bool watched = promise->first != NULL;
    pthread_cond_broadcast(&promise->settled);
    pthread_mutex_unlock(&promise->lock);
    if (watched)
        perry_promise_deliver(promise);
    else
        release(promise);
}

const PerryContainerHost perry_plain_host = {
    .version = PERRY_CONTAINER_HOST_VERSION,
    .size = sizeof(PerryContainerHost),
    .promise_new = plain_new,
    .settle = plain_settle,
};

/* ---- What the host does with a promise ------------------------------------------------------- */

static bool is_pending(const PerryPromise *promise)
{
    return atomic_load(&((PerryPromise *)promise)->state) == PERRY_CONTAINER_PENDING;
}

/* Delivers a promise that settled before its reaction came, from another stack frame than the caller's if there is one. */
static void deliver_late(PerryPromise *promise)
{
    atomic_fetch_add(&promise->references, 1);
    if (pump_take(promise))
        return;
    bool thread = perry_engine_phase() == PERRY_RUNNING && !perry_engine_forked();
    if (!thread || !perry_push_delivery(promise))
        perry_promise_deliver(promise);
}

int perry_container_promise_then(PerryPromise *promise, perry_container_callback on_fulfilled,
                                 perry_container_callback on_rejected, void *user_data)
{
    if (!promise)
        return PERRY_CONTAINER_E_NULL;
    if (perry_engine_forked() && is_pending(promise))
        return PERRY_CONTAINER_E_FORKED;
    reaction *added = calloc(1, sizeof *added);
    if (!added)
        return PERRY_CONTAINER_E_MEMORY;
    *added = (reaction){NULL, on_fulfilled, on_rejected, user_data};
    pthread_mutex_lock(&promise->lock);
    *promise->last = added;
    promise->last = &added->next;
    bool pending = is_pending(promise);
    pthread_mutex_unlock(&promise->lock);
    if (!pending)
        deliver_late(promise);
    return 0;
}

static struct timespec deadline_in(int64_t timeout_ms)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(timeout_ms / 1000);
    end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return end;
}

int perry_container_promise_wait(PerryPromise *promise, int64_t timeout_ms)
{
    if (!promise)
        return PERRY_CONTAINER_E_NULL;
    if (!is_pending(promise) || timeout_ms == 0)
        return perry_container_promise_state(promise);
    if (perry_engine_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_engine_on_thread())
        return PERRY_CONTAINER_E_THREAD;
    /* A bound of more than a century is no bound; it also keeps the deadline within time_t. */
    bool bounded = timeout_ms > 0 && timeout_ms < INT64_C(3155760000000);
    struct timespec end = deadline_in(bounded ? timeout_ms : 0);
    int timed_out = 0;
    pthread_mutex_lock(&promise->lock);
    while (is_pending(promise) && !timed_out)
        timed_out = bounded ? pthread_cond_timedwait(&promise->settled, &promise->lock, &end) == ETIMEDOUT
                            : (pthread_cond_wait(&promise->settled, &promise->lock), 0);
    pthread_mutex_unlock(&promise->lock);
    return perry_container_promise_state(promise);
}

int perry_container_promise_state(const PerryPromise *promise)
{
    return promise ? atomic_load(&((PerryPromise *)promise)->state) : PERRY_CONTAINER_E_NULL;
}

const char *perry_container_promise_json(const PerryPromise *promise, size_t *length)
{
    static const char no_memory[] = "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"out of memory\"}";
    bool settled = promise && !is_pending(promise);
    const char *json = settled ? promise->json : NULL;
    size_t size = json ? promise->length : 0;
    if (settled && !json) {
        json = no_memory;
        size = sizeof no_memory - 1;
    }
    if (length)
        *length = size;
    return json;
}

int64_t perry_container_promise_handle(const PerryPromise *promise)
{
    bool handle = perry_container_promise_state(promise) == PERRY_CONTAINER_FULFILLED &&
                  promise->type == PERRY_CONTAINER_HANDLE;
    return handle ? promise->handle : 0;
}

int perry_container_promise_cancel(PerryPromise *promise)
{
    if (!promise)
        return PERRY_CONTAINER_E_NULL;
    if (!is_pending(promise))
        return PERRY_CONTAINER_E_LATE;
    return perry_container_cancel(promise->request);
}
