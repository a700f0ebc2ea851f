/* What the library says of its own version. */
#include "perry_container.h"

const char *perry_container_version(void) { return PERRY_CONTAINER_VERSION; }

int perry_container_abi_version(void) { return PERRY_CONTAINER_ABI_VERSION; }
