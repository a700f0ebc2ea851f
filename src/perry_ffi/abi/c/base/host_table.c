#include "base/host_table.h"

#include <stdatomic.h>
#include <stdbool.h>

static PerryContainerHost given_host;
static _Atomic(const PerryContainerHost *) host = &perry_plain_host;
static atomic_bool host_sealed;

const PerryContainerHost *perry_host(void) { return atomic_load(&host); }

void perry_host_seal(void) { atomic_store(&host_sealed, true); }

int perry_container_set_host(const PerryContainerHost *offered)
{
    if (!offered)
        return PERRY_CONTAINER_E_NULL;
    /* First the version: a struct of another one may be shorter than ours. */
    if (offered->version != PERRY_CONTAINER_HOST_VERSION || offered->size != sizeof given_host)
        return PERRY_CONTAINER_E_VERSION;
    if (!offered->promise_new || !offered->settle)
        return PERRY_CONTAINER_E_NULL;
    if (atomic_exchange(&host_sealed, true))
        return PERRY_CONTAINER_E_LATE;
    given_host = *offered;
    atomic_store(&host, &given_host);
    return 0;
}
