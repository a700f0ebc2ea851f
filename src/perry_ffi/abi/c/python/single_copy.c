#define _GNU_SOURCE
#include "python/single_copy.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>

#include "perry_container.h"
#include "platform/loaded_objects.h"

/* Every copy of the library exports this word. The first copy in load order lends its own to all, so that all copies
 * agree on one word: it holds the address of the copy that has the interpreter. */
PERRY_CONTAINER_API _Atomic(uintptr_t) perry_container_claim;

static void *claim_of(const char *name, uintptr_t base)
{
    void *object = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    void *word = object ? dlsym(object, "perry_container_claim") : NULL;
    Dl_info owner;
    /* dlsym also searches an object's dependencies: take the word only from the object that defines it. */
    bool own = word && dladdr(word, &owner) && (uintptr_t)owner.dli_fbase == base;
    if (object)
        dlclose(object);
    return own ? word : NULL;
}

bool perry_claim_process(void)
{
    perry_loaded_objects objects = perry_loaded_objects_list();
    void *word = NULL;
    uintptr_t nobody = 0;
    uintptr_t me = (uintptr_t)&perry_container_claim;
    for (size_t i = 0; i < objects.count && !word; i++)
        word = claim_of(objects.names[i], objects.bases[i]);
    perry_loaded_objects_free(&objects);
    _Atomic(uintptr_t) *claim = word ? word : &perry_container_claim;
    return atomic_compare_exchange_strong(claim, &nobody, me) || nobody == me;
}
