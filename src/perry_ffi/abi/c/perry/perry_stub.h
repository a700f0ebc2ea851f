/* The static archive that a program compiled by Perry links: it forwards every operation to the library, which is a shared object
 * that it opens (beside/) or an object that is linked with it (linked/). Nothing here knows Python; nothing in the library knows
 * Perry. */
#ifndef PERRY_STUB_H
#define PERRY_STUB_H

#include <stddef.h>
#include <stdint.h>

#include "perry_container.h"

/* The position of an operation in the table is its number; generated_forwards.c has the names. */
typedef void (*perry_forward)(void);
extern const char *const perry_forward_names[];
extern const size_t perry_forward_count;
extern perry_forward perry_forward_functions[];

/* The operation's function in the library, which the first call opens or introduces; null where it is not to be had. */
perry_forward perry_forward_to(size_t operation);

/* A promise of the runtime that rejects because the operation cannot be forwarded. The reason is as perry_forward_to
 * found it. */
PerryPromise *perry_forward_refused(size_t operation);

/* A string of the runtime. text: terminated by NUL. */
const PerryStringHeader *perry_runtime_string(const char *text);

/* The host that the library is given: the Perry runtime's promises and strings. */
extern const PerryContainerHost perry_runtime_host;

/* A promise of the runtime that rejects with an error object in JSON, on a later turn of the event loop. error: length
 * bytes, copied. */
PerryPromise *perry_runtime_rejected(const char *error, size_t length);

#endif
