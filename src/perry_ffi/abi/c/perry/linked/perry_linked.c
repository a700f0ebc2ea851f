/* The library is in the program, as one object whose only name is perry_container_linked: nothing is opened. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "perry_stub.h"

/* Of the object (scripts/static/joined.py): its function of this name, or null. */
extern perry_forward perry_container_linked(const char *name);

static const char *refused; /* why the library is of no use, or null */

/* Null, or why the library cannot serve this program. */
static const char *introduce(void)
{
    int (*version)(void) = (int (*)(void))perry_container_linked("perry_container_abi_version");
    int (*set_host)(const PerryContainerHost *) =
        (int (*)(const PerryContainerHost *))perry_container_linked("perry_container_set_host");
    if (!version || !set_host || version() != PERRY_CONTAINER_ABI_VERSION)
        return "its ABI is of another version than the archive's; build both again";
    return set_host(&perry_runtime_host) == 0 ? NULL : "it refused the Perry runtime as its host: it was in use already";
}

static void prepare(void)
{
    refused = introduce();
    for (size_t i = 0; !refused && i < perry_forward_count; i++)
        perry_forward_functions[i] = perry_container_linked(perry_forward_names[i]);
}

perry_forward perry_forward_to(size_t operation)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    return perry_forward_functions[operation];
}

PerryPromise *perry_forward_refused(size_t operation)
{
    char error[512];
    int length = snprintf(error, sizeof error,
                          "{\"code\":%d,\"kind\":\"%s\",\"message\":\"the library in this program: %s%s\",\"operation\":\"%s\"}",
                          refused ? 503 : 501, refused ? "BackendNotAvailable" : "Unsupported",
                          refused ? refused : "this version has no ", refused ? "" : perry_forward_names[operation],
                          perry_forward_names[operation]);
    return perry_runtime_rejected(error, (size_t)length);
}
