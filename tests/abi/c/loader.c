/* Opens the library itself, with its symbols kept local: arguments are paths. Prints what the calls answered. */
#include "host.h"

#include <dlfcn.h>

typedef struct copy {
    void *object;
    PerryPromise *(*next)(int64_t);
    PerryPromise *(*run)(const PerryStringHeader *);
    PerryStringHeader *(*text)(const char *, size_t);
    int (*wait)(PerryPromise *, int64_t);
    const char *(*json)(const PerryPromise *, size_t *);
    void (*free)(PerryPromise *);
} copy;

static void *symbol(void *object, const char *name)
{
    void *found = dlsym(object, name);
    CHECK(found);
    return found;
}

static copy open_copy(const char *path)
{
    copy at = {.object = dlopen(path, RTLD_NOW | RTLD_LOCAL)};
    if (!at.object) {
        fprintf(stderr, "%s\n", dlerror());
        _exit(1);
    }
    *(void **)&at.next = symbol(at.object, "js_container_streamNext");
    *(void **)&at.run = symbol(at.object, "js_container_run");
    *(void **)&at.text = symbol(at.object, "perry_container_string_new");
    *(void **)&at.wait = symbol(at.object, "perry_container_promise_wait");
    *(void **)&at.json = symbol(at.object, "perry_container_promise_json");
    *(void **)&at.free = symbol(at.object, "perry_container_promise_free");
    return at;
}

static void print_result(const copy *at, PerryPromise *promise)
{
    CHECK(at->wait(promise, LONG_MS) != PERRY_CONTAINER_PENDING);
    printf("%s\n", at->json(promise, NULL));
    at->free(promise);
}

CASE(opens_locally)
{
    copy at = open_copy(test_arguments[0]);
    const char *spec = "{\"image\":\"busybox\",\"unknown\":1}";
    print_result(&at, at.next(77));
    print_result(&at, at.run(at.text(spec, strlen(spec))));
}

CASE(closes_while_busy)
{
    const char *spec = "{\"image\":\"busybox\",\"unknown\":1}";
    for (int i = 0; i < 3; i++) {
        copy at = open_copy(test_arguments[0]);
        for (int request = 0; request < 200; request++) {
            at.next(request);
            at.run(at.text(spec, strlen(spec)));
        }
        CHECK_EQUAL(dlclose(at.object), 0);
        pause_ms(i * 60);
    }
    copy at = open_copy(test_arguments[0]);
    print_result(&at, at.next(77));
}

CASE(two_copies_in_turn)
{
    copy first = open_copy(test_arguments[0]);
    copy second = open_copy(test_arguments[1]);
    print_result(&first, first.next(77));
    print_result(&second, second.next(77));
    print_result(&first, first.next(78));
    print_result(&second, second.next(78));
}

typedef struct start {
    copy at;
    pthread_barrier_t *together;
    PerryPromise *promise;
} start;

static void *first_call(void *given)
{
    start *mine = given;
    pthread_barrier_wait(mine->together);
    mine->promise = mine->at.next(77);
    return NULL;
}

CASE(two_copies_together)
{
    pthread_barrier_t together;
    pthread_t threads[2];
    pthread_barrier_init(&together, NULL, 2);
    start starts[2];
    for (int i = 0; i < 2; i++)
        starts[i] = (start){open_copy(test_arguments[i]), &together, NULL};
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, first_call, &starts[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        print_result(&starts[i].at, starts[i].promise);
}
