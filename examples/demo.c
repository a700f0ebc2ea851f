/* Builds an image, runs a container from it, follows its log while it runs, executes a command in it, inspects, stops
 * and removes it. Use: demo CONTEXT NAME, where CONTEXT is the folder to build from and NAME is free for the container
 * and the image; or demo --remove NAME, which removes what an interrupted run left. `make demo` does it all. */
#define _POSIX_C_SOURCE 200809L
#include <perry_container.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 120000

/* ---- Output ---------------------------------------------------------------------------------- */

static void say(const char *step, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    printf("%-12s %s\n", step, line); /* one call: the log is printed from another thread */
    fflush(stdout);
}

/* ---- JSON: just enough for a demo, a real program has a library for it ------------------------- */

/* Decodes the JSON string whose first character is at json into text. Gives what follows the closing quote. */
static const char *decode(const char *json, char *text, size_t size)
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
static const char *member(const char *json, const char *name, char *text, size_t size)
{
    char start[64];
    snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *found = json ? strstr(json, start) : NULL;
    return found ? decode(found + strlen(start), text, size) : NULL;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static PerryStringHeader *string(const char *text) { return perry_container_string_new(text, strlen(text)); }

/* Says what an error object says. json: NULL if nothing came in time. */
static void complain(const char *step, const char *json)
{
    char kind[64] = "error", message[800] = "no answer in time";
    member(json, "kind", kind, sizeof kind);
    member(json, "message", message, sizeof message);
    say(step, "failed, %s: %s", kind, message);
}

/* Waits for a request and gives back its promise. Result: its JSON, to be freed; NULL after saying what failed. */
static char *finish(const char *step, PerryPromise *promise)
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

static bool done(const char *step, PerryPromise *promise)
{
    char *json = finish(step, promise);
    free(json);
    return json != NULL;
}

/* ---- The log: read by callbacks, while the main thread does other things ----------------------- */

typedef struct {
    int64_t stream;
    char line[1024]; /* the beginning of a line whose end has not come yet */
    size_t length;
    int lines;
    sem_t five_lines, ended;
} log_reader;

static void print_log(log_reader *log, const char *text)
{
    for (; *text; text++) {
        if (*text != '\n' && log->length + 1 < sizeof log->line) {
            log->line[log->length++] = *text;
            continue;
        }
        say("", "| %.*s", (int)log->length, log->line);
        log->length = 0;
        if (++log->lines == 5)
            sem_post(&log->five_lines);
    }
}

static void read_more(log_reader *log);

static void on_records(PerryPromise *promise, void *user_data)
{
    log_reader *log = user_data;
    const char *json = perry_container_promise_json(promise, NULL);
    char text[4096];
    if (strcmp(json, "null") == 0) { /* the log's end; the stream is closed */
        sem_post(&log->five_lines);
        sem_post(&log->ended);
        return;
    }
    while ((json = member(json, "text", text, sizeof text)))
        print_log(log, text);
    read_more(log);
}

static void on_failure(PerryPromise *promise, void *user_data)
{
    log_reader *log = user_data;
    complain("log", perry_container_promise_json(promise, NULL));
    sem_post(&log->five_lines);
    sem_post(&log->ended);
}

static void read_more(log_reader *log)
{
    PerryPromise *promise = js_container_streamNext(log->stream);
    perry_container_promise_then(promise, on_records, on_failure, log);
    perry_container_promise_free(promise); /* the callbacks keep it alive */
}

static bool follow(log_reader *log, const PerryStringHeader *name)
{
    PerryPromise *promise = js_container_followLogs(name, NULL);
    if (perry_container_promise_wait(promise, PATIENCE_MS) != PERRY_CONTAINER_FULFILLED)
        return done("follow", promise);
    log->stream = perry_container_promise_handle(promise);
    perry_container_promise_free(promise);
    say("follow", "stream %lld", (long long)log->stream);
    read_more(log);
    return true;
}

/* ---- The steps ------------------------------------------------------------------------------- */

/* json: a format with one %s. Result: the request's text as a string to be freed. */
static PerryStringHeader *filled(const char *format, const char *value)
{
    char json[4096];
    snprintf(json, sizeof json, format, value);
    return string(json);
}

static bool find_engine(void)
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

static bool build(const char *context, const PerryStringHeader *image)
{
    PerryStringHeader *spec = filled("{\"context\": \"%s\"}", context);
    char id[128] = "";
    char *json = finish("build", js_container_build(spec, image));
    if (json && member(json, "id", id, sizeof id))
        say("build", "%s", id);
    perry_container_string_free(spec);
    free(json);
    return json != NULL;
}

static bool run(const char *name)
{
    char json[512];
    snprintf(json, sizeof json, "{\"image\": \"localhost/%s\", \"name\": \"%s\", \"network\": \"none\", \"pull_policy\": \"never\"}",
             name, name);
    PerryStringHeader *spec = string(json);
    bool ran = done("run", js_container_run(spec));
    if (ran)
        say("run", "%s", name);
    perry_container_string_free(spec);
    return ran;
}

static bool execute(const PerryStringHeader *name)
{
    PerryStringHeader *command = string("[\"/bin/busybox\", \"uname\", \"-s\", \"-r\", \"-m\"]");
    char text[256] = "";
    char *json = finish("exec", js_container_exec(name, command, NULL));
    if (json && member(json, "stdout", text, sizeof text)) {
        text[strcspn(text, "\n")] = '\0';
        say("exec", "uname says: %s", text);
    }
    perry_container_string_free(command);
    free(json);
    return json != NULL;
}

static bool inspect(const PerryStringHeader *name)
{
    char status[32] = "", created[64] = "";
    char *json = finish("inspect", js_container_inspect(name));
    if (json && member(json, "status", status, sizeof status) && member(json, "created", created, sizeof created))
        say("inspect", "%s, created %s", status, created);
    free(json);
    return json != NULL;
}

/* Runs the container and looks at it from all sides. The log goes on in between. */
static bool watch(const char *container, const PerryStringHeader *name, log_reader *log)
{
    if (!run(container) || !follow(log, name))
        return false;
    bool good = execute(name) && inspect(name);
    sem_wait(&log->five_lines);
    PerryStringHeader *seconds = string("{\"timeout\": 5}");
    good = done("stop", js_container_stop(name, seconds)) && good;
    perry_container_string_free(seconds);
    sem_wait(&log->ended);
    if (good)
        say("stop", "%s", container);
    return good;
}

/* Removes the container and the image, whatever became of them, and looks whether they are gone. */
static bool clean_up(const char *container, const PerryStringHeader *name, const PerryStringHeader *image)
{
    bool removed = done("remove", js_container_removeIfExists(name, 1));
    PerryPromise *promise = js_container_removeImage(image, 1);
    int state = perry_container_promise_wait(promise, PATIENCE_MS);
    const char *error = perry_container_promise_json(promise, NULL);
    if (state != PERRY_CONTAINER_FULFILLED && (!error || !strstr(error, "\"kind\":\"NotFound\""))) {
        complain("remove", error);
        removed = false;
    }
    perry_container_promise_free(promise);

    char *containers = finish("list", js_container_list(1)), *images = finish("list", js_container_listImages());
    bool gone = containers && images && !strstr(containers, container) && !strstr(images, container);
    if (removed && gone)
        say("remove", "container and image are gone");
    free(containers);
    free(images);
    return removed && gone;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "use: demo CONTEXT NAME, or demo --remove NAME\n");
        return 2;
    }
    const char *container = argv[2];
    PerryStringHeader *name = string(container), *image = filled("localhost/%s", container);
    log_reader log = {0};
    sem_init(&log.five_lines, 0, 0);
    sem_init(&log.ended, 0, 0);

    bool good = find_engine();
    if (good) {
        if (strcmp(argv[1], "--remove") != 0)
            good = build(argv[1], image) && watch(container, name, &log);
        good = clean_up(container, name, image) && good;
    }
    /* After this no callback runs any more, so what they use may go. */
    good = perry_container_shutdown(10000) == 0 && good;
    perry_container_string_free(name);
    perry_container_string_free(image);
    sem_destroy(&log.five_lines);
    sem_destroy(&log.ended);
    return good ? 0 : 1;
}
