/* The Perry runtime as a host: its promises, settled on its own thread.
 *
 * The library's thread only queues what a request settled with. Strings, errors and promises of the runtime are made
 * and touched on the JavaScript thread alone: in the js_* call, and in the pump that the runtime's event loop runs. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "perry_stub.h"

/* ---- The runtime's functions (Perry 0.5) ------------------------------------------------------ */

extern void *perry_ffi_native_async_new(uint32_t flags);
extern void *perry_ffi_native_async_promise(void *token);
extern int32_t perry_ffi_native_async_resolve_bits(void *token, uint64_t value);
extern int32_t perry_ffi_native_async_reject_bits(void *token, uint64_t value);
extern double js_error_value_with_code(const char *message, size_t message_length, const char *code, size_t code_length,
                                       int32_t error_class);
extern void *js_string_from_bytes(const char *bytes, uint32_t length);
extern void js_register_aux_pump(int32_t (*pump)(void));
extern void js_register_aux_has_active(int32_t (*has_active)(void));
extern void js_notify_main_thread(void);

/* How the runtime encodes a value in 64 bits: a double, or one of these above a 48-bit pointer. */
#define VALUE_UNDEFINED UINT64_C(0x7FFC000000000001)
#define VALUE_STRING UINT64_C(0x7FFF000000000000)
#define VALUE_POINTER_MASK UINT64_C(0x0000FFFFFFFFFFFF)

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* ---- Pending promises: a hash table from request to promise ---------------------------------- */

typedef struct pending {
    struct pending *next;
    int64_t request;
    void *token;
    pthread_t owner; /* the JavaScript thread that made it: the only one that may settle it */
    int state;
    int type;
    int64_t handle;
    char *text;
    size_t length;
} pending;

#define CHAINS 1024

static pending *chains[CHAINS];
static pthread_mutex_t chains_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int64_t alive;
static _Atomic(pending *) settled;

static pending **chain_of(int64_t request) { return &chains[(uint64_t)request % CHAINS]; }

static void remember(pending *added)
{
    pthread_mutex_lock(&chains_lock);
    pending **chain = chain_of(added->request);
    added->next = *chain;
    *chain = added;
    pthread_mutex_unlock(&chains_lock);
}

static pending *take_out(int64_t request)
{
    pthread_mutex_lock(&chains_lock);
    pending **at = chain_of(request);
    while (*at && (*at)->request != request)
        at = &(*at)->next;
    pending *found = *at;
    if (found)
        *at = found->next;
    pthread_mutex_unlock(&chains_lock);
    return found;
}

/* ---- On the JavaScript thread: delivering ---------------------------------------------------- */

/* The value of "kind" in the error's JSON, which is a plain word; an empty one if there is none. */
static const char *kind_of(const char *error, size_t length, size_t *kind_length)
{
    static const char member[] = "\"kind\":\"";
    const char *at = memmem(error, length, member, sizeof member - 1);
    const char *begin = at ? at + sizeof member - 1 : error;
    const char *end = at ? memchr(begin, '"', length - (size_t)(begin - error)) : NULL;
    *kind_length = end ? (size_t)(end - begin) : 0;
    return begin;
}

/* A value that the collector may move is handed over in the same breath: nothing is allocated in between. */
static void deliver(pending *done)
{
    static const char no_memory[] = "{\"code\":500,\"kind\":\"InternalError\",\"message\":\"out of memory\"}";
    const char *text = done->text ? done->text : no_memory;
    size_t length = done->text ? done->length : sizeof no_memory - 1;
    bool whole = done->type != PERRY_CONTAINER_JSON || done->text;
    if (done->state != PERRY_CONTAINER_FULFILLED || !whole) {
        size_t kind_length;
        const char *kind = kind_of(text, length, &kind_length);
        double error = js_error_value_with_code(text, length, kind, kind_length, 0);
        perry_ffi_native_async_reject_bits(done->token, bits_of(error));
    } else if (done->type == PERRY_CONTAINER_HANDLE) {
        perry_ffi_native_async_resolve_bits(done->token, bits_of((double)done->handle));
    } else if (done->type == PERRY_CONTAINER_VOID) {
        perry_ffi_native_async_resolve_bits(done->token, VALUE_UNDEFINED);
    } else {
        void *string = js_string_from_bytes(text, (uint32_t)length);
        perry_ffi_native_async_resolve_bits(done->token,
                                            VALUE_STRING | ((uint64_t)(uintptr_t)string & VALUE_POINTER_MASK));
    }
}

static void push_settled(pending *first, pending *last)
{
    pending *head = atomic_load(&settled);
    do
        last->next = head;
    while (!atomic_compare_exchange_weak(&settled, &head, first));
    if (!head)
        js_notify_main_thread();
}

/* The oldest first. */
static pending *take_settled(void)
{
    pending *newest = atomic_exchange(&settled, NULL);
    pending *oldest = NULL;
    while (newest) {
        pending *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* Run by the event loop of each JavaScript thread; what belongs to another one is left to it. */
static int32_t pump(void)
{
    int32_t delivered = 0;
    for (pending *list = take_settled(); list;) {
        pending *done = list;
        list = done->next;
        if (!pthread_equal(done->owner, pthread_self())) {
            push_settled(done, done);
            continue;
        }
        deliver(done);
        free(done->text);
        free(done);
        atomic_fetch_sub(&alive, 1);
        delivered++;
    }
    return delivered;
}

/* Keeps the event loop running while requests are under way, and lets it end afterwards. */
static int32_t has_active(void) { return atomic_load(&alive) > 0; }

static void register_once(void)
{
    js_register_aux_pump(pump);
    js_register_aux_has_active(has_active);
}

/* ---- The host -------------------------------------------------------------------------------- */

static pending *pending_new(int64_t request)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, register_once);
    pending *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->token = perry_ffi_native_async_new(0);
    if (!made->token) {
        free(made);
        return NULL;
    }
    made->request = request;
    made->owner = pthread_self();
    atomic_fetch_add(&alive, 1);
    return made;
}

static void *promise_new(void *context, int64_t request)
{
    (void)context;
    pending *made = pending_new(request);
    if (!made)
        return NULL;
    /* Read before it is remembered: from then on it may be settled and freed. */
    void *promise = perry_ffi_native_async_promise(made->token);
    remember(made);
    return promise;
}

static void finish(pending *done, int state, int type, int64_t handle, const char *json, size_t length)
{
    done->state = state;
    done->type = type;
    done->handle = handle;
    bool carries_text = state != PERRY_CONTAINER_FULFILLED || type == PERRY_CONTAINER_JSON;
    if (carries_text && length <= UINT32_MAX && (done->text = malloc(length + 1))) {
        memcpy(done->text, json, length);
        done->text[length] = '\0';
        done->length = length;
    }
    push_settled(done, done);
}

static void settle(void *context, int64_t request, void *promise, int state, int type, int64_t handle, const char *json,
                   size_t length)
{
    (void)context;
    (void)promise;
    pending *done = take_out(request);
    if (done)
        finish(done, state, type, handle, json, length);
}

static const PerryStringHeader *string_new(void *context, const char *bytes, size_t length)
{
    (void)context;
    return length <= UINT32_MAX ? js_string_from_bytes(bytes, (uint32_t)length) : NULL;
}

const PerryContainerHost perry_runtime_host = {
    .version = PERRY_CONTAINER_HOST_VERSION,
    .size = sizeof(PerryContainerHost),
    .promise_new = promise_new,
    .settle = settle,
    .string_new = string_new,
};

const PerryStringHeader *perry_runtime_string(const char *text)
{
    return string_new(NULL, text, strlen(text));
}

PerryPromise *perry_runtime_rejected(const char *error, size_t length)
{
    pending *made = pending_new(0);
    if (!made)
        return NULL;
    void *promise = perry_ffi_native_async_promise(made->token);
    finish(made, PERRY_CONTAINER_REJECTED, PERRY_CONTAINER_JSON, 0, error, length);
    return promise;
}
