/* Callers push onto a lock-free stack; the library's thread takes the whole stack at once and turns it round, so that
 * requests arrive in order. The list of what is in flight belongs to that thread, which is why no caller ever waits
 * for a lock here. Once the phase is PERRY_STOPPED nobody takes any more: whoever pushed takes back and rejects. */
#include "runtime/requests.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/host_table.h"
#include "base/json_text.h"
#include "base/thread_state.h"
#include "runtime/in_flight.h"
#include "runtime/operations.h"
#include "runtime/promise.h"

static _Atomic(perry_item *) stack;
static _Atomic int64_t last_id;
static _Atomic int64_t requests_alive;

/* The library's thread only. */
static perry_item *ready;
static perry_item *lent;
static bool shutdown_seen;

const char *perry_table_digest(void) { return PERRY_TABLE_DIGEST; }

int64_t perry_requests_alive(void) { return atomic_load(&requests_alive); }

bool perry_shutdown_seen(void) { return shutdown_seen; }

/* ---- Settling -------------------------------------------------------------------------------- */

static void item_free(perry_item *at)
{
    free(at->texts);
    free(at);
}

static void settle_item(perry_item *request, int state, int type, int64_t handle, const char *json, size_t length)
{
    const PerryContainerHost *host = request->host;
    atomic_fetch_sub(&requests_alive, 1);
    host->settle(host->context, request->id, request->promise, state, type, handle, json, length);
    if (request == lent)
        lent = NULL;
    item_free(request);
}

static void reject_item(perry_item *request, const char *error)
{
    settle_item(request, PERRY_CONTAINER_REJECTED, PERRY_CONTAINER_JSON, 0, error, strlen(error));
}

int perry_settle(int64_t id, int state, int type, int64_t handle, const char *json, int64_t length)
{
    perry_item *request = perry_in_flight_remove(id);
    if (!request)
        return PERRY_CONTAINER_E_LATE;
    settle_item(request, state, type, handle, json, (size_t)length);
    return 0;
}

/* ---- Pushing --------------------------------------------------------------------------------- */

static void push(perry_item *added)
{
    perry_item *head = atomic_load(&stack);
    do
        added->next = head;
    while (!atomic_compare_exchange_weak(&stack, &head, added));
    if (!head)
        perry_thread_wake();
    if (perry_thread_phase() == PERRY_STOPPED)
        perry_reject_queued(perry_thread_rejection_reason());
}

/* Why an argument is refused before it is read, or null. */
static const char *refusal(const PerryStringHeader *string)
{
    if (string->capacity && string->byte_len > string->capacity)
        return "its length is above its capacity";
    if (string->byte_len > PERRY_CONTAINER_STRING_MAX)
        return "it is longer than 64 MiB";
    return NULL;
}

static char *refusal_error(const perry_operation *operation, int argument, const char *why)
{
    perry_buffer text = {0};
    perry_buffer_text(&text, operation->symbol);
    perry_buffer_text(&text, ": ");
    perry_buffer_text(&text, operation->names[argument]);
    perry_buffer_text(&text, ": not a string that can be read: ");
    perry_buffer_text(&text, why);
    char *error = perry_error_new(400, "ValidationError", text.failed ? why : text.bytes, why);
    perry_buffer_free(&text);
    return error;
}

/* Copies the arguments into the item. Result: null, or the error object they are rejected with. */
static char *copy_arguments(perry_item *request, const perry_operation *operation, const perry_argument *arguments)
{
    size_t total = 0;
    for (int i = 0; i < operation->argc; i++) {
        const PerryStringHeader *string = arguments[i].text;
        request->number[i] = arguments[i].number;
        request->length[i] = string ? (int64_t)string->byte_len : -1;
        const char *why = string ? refusal(string) : NULL;
        if (why)
            return refusal_error(operation, i, why);
        total += string ? string->byte_len : 0;
    }
    if (total == 0)
        return NULL;
    char *at = request->texts = malloc(total);
    if (!at)
        return perry_error_new(500, "InternalError", "out of memory", NULL);
    for (int i = 0; i < operation->argc; i++)
        if (request->length[i] > 0) {
            memcpy(at, perry_container_string_bytes(arguments[i].text), (size_t)request->length[i]);
            at += request->length[i];
        }
    return NULL;
}

static perry_item *new_item(perry_item_kind kind)
{
    perry_item *made = calloc(1, sizeof *made);
    if (made)
        made->kind = kind;
    return made;
}

/* Makes the promise and queues the request, or rejects it at once with the error (taken over). */
static void *begin(perry_item *request, const PerryContainerHost *host, char *error)
{
    request->host = host;
    request->id = atomic_fetch_add(&last_id, 1) + 1;
    request->promise = host->promise_new(host->context, request->id);
    void *promise = request->promise;
    if (!promise) {
        item_free(request);
    } else {
        atomic_fetch_add(&requests_alive, 1);
        if (error)
            reject_item(request, error);
        else
            push(request);
    }
    if (error)
        perry_error_free(error);
    return promise;
}

static void *not_begun(char *error)
{
    if (error)
        perry_error_free(error);
    return NULL;
}

void *perry_request_new(int op, const perry_argument *arguments, char *error)
{
    perry_item *request = new_item(ITEM_REQUEST);
    if (!request)
        return not_begun(error);
    request->op = op;
    if (!error)
        error = copy_arguments(request, &perry_operations[op], arguments);
    return begin(request, perry_host(), error);
}

PerryPromise *perry_request_program(const char *words, size_t length, char *error)
{
    perry_item *request = new_item(ITEM_PROGRAM);
    char *copy = malloc(length + 1);
    if (!request || !copy) {
        free(request);
        free(copy);
        return not_begun(error);
    }
    memcpy(copy, words, length);
    request->texts = copy;
    request->length[0] = (int64_t)length;
    return begin(request, &perry_plain_host, error);
}

static bool push_kind(perry_item_kind kind, int64_t id, void *promise)
{
    perry_item *added = new_item(kind);
    if (!added)
        return false;
    added->id = id;
    added->promise = promise;
    push(added);
    return true;
}

bool perry_request_shutdown(void) { return push_kind(ITEM_SHUTDOWN, 0, NULL); }

bool perry_request_delivery(PerryPromise *promise) { return push_kind(ITEM_DELIVERY, 0, promise); }

int perry_container_cancel(int64_t request)
{
    if (perry_thread_forked())
        return PERRY_CONTAINER_E_FORKED;
    if (perry_thread_phase() != PERRY_RUNNING)
        return PERRY_CONTAINER_E_LATE;
    return push_kind(ITEM_CANCEL, request, NULL) ? 0 : PERRY_CONTAINER_E_MEMORY;
}

/* ---- Taking ---------------------------------------------------------------------------------- */

/* All that was pushed, oldest first. */
static perry_item *take_stack(void)
{
    perry_item *newest = atomic_exchange(&stack, NULL);
    perry_item *oldest = NULL;
    while (newest) {
        perry_item *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

static void deliver_item(perry_item *delivery)
{
    perry_promise_deliver(delivery->promise);
    item_free(delivery);
}

/* Python has copied the texts it was shown: they can go before the request settles. */
static void take_back_texts(void)
{
    if (!lent)
        return;
    free(lent->texts);
    lent->texts = NULL;
    lent = NULL;
}

static bool show(perry_item *request, perry_view *view)
{
    if (!perry_in_flight_add(request)) {
        reject_item(request, PERRY_OUT_OF_MEMORY);
        return false;
    }
    view->id = request->id;
    view->op = request->op;
    view->argc = request->kind == ITEM_PROGRAM ? 1 : perry_operations[request->op].argc;
    const char *at = request->texts;
    for (int i = 0; i < view->argc; i++) {
        view->length[i] = request->length[i];
        view->number[i] = request->number[i];
        view->text[i] = request->length[i] > 0 ? at : "";
        at += request->length[i] > 0 ? request->length[i] : 0;
    }
    lent = request->texts ? request : NULL;
    return true;
}

static perry_item *take_ready(void)
{
    if (!ready)
        ready = take_stack();
    perry_item *taken = ready;
    if (taken)
        ready = taken->next;
    return taken;
}

int perry_request_take(perry_view *view)
{
    take_back_texts();
    for (perry_item *taken = take_ready(); taken; taken = take_ready()) {
        switch (taken->kind) {
        case ITEM_DELIVERY:
            deliver_item(taken);
            break;
        case ITEM_SHUTDOWN:
            item_free(taken);
            shutdown_seen = true;
            return PERRY_TOOK_SHUTDOWN;
        case ITEM_CANCEL:
            view->id = taken->id;
            item_free(taken);
            return PERRY_TOOK_CANCEL;
        case ITEM_REQUEST:
        case ITEM_PROGRAM: {
            int what = taken->kind == ITEM_PROGRAM ? PERRY_TOOK_PROGRAM : PERRY_TOOK_REQUEST;
            if (show(taken, view))
                return what;
            break;
        }
        }
    }
    return PERRY_TOOK_NOTHING;
}

/* ---- Without Python -------------------------------------------------------------------------- */

static void reject_list(perry_item *at, const char *error)
{
    while (at) {
        perry_item *next = at->next;
        if (at->kind == ITEM_REQUEST || at->kind == ITEM_PROGRAM)
            reject_item(at, error);
        else if (at->kind == ITEM_DELIVERY)
            deliver_item(at);
        else {
            if (at->kind == ITEM_SHUTDOWN)
                shutdown_seen = true;
            item_free(at);
        }
        at = next;
    }
}

void perry_reject_queued(const char *error)
{
    reject_list(take_stack(), error);
}

void perry_reject_all(const char *error)
{
    take_back_texts();
    reject_list(perry_in_flight_take_all(), error);
    perry_item *list = ready;
    ready = NULL;
    reject_list(list, error);
    perry_reject_queued(error);
}
