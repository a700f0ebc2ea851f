/* Builds an image, runs a container from it, follows its log while it runs, executes a command in it, inspects, stops
 * and removes it. Use: demo CONTEXT NAME, where CONTEXT is the folder to build from and NAME is free for the container
 * and the image; or demo --remove NAME, which removes what an interrupted run left. `make demo` does it all. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

/* ---- The log --------------------------------------------------------------------------------- */

typedef struct {
    stream_reader reader;
    char line[1024]; /* the beginning of a line whose end has not come yet */
    size_t length;
    int lines;
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
            sem_post(&log->reader.enough);
    }
}

static void take_log(stream_reader *reader, const char *records)
{
    char text[4096];
    while ((records = member(records, "text", text, sizeof text)))
        print_log((log_reader *)reader, text);
}

/* ---- The steps ------------------------------------------------------------------------------- */

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
    PerryStringHeader *spec = filled("{\"image\": \"localhost/%s\", \"name\": \"%s\", \"network\": \"none\", "
                                     "\"pull_policy\": \"never\"}",
                                     name, name);
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
    if (!run(container) || !read_stream(&log->reader, js_container_followLogs(name, NULL)))
        return false;
    say("follow", "stream %lld", (long long)log->reader.stream);
    bool good = execute(name) && inspect(name);
    good = reached(&log->reader, &log->reader.enough) && good;
    PerryStringHeader *seconds = string("{\"timeout\": 5}");
    good = done("stop", js_container_stop(name, seconds)) && good;
    perry_container_string_free(seconds);
    good = good && reached(&log->reader, &log->reader.ended);
    if (good)
        say("stop", "%s", container);
    return good;
}

/* Removes the container and the image, whatever became of them, and looks whether they are gone. */
static bool clean_up(const char *container, const PerryStringHeader *name, const PerryStringHeader *image)
{
    bool removed = done("remove", js_container_removeIfExists(name, 1));
    removed = remove_image(image) && removed;
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
    log_reader log = {.reader = {.step = "log", .take = take_log}};

    bool good = find_engine();
    if (good) {
        if (strcmp(argv[1], "--remove") != 0)
            good = build(argv[1], image) && watch(container, name, &log);
        good = clean_up(container, name, image) && good;
    }
    /* After this no callback runs any more, so the reader may go. */
    good = perry_container_shutdown(10000) == 0 && good;
    perry_container_string_free(name);
    perry_container_string_free(image);
    return good ? 0 : 1;
}
