#include "runtime/promise.h"

#include <stdlib.h>
#include <string.h>

#include "base/host_table.h"
#include "base/json_text.h"
#include "base/thread_state.h"
#include "platform/timed_wait.h"
#include "runtime/callbacks.h"
#include "runtime/pump.h"
#include "runtime/requests.h"

static _Atomic int64_t alive;

int64_t perry_promises_alive(void) { return atomic_load(&alive); }

/* ---- Life ------------------------------------------------------------------------------------ */

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
    perry_timed_condition_init(&promise->settled);
    atomic_fetch_add(&alive, 1);
    return promise;
}

void perry_promise_release(PerryPromise *promise)
{
    if (atomic_fetch_sub(&promise->references, 1) != 1)
        return;
    for (perry_reaction *at = promise->first; at;) {
        perry_reaction *next = at->next;
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
        perry_promise_release(promise);
}

/* ---- Delivery -------------------------------------------------------------------------------- */

void perry_promise_react(PerryPromise *promise)
{
    pthread_mutex_lock(&promise->lock);
    perry_reaction *at = promise->first;
    promise->first = NULL;
    promise->last = &promise->first;
    pthread_mutex_unlock(&promise->lock);
    bool fulfilled = atomic_load(&promise->state) == PERRY_CONTAINER_FULFILLED;
    while (at) {
        perry_reaction *next = at->next;
        perry_container_callback callback = fulfilled ? at->on_fulfilled : at->on_rejected;
        if (callback && perry_callback_begin()) {
            callback(promise, at->user_data);
            perry_callback_over();
        }
        free(at);
        at = next;
    }
}

void perry_promise_deliver(PerryPromise *promise)
{
    if (perry_pump_take(promise))
        return;
    perry_promise_react(promise);
    perry_promise_release(promise);
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
        perry_promise_release(promise);
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
    if (perry_pump_take(promise))
        return;
    bool thread = perry_thread_phase() == PERRY_RUNNING && !perry_thread_forked();
    if (!thread || !perry_request_delivery(promise))
        perry_promise_deliver(promise);
}

int perry_container_promise_then(PerryPromise *promise, perry_container_callback on_fulfilled,
                                 perry_container_callback on_rejected, void *user_data)
{
    if (!promise)
        return PERRY_CONTAINER_E_NULL;
    if (perry_thread_forked() && is_pending(promise))
        return PERRY_CONTAINER_E_FORKED;
    perry_reaction *added = calloc(1, sizeof *added);
    if (!added)
        return PERRY_CONTAINER_E_MEMORY;
    *added = (perry_reaction){NULL, on_fulfilled, on_rejected, user_data};
    pthread_mutex_lock(&promise->lock);
    *promise->last = added;
    promise->last = &added->next;
    bool pending = is_pending(promise);
    pthread_mutex_unlock(&promise->lock);
    if (!pending)
        deliver_late(promise);
    return 0;
}

int perry_container_promise_wait(PerryPromise *promise, int64_t timeout_ms)
{
    if (!promise)
        return PERRY_CONTAINER_E_NULL;
    if (!is_pending(promise) || timeout_ms == 0)
        return perry_container_promise_state(promise);
    if (perry_thread_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_thread_is_current())
        return PERRY_CONTAINER_E_THREAD;
    perry_deadline deadline = perry_deadline_in(timeout_ms);
    bool time_left = true;
    pthread_mutex_lock(&promise->lock);
    while (is_pending(promise) && time_left)
        time_left = perry_timed_wait(&promise->settled, &promise->lock, &deadline);
    pthread_mutex_unlock(&promise->lock);
    return perry_container_promise_state(promise);
}

int perry_container_promise_state(const PerryPromise *promise)
{
    return promise ? atomic_load(&((PerryPromise *)promise)->state) : PERRY_CONTAINER_E_NULL;
}

const char *perry_container_promise_json(const PerryPromise *promise, size_t *length)
{
    static const char no_memory[] = PERRY_OUT_OF_MEMORY;
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
