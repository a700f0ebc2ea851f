/* Brings a Compose project of three services up, shows what happens meanwhile, their logs and their state, and takes it
 * down again. Use: stack FOLDER CONTEXT NAME, where FOLDER holds compose.yaml, CONTEXT is what the image is built from and
 * NAME is free for the project; or stack --remove NAME, which removes what an interrupted run left. `make demo` does it. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#define VISITS 3

/* ---- Progress: a record for every step, and for what goes wrong -------------------------------- */

static void print_step(const char *record)
{
    char state[16] = "", action[32] = "", target[128] = "";
    member(record, "state", state, sizeof state);
    member(record, "action", action, sizeof action);
    member(record, "target", target, sizeof target);
    say("", "%4ld  %-8s %-17s %s", number(record, "seq"), state, action, target);
}

static void take_progress(stream_reader *reader, const char *records)
{
    (void)reader;
    char record[16384], kind[16], message[800];
    while ((records = object(records, record, sizeof record))) {
        if (!member(record, "kind", kind, sizeof kind))
            continue;
        if (strcmp(kind, "step") == 0)
            print_step(record);
        else if (strcmp(kind, "progress") != 0 && member(record, "message", message, sizeof message))
            say("", "%4ld  %-8s %s", number(record, "seq"), kind, message);
        else if (strcmp(kind, "rollback") == 0 && member(record, "state", message, sizeof message))
            say("", "%4ld  %-8s %s", number(record, "seq"), kind, message);
    }
}

/* ---- Logs: a record for every line --------------------------------------------------------------- */

typedef struct {
    stream_reader reader;
    int visits;
} log_reader;

static void take_log(stream_reader *reader, const char *records)
{
    log_reader *log = (log_reader *)reader;
    char record[16384], service[64], text[1024];
    while ((records = object(records, record, sizeof record))) {
        member(record, "service", service, sizeof service);
        if (!member(record, "text", text, sizeof text))
            continue;
        say("", "%-8s| %s", service, text);
        if (strncmp(text, "visit ", 6) == 0 && ++log->visits == VISITS)
            sem_post(&log->reader.enough);
    }
}

/* ---- The steps ------------------------------------------------------------------------------- */

/* The project of FOLDER/compose.yaml, as the JSON that up takes; to be freed. NULL after saying what failed. */
static char *load(const char *folder, const char *context, const char *name)
{
    PerryStringHeader *request = filled("{\"files\": [\"%s/compose.yaml\"], \"projectName\": \"%s\", "
                                        "\"env\": {\"CONTEXT\": \"%s\"}}",
                                        folder, name, context);
    char *project = finish("load", js_compose_load(request));
    perry_container_string_free(request);
    return project;
}

/* Result: the handle of the stack, 0 after saying what failed. It is up when every service is ready. */
static int64_t bring_up(const char *project)
{
    say("up", "%s", "three services, a network, a volume");
    PerryStringHeader *spec = string(project), *options = string("{\"wait\": true, \"waitTimeout\": 100}");
    char *json = finish("up", js_compose_up(spec, options));
    int64_t stack = json ? strtoll(json, NULL, 10) : 0;
    perry_container_string_free(spec);
    perry_container_string_free(options);
    free(json);
    if (stack)
        say("up", "stack %lld", (long long)stack);
    return stack;
}

static bool show_containers(int64_t stack)
{
    char *rows = finish("ps", js_compose_ps(stack));
    char row[4096], name[128], service[64], status[32], health[32];
    say("ps", "%-9s %-10s %-10s %s", "service", "status", "health", "container");
    for (const char *rest = rows; (rest = object(rest, row, sizeof row));) {
        strcpy(health, "-");
        member(row, "service", service, sizeof service);
        member(row, "status", status, sizeof status);
        member(row, "health", health, sizeof health);
        member(row, "name", name, sizeof name);
        say("", "%-9s %-10s %-10s %s", service, status, health, name);
    }
    free(rows);
    return rows != NULL;
}

static bool show_status(int64_t stack)
{
    char *json = finish("status", js_compose_status(stack));
    char status[32] = "";
    if (json && member(json, "status", status, sizeof status))
        say("status", "%s", status);
    free(json);
    return strcmp(status, "running") == 0;
}

/* Says what a clean-up removed. report: as finish gives it; is freed. */
static bool tell_removed(char *report)
{
    bool clean = report && strstr(report, "\"errors\":[]");
    if (clean)
        say("down", "removed: %ld containers, %ld networks, %ld volumes", number(report, "containers_removed"),
            number(report, "networks_removed"), number(report, "volumes_removed"));
    else if (report)
        say("down", "incomplete: %s", report);
    free(report);
    return clean;
}

/* Follows the logs of the running stack until they tell of every visit, then takes it down. */
static bool watch(int64_t stack)
{
    log_reader log = {.reader = {.step = "logs", .take = take_log}};
    PerryStringHeader *removals = string("{\"volumes\": true}");
    bool good = show_containers(stack) && show_status(stack);
    say("logs", "%s", "of all services");
    good = read_stream(&log.reader, js_compose_followLogs(stack, NULL)) && reached(&log.reader, &log.reader.enough) && good;
    say("down", "%s", "with its volume");
    good = tell_removed(finish("down", js_compose_down(stack, removals))) && log.visits == VISITS && good;
    good = close_stream(&log.reader) && good;
    perry_container_string_free(removals);
    return good;
}

/* Loads the project, brings it up, watches it and takes it down; progress is shown all the while. */
static bool demonstrate(const char *folder, const char *context, const char *name)
{
    stream_reader progress = {.step = "progress", .take = take_progress};
    if (!read_stream(&progress, js_compose_progress()))
        return false;
    char *project = load(folder, context, name);
    int64_t stack = project ? bring_up(project) : 0;
    free(project);
    bool good = stack && watch(stack);
    return close_stream(&progress) && good;
}

/* Takes down what is left of the project, by its name, and removes its image. */
static bool clean_up(const char *project, bool quiet)
{
    PerryStringHeader *name = string(project), *options = string("{\"volumes\": true}"), *image = filled("localhost/%s", project);
    char *report = finish("down", js_container_downByProject(name, options));
    bool clean = report && strstr(report, "\"errors\":[]");
    if (quiet && clean)
        free(report);
    else
        clean = tell_removed(report);
    clean = remove_image(image) && clean;
    perry_container_string_free(name);
    perry_container_string_free(options);
    perry_container_string_free(image);
    return clean;
}

int main(int argc, char **argv)
{
    bool only_removes = argc == 3 && strcmp(argv[1], "--remove") == 0;
    if (argc != 4 && !only_removes) {
        fprintf(stderr, "use: stack FOLDER CONTEXT NAME, or stack --remove NAME\n");
        return 2;
    }
    const char *name = argv[argc - 1];
    bool good = find_engine();
    if (good) {
        if (!only_removes)
            good = demonstrate(argv[1], argv[2], name);
        good = clean_up(name, good && !only_removes) && good;
    }
    return perry_container_shutdown(10000) == 0 && good ? 0 : 1;
}
