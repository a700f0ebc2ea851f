/* The OpenSSL that is linked was built without a clean-up at exit. */
#include "python/interpreter.h"

void perry_quiet_openssl(void) {}
