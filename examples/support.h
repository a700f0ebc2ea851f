/* What the examples share: output, just enough JSON, requests that are waited for, streams that are read by callbacks. */
#ifndef EXAMPLES_SUPPORT_H
#define EXAMPLES_SUPPORT_H

#include <errno.h>
#include <perry_container.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 120000

/* ---- Output ---------------------------------------------------------------------------------- */

static inline void say(const char *step, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    printf("%-12s %s\n", step, line); /* one call: streams are printed from another thread */
    fflush(stdout);
}

/* ---- JSON: just enough for examples, a real program has a library for it ----------------------- */

/* Decodes the JSON string whose first character is at json into text. Gives what follows the closing quote. */
static inline const char *decode(const char *json, char *text, size_t size)
{
    static const char codes[] = "nrtbf", values[] = "\n\r\t\b\f";
    size_t length = 0;
    for (; *json && *json != '"'; json++) {
        char c = *json;
        if (c == '\\') {
            const char *code = strchr(codes, *++json);
            if (*json == 'u')
                json += strlen(json) > 4 ? 4 : 0;
            c = *json && code ? values[code - codes] : *json;
        }
        if (length + 1 < size)
            text[length++] = c;
    }
    text[length] = '\0';
    return *json ? json + 1 : json;
}

/* Finds the next member of that name whose value is a string. Gives what follows it, or NULL if there is none. */
static inline const char *member(const char *json, const char *name, char *text, size_t size)
{
    char start[64];
    snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *found = json ? strstr(json, start) : NULL;
    return found ? decode(found + strlen(start), text, size) : NULL;
}

/* The next member of that name whose value is a number; 0 if there is none. */
static inline long number(const char *json, const char *name)
{
    char start[64];
    snprintf(start, sizeof start, "\"%s\":", name);
    const char *found = strstr(json, start);
    return found ? strtol(found + strlen(start), NULL, 10) : 0;
}

/* Copies the next object of an array into text. Gives what follows it, or NULL if there is none that fits. */
static inline const char *object(const char *json, char *text, size_t size)
{
    const char *start = json ? strchr(json, '{') : NULL, *end = start;
    int depth = 0;
    for (bool quoted = false; end && *end; end++) {
        if (*end == '\\' && end[1])
            end++;
        else if (*end == '"')
            quoted = !quoted;
        else if (!quoted && (*end == '{' || *end == '}') && (depth += *end == '{' ? 1 : -1) == 0)
            break;
    }
    if (!end || !*end || (size_t)(end - start) + 2 > size)
        return NULL;
    snprintf(text, size, "%.*s", (int)(end - start) + 1, start);
    return end + 1;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static inline PerryStringHeader *string(const char *text) { return perry_container_string_new(text, strlen(text)); }

/* format: as of printf. Result: the request's text as a string to be freed. */
static inline PerryStringHeader *filled(const char *format, ...)
{
    char json[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(json, sizeof json, format, arguments);
    va_end(arguments);
    return string(json);
}

/* Says what an error object says. json: NULL if nothing came in time. */
static inline void complain(const char *step, const char *json)
{
    char kind[64] = "error", message[800] = "no answer in time";
    member(json, "kind", kind, sizeof kind);
    member(json, "message", message, sizeof message);
    say(step, "failed, %s: %s", kind, message);
}

/* Waits for a request and gives back its promise. Result: its JSON, to be freed; NULL after saying what failed. */
static inline char *finish(const char *step, PerryPromise *promise)
{
    int state = perry_container_promise_wait(promise, PATIENCE_MS);
    const char *json = perry_container_promise_json(promise, NULL);
    char *copy = NULL;
    if (state == PERRY_CONTAINER_FULFILLED)
        copy = strdup(json);
    else
        complain(step, json);
    perry_container_promise_free(promise);
    return copy;
}

static inline bool done(const char *step, PerryPromise *promise)
{
    char *json = finish(step, promise);
    free(json);
    return json != NULL;
}

/* Whether an engine answers; says which, or why none does. */
static inline bool find_engine(void)
{
    char *rows = finish("engine", js_container_detectBackend());
    const PerryStringHeader *active = js_container_getBackend();
    bool found = rows && strncmp(perry_container_string_bytes(active), "unknown", active->byte_len) != 0;
    if (found)
        say("engine", "%.*s", (int)active->byte_len, perry_container_string_bytes(active));
    else if (rows)
        say("engine", "none answers: %s", rows);
    free(rows);
    return found;
}

/* Removes an image; that it is not there is fine. */
static inline bool remove_image(const PerryStringHeader *image)
{
    PerryPromise *promise = js_container_removeImage(image, 1);
    int state = perry_container_promise_wait(promise, PATIENCE_MS);
    const char *error = perry_container_promise_json(promise, NULL);
    bool gone = state == PERRY_CONTAINER_FULFILLED || (error && strstr(error, "\"kind\":\"NotFound\""));
    if (!gone)
        complain("remove", error);
    perry_container_promise_free(promise);
    return gone;
}

/* ---- Streams: read by callbacks, while the main thread does other things ------------------------ */

typedef struct stream_reader {
    const char *step;                                         /* what a failure is told under */
    void (*take)(struct stream_reader *reader, const char *records); /* on the library's thread: some records, an array */
    int64_t stream;
    sem_t enough; /* the program has read what it waited for, or nothing more comes */
    sem_t ended;  /* no more callbacks come */
} stream_reader;

static inline void read_on(stream_reader *reader);

static inline void stream_ended(stream_reader *reader)
{
    sem_post(&reader->enough);
    sem_post(&reader->ended);
}

static inline void on_records(PerryPromise *promise, void *user_data)
{
    stream_reader *reader = user_data;
    const char *json = perry_container_promise_json(promise, NULL);
    if (strcmp(json, "null") == 0) { /* the stream's end */
        stream_ended(reader);
        return;
    }
    reader->take(reader, json);
    read_on(reader);
}

static inline void on_failure(PerryPromise *promise, void *user_data)
{
    stream_reader *reader = user_data;
    complain(reader->step, perry_container_promise_json(promise, NULL));
    stream_ended(reader);
}

static inline void read_on(stream_reader *reader)
{
    PerryPromise *promise = js_container_streamNext(reader->stream);
    perry_container_promise_then(promise, on_records, on_failure, reader);
    perry_container_promise_free(promise); /* the callbacks keep it alive */
}

/* Begins to read the stream that a request settles with. */
static inline bool read_stream(stream_reader *reader, PerryPromise *request)
{
    char *json = finish(reader->step, request);
    sem_init(&reader->enough, 0, 0);
    sem_init(&reader->ended, 0, 0);
    reader->stream = json ? strtoll(json, NULL, 10) : 0;
    free(json);
    if (reader->stream)
        read_on(reader);
    return reader->stream != 0;
}

/* Waits for one of a reader's semaphores, with a bound. */
static inline bool reached(const stream_reader *reader, sem_t *moment)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    while (sem_timedwait(moment, &end) != 0)
        if (errno != EINTR) {
            complain(reader->step, NULL);
            return false;
        }
    return true;
}

/* Closes a stream, if it was opened, and waits for its last callback. */
static inline bool close_stream(stream_reader *reader)
{
    if (!reader->stream)
        return true;
    bool closed = done(reader->step, js_container_streamClose(reader->stream));
    reader->stream = 0;
    return reached(reader, &reader->ended) && closed;
}

#endif
