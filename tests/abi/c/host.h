/* What the C programs of the tests share: cases, checks, and short ways to call. */
#ifndef TEST_HOST_H
#define TEST_HOST_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "perry_container.h"

#define LONG_MS 60000

#define CHECK(condition)                                                                                      \
    do {                                                                                                      \
        if (!(condition)) {                                                                                   \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                   \
            _exit(1);                                                                                         \
        }                                                                                                     \
    } while (0)

#define CHECK_EQUAL(left, right)                                                                              \
    do {                                                                                                      \
        long long left_ = (long long)(left), right_ = (long long)(right);                                     \
        if (left_ != right_) {                                                                                \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #left, left_, right_);       \
            _exit(1);                                                                                         \
        }                                                                                                     \
    } while (0)

/* One case of a program: `PROGRAM NAME` runs it. */
typedef struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
} test_case;

static test_case *test_cases;

#define CASE(name)                                                                                            \
    static void name(void);                                                                                   \
    static test_case case_##name = {#name, name, NULL};                                                       \
    __attribute__((constructor)) static void add_##name(void)                                                 \
    {                                                                                                         \
        case_##name.next = test_cases;                                                                        \
        test_cases = &case_##name;                                                                            \
    }                                                                                                         \
    static void name(void)

static char **test_arguments;

int main(int argc, char **argv)
{
    test_arguments = argv + (argc > 1 ? 2 : 1);
    for (test_case *at = test_cases; at && argc > 1; at = at->next)
        if (strcmp(at->name, argv[1]) == 0) {
            at->run();
            return 0;
        }
    fprintf(stderr, "no such case\n");
    return 2;
}

__attribute__((unused)) static void pause_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Waits, with a bound, until a condition that another thread makes true holds. */
#define CHECK_SOON(condition)                                                                                 \
    do {                                                                                                      \
        for (int left_ = LONG_MS; left_ > 0 && !(condition); left_--)                                         \
            pause_ms(1);                                                                                      \
        CHECK(condition);                                                                                     \
    } while (0)

__attribute__((unused)) static PerryStringHeader *text(const char *words)
{
    PerryStringHeader *string = perry_container_string_new(words, strlen(words));
    CHECK(string);
    return string;
}

/* Frees an argument right after the call that took it, spoilt first: the library must have copied it. */
__attribute__((unused)) static void spoil(PerryStringHeader *string)
{
    memset(string + 1, '#', string->byte_len);
    perry_container_string_free(string);
}

/* Asks the probe operation (tests/support/probe.py). */
__attribute__((unused)) static PerryPromise *probe(const char *words)
{
    PerryStringHeader *string = text(words);
    PerryPromise *promise = js_container_inspectVolume(string);
    spoil(string);
    CHECK(promise);
    return promise;
}

/* The "code" of an error object, 0 if there is none. */
__attribute__((unused)) static int code_of(const PerryPromise *promise)
{
    const char *json = perry_container_promise_json(promise, NULL);
    const char *code = json ? strstr(json, "\"code\":") : NULL;
    return code ? atoi(code + 7) : 0;
}

__attribute__((unused)) static void expect_state(PerryPromise *promise, int state)
{
    CHECK(promise);
    int got = perry_container_promise_wait(promise, LONG_MS);
    if (got != state) {
        const char *json = perry_container_promise_json(promise, NULL);
        fprintf(stderr, "state %d, not %d: %.2000s\n", got, state, json ? json : "-");
        _exit(1);
    }
}

/* Waits for the promise, checks what it holds, frees it. */
__attribute__((unused)) static void expect_json(PerryPromise *promise, const char *json)
{
    size_t length = 0;
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    const char *got = perry_container_promise_json(promise, &length);
    if (strcmp(got, json) != 0) {
        fprintf(stderr, "json is %.500s, not %.500s\n", got, json);
        _exit(1);
    }
    CHECK_EQUAL(length, strlen(json));
    perry_container_promise_free(promise);
}

__attribute__((unused)) static void expect_code(PerryPromise *promise, int code)
{
    expect_state(promise, PERRY_CONTAINER_REJECTED);
    if (code_of(promise) != code) {
        fprintf(stderr, "code is not %d: %.2000s\n", code, perry_container_promise_json(promise, NULL));
        _exit(1);
    }
    perry_container_promise_free(promise);
}

/* The number that a probe answers with. */
__attribute__((unused)) static int64_t expect_number(PerryPromise *promise)
{
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    int64_t number = atoll(perry_container_promise_json(promise, NULL));
    perry_container_promise_free(promise);
    return number;
}

/* Every promise was freed and every handle closed; the library's own reference may take a moment. */
__attribute__((unused)) static void expect_nothing_left(void)
{
    CHECK_SOON(perry_container_live(PERRY_CONTAINER_LIVE_PROMISES) == 0);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_REQUESTS), 0);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_HANDLES), 0);
}

#endif
