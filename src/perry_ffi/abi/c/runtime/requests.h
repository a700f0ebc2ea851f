/* Requests: made on any thread without waiting, taken and settled by the library's thread alone. */
#ifndef PERRY_RUNTIME_REQUESTS_H
#define PERRY_RUNTIME_REQUESTS_H

#include <stdbool.h>

#include "perry_container.h"

#define PERRY_MAX_ARGS 4

/* ---- Any thread ------------------------------------------------------------------------------ */

/* An argument as a shim hands it over; the kind is the row's. */
typedef struct perry_argument {
    const PerryStringHeader *text;
    int64_t number;
} perry_argument;

/* Copies the arguments, makes the promise, queues the request, wakes the library's thread. Never waits.
 * op: the row's number in OPERATIONS. error: null, or why the request is rejected at once (taken over). Result: what the
 * js_* function returns. */
void *perry_request_new(int op, const perry_argument *arguments, char *error);
/* Queues a run of perry-compose with these words, each terminated by NUL. error: as above. Result: a plain promise, whatever the
 * host; it settles with the exit status as a handle. Null where memory is short. */
PerryPromise *perry_request_program(const char *words, size_t length, char *error);
/* Asks for the end; the request reaches perry_request_take as PERRY_TOOK_SHUTDOWN. */
bool perry_request_shutdown(void);
/* Has a promise's callbacks run on the library's thread. The reference is taken over. */
bool perry_request_delivery(PerryPromise *promise);
int64_t perry_requests_alive(void);
/* Rejects what is queued with this error object; on any thread once the phase is PERRY_STOPPED. */
void perry_reject_queued(const char *error);
/* Which table the shared object was made from. */
const char *perry_table_digest(void);

/* ---- The library's thread, or nobody when it is gone ------------------------------------------ */

#define PERRY_TOOK_NOTHING 0
#define PERRY_TOOK_REQUEST 1
#define PERRY_TOOK_CANCEL 2
#define PERRY_TOOK_SHUTDOWN 3
#define PERRY_TOOK_PROGRAM 4 /* its words are the view's first text */

/* A request as Python sees it; texts live until the next call of perry_request_take. length -1: absent. */
typedef struct perry_view {
    int64_t id;
    int32_t op;
    int32_t argc;
    const char *text[PERRY_MAX_ARGS];
    int64_t length[PERRY_MAX_ARGS];
    int64_t number[PERRY_MAX_ARGS];
} perry_view;

/* The oldest of what was pushed: one of PERRY_TOOK_*. */
int perry_request_take(perry_view *view);
/* Settles the promise of a request that was taken. PERRY_CONTAINER_E_LATE if it is settled already. */
int perry_settle(int64_t id, int state, int type, int64_t handle, const char *json, int64_t length);
/* Rejects all that is queued or in flight with this error object. */
void perry_reject_all(const char *error);
/* Whether perry_reject_all came across a shutdown. */
bool perry_shutdown_seen(void);

#endif
