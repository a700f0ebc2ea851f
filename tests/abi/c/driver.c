/* Calls what it is told to: requests on standard input, results on standard output (tests/support/driver.py). */
#include <dlfcn.h>
#include <errno.h>

#include "host.h"

static void get(void *target, size_t length)
{
    if (length && fread(target, 1, length, stdin) != length)
        exit(0);
}

static void put(const void *bytes, size_t length)
{
    if (length)
        CHECK(fwrite(bytes, 1, length, stdout) == length);
}

static void answer(int32_t state, const char *bytes, size_t length)
{
    uint32_t size = (uint32_t)length;
    put(&state, sizeof state);
    put(&size, sizeof size);
    put(bytes, length);
    fflush(stdout);
}

static uint8_t returns_of(const char *symbol)
{
    const struct {
        const PerryContainerRow *rows;
        size_t length;
    } tables[] = {{PERRY_CONTAINER_TABLE, PERRY_CONTAINER_TABLE_LENGTH},
                  {PERRY_COMPOSE_TABLE, PERRY_COMPOSE_TABLE_LENGTH},
                  {PERRY_WORKLOADS_TABLE, PERRY_WORKLOADS_TABLE_LENGTH}};
    for (size_t t = 0; t < 3; t++)
        for (size_t i = 0; i < tables[t].length; i++)
            if (strcmp(tables[t].rows[i].runtime, symbol) == 0)
                return tables[t].rows[i].returns;
    CHECK(!"no such row");
    return 0;
}

/* A string with the header that the request says; its block is exactly as long as the bytes that came. */
static PerryStringHeader *get_string(void)
{
    uint32_t words[4];
    get(words, sizeof words);
    PerryStringHeader *string = malloc(sizeof *string + words[3]);
    CHECK(string);
    *string = (PerryStringHeader){words[0], words[1], words[2], 1, 0};
    get(string + 1, words[3]);
    return string;
}

typedef union result {
    PerryPromise *promise;
    const PerryStringHeader *string;
} result;

static result call(const char *symbol, const int64_t *a)
{
    typedef void *(*function)(int64_t, int64_t, int64_t, int64_t);
    function target;
    *(void **)&target = dlsym(RTLD_DEFAULT, symbol);
    CHECK(target);
    result got;
    got.promise = target(a[0], a[1], a[2], a[3]);
    return got;
}

static void do_call(void)
{
    char symbol[128] = {0};
    uint8_t size[2];
    int64_t arguments[4] = {0};
    PerryStringHeader *strings[4] = {0};
    get(size, 2); /* of the symbol, of the arguments */
    CHECK(size[0] < sizeof symbol && size[1] <= 4);
    get(symbol, size[0]);
    for (int i = 0; i < size[1]; i++) {
        char kind;
        get(&kind, 1);
        if (kind == 'i')
            get(&arguments[i], sizeof arguments[i]);
        else if (kind == 's')
            arguments[i] = (int64_t)(intptr_t)(strings[i] = get_string());
    }
    result got = call(symbol, arguments);
    for (int i = 0; i < 4; i++) {
        free(strings[i]);
    }
    switch (returns_of(symbol)) {
    case PERRY_CONTAINER_RETURNS_VOID:
        answer(0, "", 0);
        break;
    case PERRY_CONTAINER_RETURNS_STRING:
        CHECK(got.string);
        answer(3, perry_container_string_bytes(got.string), got.string->byte_len);
        perry_container_string_free(got.string);
        break;
    default: {
        size_t length;
        int state = perry_container_promise_wait(got.promise, LONG_MS);
        const char *json = perry_container_promise_json(got.promise, &length);
        answer(state, json, length);
        perry_container_promise_free(got.promise);
    }
    }
}

static void do_live(void)
{
    uint8_t what;
    get(&what, 1);
    int32_t count = -1;
    for (int left = 5000; left > 0 && count != 0; left--) {
        count = (int32_t)perry_container_live(what);
        if (count)
            pause_ms(1);
    }
    answer(count, "", 0);
}

CASE(serves)
{
    for (char kind;;) {
        get(&kind, 1);
        if (kind == 'c')
            do_call();
        else if (kind == 'l')
            do_live();
        else
            CHECK(!"no such request");
    }
}
