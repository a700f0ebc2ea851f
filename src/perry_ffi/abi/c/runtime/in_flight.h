/* The requests that were taken and are not settled, by id. The library's thread only. */
#ifndef PERRY_RUNTIME_IN_FLIGHT_H
#define PERRY_RUNTIME_IN_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/requests.h"

typedef enum perry_item_kind { ITEM_REQUEST, ITEM_PROGRAM, ITEM_CANCEL, ITEM_SHUTDOWN, ITEM_DELIVERY } perry_item_kind;

/* What callers push onto the stack. It is in one list at a time. */
typedef struct perry_item {
    struct perry_item *next;
    perry_item_kind kind;
    int op;
    int64_t id;
    const PerryContainerHost *host; /* who made the promise, and settles it */
    void *promise;
    char *texts; /* the copied arguments, one block */
    int64_t length[PERRY_MAX_ARGS];
    int64_t number[PERRY_MAX_ARGS];
} perry_item;

/* False where memory is short. */
bool perry_in_flight_add(perry_item *request);
/* Null if there is none of that id. */
perry_item *perry_in_flight_remove(int64_t id);
/* Takes all out, as one list. */
perry_item *perry_in_flight_take_all(void);

#endif
