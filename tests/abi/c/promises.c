/* The promises of plain hosts. */
#include "host.h"

typedef struct seen {
    atomic_int fulfilled;
    atomic_int rejected;
    PerryPromise *promise;
    pthread_t thread;
    int state;
    int answer;
} seen;

static void on_fulfilled(PerryPromise *promise, void *user_data)
{
    seen *at = user_data;
    at->promise = promise;
    at->thread = pthread_self();
    at->state = perry_container_promise_state(promise);
    atomic_fetch_add(&at->fulfilled, 1);
}

static void on_rejected(PerryPromise *promise, void *user_data)
{
    seen *at = user_data;
    at->promise = promise;
    at->thread = pthread_self();
    at->state = perry_container_promise_state(promise);
    atomic_fetch_add(&at->rejected, 1);
}

CASE(then_before_it_settles)
{
    seen at = {0};
    PerryPromise *promise = probe("sleep:0.05");
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, &at), 0);
    CHECK_SOON(at.fulfilled == 1);
    CHECK(at.promise == promise);
    CHECK_EQUAL(at.state, PERRY_CONTAINER_FULFILLED);
    CHECK(!pthread_equal(at.thread, pthread_self()));
    CHECK_EQUAL(at.rejected, 0);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

CASE(then_after_it_settled)
{
    seen at = {0};
    PerryPromise *promise = probe("echo:x");
    expect_state(promise, PERRY_CONTAINER_FULFILLED);
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, &at), 0);
    CHECK_SOON(at.fulfilled == 1);
    CHECK(!pthread_equal(at.thread, pthread_self()));
    perry_container_promise_free(promise);
    expect_nothing_left();
}

CASE(then_of_a_rejection)
{
    seen before = {0}, after = {0};
    PerryPromise *promise = probe("conflict:taken");
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, &before), 0);
    expect_state(promise, PERRY_CONTAINER_REJECTED);
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, &after), 0);
    CHECK_SOON(before.rejected == 1 && after.rejected == 1);
    CHECK_EQUAL(before.state, PERRY_CONTAINER_REJECTED);
    CHECK_EQUAL(before.fulfilled + after.fulfilled, 0);
    expect_code(promise, 409);
    expect_nothing_left();
}

static atomic_int order;

static void note_order(PerryPromise *promise, void *user_data)
{
    (void)promise;
    *(int *)user_data = atomic_fetch_add(&order, 1);
}

CASE(several_thens_run_once_each_in_order)
{
    enum { COUNT = 100 };
    int place[COUNT];
    PerryPromise *promise = probe("sleep:0.02");
    for (int i = 0; i < COUNT; i++) {
        place[i] = -1;
        CHECK_EQUAL(perry_container_promise_then(promise, note_order, note_order, &place[i]), 0);
    }
    CHECK_SOON(order == COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK_EQUAL(place[i], i);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

CASE(callbacks_may_be_null)
{
    seen at = {0};
    PerryPromise *promise = probe("echo:x");
    CHECK_EQUAL(perry_container_promise_then(promise, NULL, NULL, NULL), 0);
    CHECK_EQUAL(perry_container_promise_then(promise, NULL, on_rejected, &at), 0);
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, NULL, &at), 0);
    CHECK_SOON(at.fulfilled == 1);
    CHECK_EQUAL(at.rejected, 0);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void register_again(PerryPromise *promise, void *user_data)
{
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, user_data), 0);
}

CASE(then_inside_a_callback)
{
    seen at = {0};
    PerryPromise *promise = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_then(promise, register_again, register_again, &at), 0);
    CHECK_SOON(at.fulfilled == 1);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

CASE(freed_before_it_settles)
{
    seen at = {0};
    PerryPromise *promise = probe("sleep:0.05");
    CHECK_EQUAL(perry_container_promise_then(promise, on_fulfilled, on_rejected, &at), 0);
    perry_container_promise_free(promise);
    perry_container_promise_free(probe("sleep:0.05"));
    perry_container_promise_free(probe("conflict:x"));
    CHECK_SOON(at.fulfilled == 1);
    expect_nothing_left();
}

static void free_it(PerryPromise *promise, void *user_data)
{
    perry_container_promise_free(promise);
    atomic_store((atomic_int *)user_data, 1);
}

CASE(freed_inside_its_callback)
{
    atomic_int done = 0;
    CHECK_EQUAL(perry_container_promise_then(probe("sleep:0.02"), free_it, free_it, &done), 0);
    CHECK_SOON(done);
    expect_nothing_left();
}

static void call_again(PerryPromise *promise, void *user_data)
{
    (void)promise;
    *(PerryPromise **)user_data = probe("echo:again");
}

CASE(a_call_from_a_callback)
{
    PerryPromise *second = NULL;
    PerryPromise *first = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_then(first, call_again, call_again, &second), 0);
    CHECK_SOON(*(PerryPromise *volatile *)&second != NULL);
    expect_json(second, "\"again\"");
    perry_container_promise_free(first);
    expect_nothing_left();
}

CASE(wait_with_bounds)
{
    PerryPromise *promise = probe("hang");
    CHECK_EQUAL(perry_container_promise_wait(promise, 0), PERRY_CONTAINER_PENDING);
    CHECK_EQUAL(perry_container_promise_wait(promise, 1), PERRY_CONTAINER_PENDING);
    CHECK_EQUAL(perry_container_promise_wait(promise, 300), PERRY_CONTAINER_PENDING);
    CHECK_EQUAL(perry_container_promise_state(promise), PERRY_CONTAINER_PENDING);
    CHECK(perry_container_promise_json(promise, NULL) == NULL);
    CHECK_EQUAL(perry_container_promise_handle(promise), 0);
    CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
    CHECK_EQUAL(perry_container_promise_wait(promise, -1), PERRY_CONTAINER_REJECTED);
    perry_container_promise_free(promise);
    promise = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_wait(promise, INT64_MAX), PERRY_CONTAINER_FULFILLED);
    CHECK_EQUAL(perry_container_promise_wait(promise, 0), PERRY_CONTAINER_FULFILLED);
    perry_container_promise_free(promise);
    promise = probe("sleep:0.02");
    CHECK_EQUAL(perry_container_promise_wait(promise, INT64_MIN), PERRY_CONTAINER_FULFILLED);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void wait_here(PerryPromise *promise, void *user_data)
{
    seen *at = user_data;
    CHECK_EQUAL(perry_container_promise_wait(promise, -1), PERRY_CONTAINER_FULFILLED);
    at->answer = perry_container_promise_wait(at->promise, LONG_MS);
    at->state = perry_container_promise_wait(at->promise, 0);
    atomic_store(&at->fulfilled, 1);
}

CASE(waiting_on_the_library_thread_is_refused)
{
    seen at = {.promise = probe("hang")};
    PerryPromise *promise = probe("sleep:0.01");
    CHECK_EQUAL(perry_container_promise_then(promise, wait_here, NULL, &at), 0);
    CHECK_SOON(at.fulfilled);
    CHECK_EQUAL(at.answer, PERRY_CONTAINER_E_THREAD);
    CHECK_EQUAL(at.state, PERRY_CONTAINER_PENDING);
    CHECK_EQUAL(perry_container_promise_cancel(at.promise), 0);
    expect_code(at.promise, 499);
    perry_container_promise_free(promise);
    expect_nothing_left();
}

static void *wait_for(void *promise)
{
    return (void *)(intptr_t)perry_container_promise_wait(promise, LONG_MS);
}

CASE(several_threads_wait_for_one)
{
    pthread_t threads[8];
    PerryPromise *promise = probe("sleep:0.1");
    for (int i = 0; i < 8; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, wait_for, promise), 0);
    for (int i = 0; i < 8; i++) {
        void *state;
        pthread_join(threads[i], &state);
        CHECK_EQUAL((intptr_t)state, PERRY_CONTAINER_FULFILLED);
    }
    perry_container_promise_free(promise);
    expect_nothing_left();
}

/* A request that waits already: what came before it has been done. */
static PerryPromise *under_way(const char *words)
{
    PerryPromise *promise = probe(words);
    expect_json(probe("sleep:0.02"), "null");
    CHECK_EQUAL(perry_container_promise_state(promise), PERRY_CONTAINER_PENDING);
    return promise;
}

CASE(cancel_of_a_pending_one)
{
    PerryPromise *promise = under_way("hang");
    CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
    expect_state(promise, PERRY_CONTAINER_REJECTED);
    CHECK(strstr(perry_container_promise_json(promise, NULL), "\"kind\":\"Cancelled\""));
    CHECK_EQUAL(perry_container_promise_cancel(promise), PERRY_CONTAINER_E_LATE);
    expect_code(promise, 499);
    expect_nothing_left();
}

CASE(cancel_twice_and_cleanup_that_takes_time)
{
    PerryPromise *promise = under_way("tidy:0.1");
    CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
    CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
    expect_code(promise, 499);
    expect_nothing_left();
}

CASE(cancel_loses_against_a_result)
{
    PerryPromise *promise = under_way("stubborn");
    CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
    expect_json(promise, "\"done all the same\"");
    expect_nothing_left();
}

CASE(cancel_before_it_began)
{
    /* The first ones are cancelled while the library starts, the others right behind their request. */
    for (int i = 0; i < 1000; i++) {
        PerryPromise *promise = probe("hang");
        CHECK_EQUAL(perry_container_promise_cancel(promise), 0);
        expect_code(promise, 499);
    }
    expect_nothing_left();
}

CASE(what_it_settles_with)
{
    size_t length = 99;
    expect_json(probe("echo:x"), "\"x\"");
    expect_json(probe("nothing"), "null");
    PerryStringHeader *name = text("n");
    PerryPromise *nothing = js_container_removeVolume(name, 1);
    perry_container_string_free(name);
    expect_state(nothing, PERRY_CONTAINER_FULFILLED);
    CHECK(strcmp(perry_container_promise_json(nothing, &length), "null") == 0 && length == 4);
    CHECK_EQUAL(perry_container_promise_handle(nothing), 0);
    perry_container_promise_free(nothing);
    expect_code(probe("defect:x"), 500);
    expect_code(probe("unencodable"), 500);
    expect_code(probe("die"), 500);
    expect_nothing_left();
}

CASE(arguments_arrive_whole)
{
    const char *name = "\xF0\x9F\x90\xB3 \xE6\x97\xA5 \"\\ /../ -x";
    const char *document = "{\"a\":[1,2.5,null,\"\xC3\xA9\"]}";
    PerryStringHeader *first = text(name);
    PerryStringHeader *second = text(document);
    PerryPromise *promise = js_container_createVolume(first, second);
    spoil(first);
    spoil(second);
    expect_json(promise, "{\"name\":\"\xF0\x9F\x90\xB3 \xE6\x97\xA5 \\\"\\\\ /../ -x\","
                         "\"options\":{\"a\":[1,2.5,null,\"\xC3\xA9\"]}}");
    expect_json(js_container_createVolume(NULL, NULL), "{\"name\":null,\"options\":null}");
    const char *absent[] = {"", "null", "undefined", " null\n"};
    for (int i = 0; i < 4; i++) {
        second = text(absent[i]);
        expect_json(js_container_createVolume(NULL, second), "{\"name\":null,\"options\":null}");
        perry_container_string_free(second);
    }
    /* Only in json parameters do these words mean absence. */
    first = text("null");
    expect_json(js_container_createVolume(first, NULL), "{\"name\":\"null\",\"options\":null}");
    perry_container_string_free(first);
    PerryStringHeader *nul = perry_container_string_new("echo:a\0b", 8);
    promise = js_container_inspectVolume(nul);
    perry_container_string_free(nul);
    expect_json(promise, "\"a\\u0000b\"");
    expect_nothing_left();
}

CASE(null_everywhere)
{
    CHECK_EQUAL(perry_container_promise_then(NULL, on_fulfilled, on_rejected, NULL), PERRY_CONTAINER_E_NULL);
    CHECK_EQUAL(perry_container_promise_wait(NULL, -1), PERRY_CONTAINER_E_NULL);
    CHECK_EQUAL(perry_container_promise_state(NULL), PERRY_CONTAINER_E_NULL);
    CHECK_EQUAL(perry_container_promise_cancel(NULL), PERRY_CONTAINER_E_NULL);
    CHECK_EQUAL(perry_container_promise_handle(NULL), 0);
    size_t length = 7;
    CHECK(perry_container_promise_json(NULL, &length) == NULL && length == 0);
    CHECK(perry_container_promise_json(NULL, NULL) == NULL);
    perry_container_promise_free(NULL);
    perry_container_string_free(NULL);
    CHECK(perry_container_string_bytes(NULL) == NULL);
    CHECK(perry_container_string_new(NULL, 1) == NULL);
    CHECK(perry_container_string_new("", (size_t)PERRY_CONTAINER_STRING_MAX + 1) == NULL);
    CHECK(perry_container_string_new("", SIZE_MAX) == NULL);
    PerryStringHeader *empty = perry_container_string_new(NULL, 0);
    CHECK(empty && empty->byte_len == 0);
    perry_container_string_free(empty);
    CHECK_EQUAL(perry_container_set_host(NULL), PERRY_CONTAINER_E_NULL);
    CHECK(perry_container_live(-1) < 0 && perry_container_live(3) < 0);
    CHECK_EQUAL(perry_container_cancel(1), PERRY_CONTAINER_E_LATE); /* it does not run yet */
    expect_nothing_left();
}

CASE(strings_count_utf16_units)
{
    const struct {
        const char *bytes;
        uint32_t units;
    } rows[] = {{"", 0}, {"ab", 2}, {"\xC3\xA9", 1}, {"\xE6\x97\xA5", 1}, {"\xF0\x9F\x90\xB3", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PerryStringHeader *string = text(rows[i].bytes);
        CHECK_EQUAL(string->utf16_len, rows[i].units);
        CHECK_EQUAL(string->byte_len, strlen(rows[i].bytes));
        CHECK(string->capacity >= string->byte_len);
        CHECK(memcmp(perry_container_string_bytes(string), rows[i].bytes, string->byte_len) == 0);
        perry_container_string_free(string);
    }
}
