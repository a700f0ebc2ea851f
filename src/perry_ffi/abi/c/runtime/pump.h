/* Callbacks on the host's own thread, for a host that pumps. */
#ifndef PERRY_RUNTIME_PUMP_H
#define PERRY_RUNTIME_PUMP_H

#include <stdbool.h>

#include "perry_container.h"

/* Puts a delivery in the pump's list, with the reference it is given. False if the host does not pump. A promise that
 * waits there already is not put twice: it delivers all its reactions at once. */
bool perry_pump_take(PerryPromise *promise);

#endif
