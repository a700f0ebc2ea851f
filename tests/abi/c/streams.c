/* Handles and streams. */
#include "host.h"

CASE(a_stream_to_its_end)
{
    int64_t stream = expect_number(probe("stream:3,0"));
    CHECK(stream > 0);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_HANDLES), 1);
    expect_json(js_container_streamNext(stream), "[1]");
    expect_json(js_container_streamNext(stream), "[2]");
    expect_json(js_container_streamNext(stream), "[3]");
    expect_json(js_container_streamNext(stream), "null");
    expect_json(js_container_streamNext(stream), "null");
    expect_json(js_container_streamClose(stream), "null");
    expect_code(js_container_streamClose(stream), 404);
    expect_code(js_container_streamNext(stream), 404);
    expect_nothing_left();
}

CASE(readers_take_turns)
{
    PerryPromise *readers[10];
    char expected[16];
    int64_t stream = expect_number(probe("stream:9,0.01"));
    for (int i = 0; i < 10; i++)
        readers[i] = js_container_streamNext(stream);
    for (int i = 0; i < 9; i++) {
        snprintf(expected, sizeof expected, "[%d]", i + 1);
        expect_json(readers[i], expected);
    }
    expect_json(readers[9], "null");
    expect_json(js_container_streamClose(stream), "null");
    expect_nothing_left();
}

CASE(close_ends_a_pending_read)
{
    int64_t stream = expect_number(probe("stream:3,60"));
    PerryPromise *first = js_container_streamNext(stream);
    PerryPromise *second = js_container_streamNext(stream);
    CHECK_EQUAL(perry_container_promise_wait(first, 50), PERRY_CONTAINER_PENDING);
    expect_json(js_container_streamClose(stream), "null");
    expect_json(first, "null");
    expect_json(second, "null");
    expect_nothing_left();
}

CASE(a_cancelled_read_loses_nothing)
{
    int64_t stream = expect_number(probe("stream:3,0.05"));
    for (int i = 0; i < 3; i++) {
        PerryPromise *cancelled = js_container_streamNext(stream);
        CHECK_EQUAL(perry_container_promise_cancel(cancelled), 0);
        expect_code(cancelled, 499);
    }
    expect_json(js_container_streamNext(stream), "[1]");
    PerryPromise *held = js_container_streamNext(stream);
    PerryPromise *waiting = js_container_streamNext(stream);
    CHECK_EQUAL(perry_container_promise_cancel(waiting), 0);
    expect_code(waiting, 499);
    expect_json(held, "[2]");
    expect_json(js_container_streamNext(stream), "[3]");
    expect_json(js_container_streamClose(stream), "null");
    expect_nothing_left();
}

CASE(wrong_handles)
{
    const int64_t wrong[] = {0, -1, 1, 42, INT64_MAX, INT64_MIN, INT64_C(1) << 53};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        expect_code(js_container_streamNext(wrong[i]), 404);
        expect_code(js_container_streamClose(wrong[i]), 404);
    }
    int64_t thing = expect_number(probe("thing"));
    expect_code(js_container_streamNext(thing), 404);
    expect_code(js_container_streamClose(thing), 404);
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_HANDLES), 1);
    char words[64];
    snprintf(words, sizeof words, "drop-thing:%lld", (long long)thing);
    expect_json(probe(words), "null");
    expect_nothing_left();
}

CASE(handles_are_never_used_twice)
{
    int64_t last = 0;
    for (int i = 0; i < 200; i++) {
        int64_t stream = expect_number(probe("stream:1,0"));
        CHECK(stream > last);
        last = stream;
        expect_json(js_container_streamClose(stream), "null");
    }
    expect_nothing_left();
}

CASE(shutdown_closes_streams)
{
    int64_t stream = expect_number(probe("stream:3,60"));
    PerryPromise *pending = js_container_streamNext(stream);
    for (int i = 0; i < 50; i++)
        expect_number(probe("stream:3,0"));
    CHECK_EQUAL(perry_container_live(PERRY_CONTAINER_LIVE_HANDLES), 51);
    CHECK_EQUAL(perry_container_shutdown(-1), 0);
    expect_code(pending, 499);
    expect_nothing_left();
}
