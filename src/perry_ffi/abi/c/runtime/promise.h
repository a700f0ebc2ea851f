/* The promises of plain hosts: C programs, ctypes, anything that brings none of its own. */
#ifndef PERRY_RUNTIME_PROMISE_H
#define PERRY_RUNTIME_PROMISE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "perry_container.h"

typedef struct perry_reaction {
    struct perry_reaction *next;
    perry_container_callback on_fulfilled;
    perry_container_callback on_rejected;
    void *user_data;
} perry_reaction;

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
    perry_reaction *first;
    perry_reaction **last;
    PerryPromise *next_delivery; /* the pump's */
};

void perry_promise_release(PerryPromise *promise);
/* Runs the callbacks of a settled promise, on this thread. */
void perry_promise_react(PerryPromise *promise);
/* Runs the callbacks of a settled promise on this thread, or has the pump run them. Takes over a reference. */
void perry_promise_deliver(PerryPromise *promise);
int64_t perry_promises_alive(void);

#endif
