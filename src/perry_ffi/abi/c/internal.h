/* What the C sources of the shared object share. Nothing here is exported. */
#ifndef PERRY_INTERNAL_H
#define PERRY_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "perry_container.h"

#define PERRY_MAX_ARGS 4

/* ---- Requests (queue.c) ---------------------------------------------------------------------- */

/* An argument as a shim hands it over; the kind is the row's. */
typedef struct perry_argument {
    const PerryStringHeader *text;
    int64_t number;
} perry_argument;

/* Copies the arguments, makes the promise, queues the request, wakes the library's thread. Never waits.
 * op: the row's number in OPERATIONS. Result: what the js_* function returns. */
void *perry_submit(int op, const perry_argument *arguments);

/* ---- The library's thread (engine.c) --------------------------------------------------------- */

typedef enum perry_phase {
    PERRY_IDLE = 0,     /* no call has come yet */
    PERRY_RUNNING = 1,  /* the thread exists; it may still be starting */
    PERRY_STOPPED = 2,  /* the thread is gone or going: requests are rejected where they are made */
} perry_phase;

perry_phase perry_engine_phase(void);
bool perry_engine_forked(void);
bool perry_engine_on_thread(void);
/* Starts the thread at the first call. False if that cannot be done. */
bool perry_engine_start(void);
/* Wakes the thread; callable from any thread. */
void perry_engine_wake(void);
/* The descriptor that is readable after a wake, and its reset; only for the library's thread. */
int perry_wake_fd(void);
void perry_wake_clear(void);
/* Why requests are rejected once the phase is PERRY_STOPPED: an error object. */
const char *perry_engine_epitaph(void);

/* ---- What Python calls, and what the thread does without it (queue.c) ------------------------ */

#define PERRY_TOOK_NOTHING 0
#define PERRY_TOOK_REQUEST 1
#define PERRY_TOOK_CANCEL 2
#define PERRY_TOOK_SHUTDOWN 3

/* A request as Python sees it; texts live until the next call of perry_take. length -1: absent. */
typedef struct perry_view {
    int64_t id;
    int32_t op;
    int32_t argc;
    const char *text[PERRY_MAX_ARGS];
    int64_t length[PERRY_MAX_ARGS];
    int64_t number[PERRY_MAX_ARGS];
} perry_view;

int perry_take(perry_view *view);
int perry_settle(int64_t id, int state, int type, int64_t handle, const char *json, int64_t length);

/* Rejects all that is queued or in flight with this error object. Only on the library's thread or when it is gone. */
void perry_reject_all(const char *error);
/* The same for what is queued only; on any thread once the phase is PERRY_STOPPED. */
void perry_reject_queued(const char *error);
/* Whether perry_reject_all came across a shutdown. */
bool perry_shutdown_seen(void);
/* Asks for the end; the request reaches perry_take as PERRY_TOOK_SHUTDOWN. */
bool perry_push_shutdown(void);
/* Has a promise's callbacks run on the library's thread. The reference is taken over. */
bool perry_push_delivery(PerryPromise *promise);
int64_t perry_requests_alive(void);

/* ---- Signals (signals.c) ---------------------------------------------------------------------- */

/* Handles SIGINT and SIGTERM from now on, each only if its disposition is the default one and
 * PERRY_NO_DEFAULT_SIGINT_CLEANUP is unset. */
void perry_signals_install(void);
/* The signal that asks for the clean-up and the end; 0 if none has come. */
int perry_signal_caught(void);
/* Ends the process with 128 + number. */
void perry_signal_exit(int number);

/* ---- Plain promises (promise.c) -------------------------------------------------------------- */

extern const PerryContainerHost perry_plain_host;
/* The host in force. */
const PerryContainerHost *perry_host(void);
/* From here on perry_container_set_host is too late. */
void perry_host_seal(void);
/* Runs the callbacks of a settled promise on this thread, or has the pump run them. Takes over a reference. */
void perry_promise_deliver(PerryPromise *promise);

/* ---- Strings and JSON text (text.c) ---------------------------------------------------------- */

typedef struct perry_buffer {
    char *bytes; /* terminated by NUL once anything was added */
    size_t length;
    size_t capacity;
    bool failed; /* memory was short: the content is not whole */
} perry_buffer;

void perry_buffer_add(perry_buffer *buffer, const char *bytes, size_t length);
void perry_buffer_text(perry_buffer *buffer, const char *text);
/* Adds a JSON string, quotes included; bytes that are no UTF-8 become U+FFFD. */
void perry_buffer_json(perry_buffer *buffer, const char *bytes, size_t length);
void perry_buffer_free(perry_buffer *buffer);

/* An error object as JSON, freed with free(); a static text where memory is short (never null: see perry_error_free). */
char *perry_error_new(int code, const char *kind, const char *message, const char *reason);
void perry_error_free(char *error);

/* A string for a result at once, made by the host if it makes strings. */
const PerryStringHeader *perry_string_result(const char *bytes, size_t length);

/* What js_container_getBackend and js_container_getBackendPriority answer; set from Python. 0, or below 0 if memory is short. */
int perry_set_active_backend(const char *name);
int perry_set_priority(const char *json);
void perry_set_handles_alive(int64_t count);
int64_t perry_handles_alive(void);

/* Composes {…members of json…,"name":name} for the workload functions. */
const PerryStringHeader *perry_compose_named(const PerryStringHeader *name, const PerryStringHeader *json);
const PerryStringHeader *perry_active_backend(void);
const PerryStringHeader *perry_priority(void);

/* ---- Python (python.c) ----------------------------------------------------------------------- */

/* Starts or joins the interpreter and imports the library's packages. Result: null, or an error object (see
 * perry_error_free) that says why it cannot be. */
char *perry_python_start(void);
/* Serves requests until shutdown. Result: null after a shutdown, or an error object that says why it ended. */
char *perry_python_serve(void);
/* Whether the interpreter in this process is of the version that the library was built for. */
bool perry_python_fits(void);
/* Called on the first call's thread (greet.c): what must be done there if the host is Python. */
void perry_python_greet(void);
/* Around the time in which the library's thread joins a host's interpreter and does not serve yet. False: too late. */
bool perry_join_begin(void);
void perry_join_over(void);
/* Keeps OpenSSL from tearing itself down at exit while the library still runs. */
void perry_quiet_openssl(void);
/* Why the serving ended, told by Python before it returns. */
void perry_set_death(const char *error);
/* Whether the interpreter is the library's own; not 0 if so. */
int perry_owns_python(void);
/* Which table the shared object was made from. */
const char *perry_table_digest(void);

#endif
