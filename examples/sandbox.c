/* Runs one command that need not be trusted in a hardened container, and prints what is told of it. Use: sandbox SPEC, where SPEC
 * is a CapabilitySpec as JSON: {"image": "...", "cmd": ["..."], "verify": {"id": "sha256:..."}}. See docs/sandbox.md. */
#include <perry_container.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **words)
{
    const char *text = count > 1 ? words[1] : "{}";
    PerryStringHeader *spec = perry_container_string_new(text, strlen(text));
    PerryPromise *promise = alloy_container_run_capability(spec);
    int state = perry_container_promise_wait(promise, 120000);
    const char *json = perry_container_promise_json(promise, NULL);

    fprintf(state == PERRY_CONTAINER_FULFILLED ? stdout : stderr, "%s\n", json ? json : "no answer in two minutes");
    perry_container_promise_free(promise);
    perry_container_string_free(spec);
    return state == PERRY_CONTAINER_FULFILLED ? 0 : 1;
}
