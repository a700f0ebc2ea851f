#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include "python/interpreter.h"

void perry_quiet_openssl(void)
{
    /* From openssl/crypto.h: OPENSSL_INIT_NO_ATEXIT. It counts only before libcrypto's first use. */
    const uint64_t no_atexit = UINT64_C(0x00080000);
    static const char *const names[] = {"libcrypto.so.3", "libcrypto.so.1.1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *libcrypto = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
        int (*init)(uint64_t, const void *) =
            libcrypto ? (int (*)(uint64_t, const void *))(uintptr_t)dlsym(libcrypto, "OPENSSL_init_crypto") : NULL;
        if (init) {
            init(no_atexit, NULL);
            return;
        }
    }
}
