/* Says who signed an image, or why it is not signed as is asked, and runs nothing. Use: verify IMAGE KEY, where KEY is the
 * file of a public key; docs/trust.md has more of policies. Build it as hello.c says. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "use: %s IMAGE KEY\n", arguments[0]);
        return 2;
    }
    PerryStringHeader *image = string(arguments[1]), *policy = filled("{\"keys\":[\"%s\"]}", arguments[2]);
    PerryPromise *promise = js_container_verifyImage(image, policy); /* returns at once */
    int state = perry_container_promise_wait(promise, PATIENCE_MS);
    const char *json = perry_container_promise_json(promise, NULL);
    char text[512] = "";
    if (state == PERRY_CONTAINER_FULFILLED) {
        member(json, "pinned", text, sizeof text); /* what to create: the digest, never the tag */
        say("verified", "%s", text);
        member(json, "key", text, sizeof text);
        say("signed by", "%s", text);
    } else if (member(json, "reason", text, sizeof text)) {
        say("refused", "%s", text); /* unsigned, wrongKey, otherImage, ...; the message and the remedy are for people */
        complain("verify", json);
    } else {
        complain("verify", json);
    }
    perry_container_promise_free(promise);
    perry_container_string_free(image);
    perry_container_string_free(policy);
    return state == PERRY_CONTAINER_FULFILLED ? 0 : 1;
}
