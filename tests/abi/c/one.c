/* Prints what two operations answer: one that needs next to nothing, one that needs every model. */
#include "host.h"

CASE(asks)
{
    PerryStringHeader *spec = text("{\"image\":\"busybox\",\"unknown\":1}");
    PerryPromise *promises[] = {js_container_streamNext(77), js_container_run(spec)};
    for (int i = 0; i < 2; i++) {
        CHECK(perry_container_promise_wait(promises[i], LONG_MS) != PERRY_CONTAINER_PENDING);
        printf("%s\n", perry_container_promise_json(promises[i], NULL));
        perry_container_promise_free(promises[i]);
    }
    perry_container_string_free(spec);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
}
