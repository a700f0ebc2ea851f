/* A host that brings promises and strings of its own. */
#include "host.h"

enum { COUNT = 1000 };

typedef struct own_promise {
    int64_t request;
    atomic_int settled;
    int state;
    int type;
    int64_t handle;
    char *json;
} own_promise;

static own_promise slots[COUNT + 8];
static atomic_int made;
static atomic_int settled;
static atomic_int strings;
static bool refuse_promises;
static struct {
    PerryStringHeader header;
    char bytes[64];
} own_string;

static void *promise_new(void *context, int64_t request)
{
    CHECK(context == slots);
    CHECK(request > 0);
    if (refuse_promises)
        return NULL;
    own_promise *promise = &slots[atomic_fetch_add(&made, 1)];
    promise->request = request;
    return promise;
}

static void settle(void *context, int64_t request, void *given, int state, int type, int64_t handle, const char *json,
                   size_t length)
{
    own_promise *promise = given;
    CHECK(context == slots);
    CHECK_EQUAL(promise->request, request);
    CHECK_EQUAL(atomic_fetch_add(&promise->settled, 1), 0);
    CHECK(json && json[length] == '\0' && strlen(json) == length);
    promise->state = state;
    promise->type = type;
    promise->handle = handle;
    promise->json = strdup(json);
    atomic_fetch_add(&settled, 1);
}

static const PerryStringHeader *string_new(void *context, const char *bytes, size_t length)
{
    CHECK(context == slots);
    CHECK(length < sizeof own_string.bytes);
    atomic_fetch_add(&strings, 1);
    memcpy(own_string.bytes, bytes, length);
    own_string.header = (PerryStringHeader){(uint32_t)length, (uint32_t)length, (uint32_t)length, 1, 0};
    return &own_string.header;
}

static PerryContainerHost whole_host(void)
{
    return (PerryContainerHost){PERRY_CONTAINER_HOST_VERSION, sizeof(PerryContainerHost), slots, promise_new, settle,
                                string_new};
}

static own_promise *ask(const char *words)
{
    return (own_promise *)probe(words);
}

static void expect_settled(const char *words)
{
    own_promise *promise = ask(words);
    CHECK_SOON(promise->settled);
}

static void take_over(void)
{
    PerryContainerHost host = whole_host();
    CHECK_EQUAL(perry_container_set_host(&host), 0);
    memset(&host, 0, sizeof host); /* it was copied */
}

static void forget(own_promise *promise)
{
    free(promise->json);
    promise->json = NULL;
}

CASE(settles_each_once)
{
    take_over();
    for (int i = 0; i < COUNT; i++)
        CHECK(ask(i % 2 ? "echo:x" : "conflict:x") == &slots[i]);
    CHECK_SOON(settled == COUNT);
    for (int i = 0; i < COUNT; i++) {
        CHECK_EQUAL(slots[i].settled, 1);
        CHECK_EQUAL(slots[i].state, i % 2 ? PERRY_CONTAINER_FULFILLED : PERRY_CONTAINER_REJECTED);
        CHECK_EQUAL(slots[i].type, PERRY_CONTAINER_JSON);
        CHECK(i % 2 ? strcmp(slots[i].json, "\"x\"") == 0 : strstr(slots[i].json, "\"code\":409") != NULL);
        forget(&slots[i]);
    }
    expect_nothing_left();
}

CASE(results_without_a_value)
{
    take_over();
    PerryStringHeader *name = text("n");
    own_promise *promise = (own_promise *)js_container_removeVolume(name, 0);
    spoil(name);
    CHECK_SOON(promise->settled);
    CHECK_EQUAL(promise->state, PERRY_CONTAINER_FULFILLED);
    CHECK_EQUAL(promise->type, PERRY_CONTAINER_VOID);
    CHECK(strcmp(promise->json, "null") == 0);
    forget(promise);
}

CASE(makes_the_strings)
{
    take_over();
    const PerryStringHeader *name = js_container_getBackend();
    CHECK(name == &own_string.header && strings == 1);
    CHECK(memcmp(own_string.bytes, "unknown", 7) == 0);
    name = js_container_getBackendPriority();
    CHECK(name == &own_string.header && strings == 2);
    CHECK(own_string.bytes[0] == '[');
    PerryStringHeader *graph = text("g");
    name = js_workload_graph(graph, NULL);
    CHECK(name == &own_string.header && strings == 3);
    CHECK(memcmp(own_string.bytes, "{\"name\":\"g\"}", 12) == 0);
    perry_container_string_free(graph);
}

CASE(may_leave_the_strings_to_the_library)
{
    PerryContainerHost host = whole_host();
    host.string_new = NULL;
    CHECK_EQUAL(perry_container_set_host(&host), 0);
    const PerryStringHeader *name = js_container_getBackend();
    CHECK(memcmp(perry_container_string_bytes(name), "unknown", 7) == 0);
    perry_container_string_free(name);
}

CASE(a_struct_that_is_not_known)
{
    PerryContainerHost host = whole_host();
    host.version = 0;
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_VERSION);
    host.version = PERRY_CONTAINER_HOST_VERSION + 1;
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_VERSION);
    host = whole_host();
    host.size = sizeof host - 1;
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_VERSION);
    host = whole_host();
    host.promise_new = NULL;
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_NULL);
    host = whole_host();
    host.settle = NULL;
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_NULL);
    /* What was refused has changed nothing. */
    take_over();
    expect_settled("echo:x");
    forget(&slots[0]);
}

/* Of a struct of another version only version and size may be read: it may be shorter than ours. */
CASE(a_short_struct_of_another_version)
{
    uint32_t *shorter = malloc(2 * sizeof *shorter);
    shorter[0] = PERRY_CONTAINER_HOST_VERSION + 1;
    shorter[1] = 2 * sizeof *shorter;
    CHECK_EQUAL(perry_container_set_host((const PerryContainerHost *)shorter), PERRY_CONTAINER_E_VERSION);
    free(shorter);
}

CASE(too_late)
{
    PerryContainerHost host = whole_host();
    expect_json(probe("echo:x"), "\"x\"");
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_LATE);
    expect_json(probe("echo:y"), "\"y\"");
}

CASE(twice)
{
    PerryContainerHost host = whole_host();
    take_over();
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_LATE);
}

CASE(after_shutdown)
{
    PerryContainerHost host = whole_host();
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(perry_container_set_host(&host), PERRY_CONTAINER_E_LATE);
}

CASE(a_promise_that_cannot_be_made)
{
    take_over();
    refuse_promises = true;
    PerryStringHeader *name = text("echo:x");
    CHECK(js_container_inspectVolume(name) == NULL);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_REQUESTS), 0);
    refuse_promises = false;
    perry_container_string_free(name);
    expect_settled("echo:x");
    forget(&slots[0]);
}

CASE(cancels_by_number)
{
    take_over();
    own_promise *promise = ask("hang");
    expect_settled("echo:x");
    CHECK_EQUAL(promise->settled, 0);
    CHECK_EQUAL(perry_container_cancel(promise->request), 0);
    CHECK_SOON(promise->settled);
    CHECK(strstr(promise->json, "\"code\":499"));
    CHECK_EQUAL(perry_container_cancel(promise->request), 0);
    CHECK_EQUAL(perry_container_cancel(INT64_MAX), 0);
    CHECK_EQUAL(perry_container_cancel(-1), 0);
    expect_settled("echo:y");
    for (int i = 0; i < made; i++)
        forget(&slots[i]);
    expect_nothing_left();
}

CASE(shutdown_settles_all)
{
    take_over();
    for (int i = 0; i < 100; i++)
        ask("hang");
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    CHECK_EQUAL(settled, 100);
    CHECK_EQUAL(ask("echo:x")->settled, 1);
    for (int i = 0; i < 101; i++) {
        CHECK(strstr(slots[i].json, "\"code\":499"));
        forget(&slots[i]);
    }
    expect_nothing_left();
}
