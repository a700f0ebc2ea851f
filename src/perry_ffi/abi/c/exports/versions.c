/* What the library says of its own version, and of what it is made of. */
#include <stddef.h>

#include "perry_container.h"
#include "python/told.h"

const char *perry_container_version(void) { return PERRY_CONTAINER_VERSION; }

int perry_container_abi_version(void) { return PERRY_CONTAINER_ABI_VERSION; }

const char *perry_container_config(const char *name) { return name ? perry_told(name) : NULL; }
