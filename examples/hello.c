/* Asks which container engines answer on this machine. Build it with:
 *   cc hello.c $(python -m perry_ffi.config --cflags --libs) -o hello */
#include <perry_container.h>
#include <stdio.h>

int main(void)
{
    PerryPromise *promise = js_container_getAvailableBackends(); /* returns at once */
    int state = perry_container_promise_wait(promise, 10000);    /* at most 10 s; _then takes a callback instead */
    const char *json = perry_container_promise_json(promise, NULL);

    if (state == PERRY_CONTAINER_FULFILLED)
        printf("%s\n", json); /* [{"name":"docker","available":true,...},...] */
    else
        fprintf(stderr, "failed: %s\n", json ? json : "no answer in 10 s"); /* {"code":503,"kind":...,"message":...} */

    perry_container_promise_free(promise);
    return state == PERRY_CONTAINER_FULFILLED ? 0 : 1;
}
