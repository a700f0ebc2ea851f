/* A pipeline: what is built is checked by three jobs at once, one of them beside a database. It is published if they all find
 * it good, and taken away if not. Use: pipeline IMAGE NAME [--break], where IMAGE has a shell and nc, NAME is free for the
 * graph, and --break makes a check fail. It ends with 0 if what was to happen has happened. */
#define _POSIX_C_SOURCE 200809L
#include "graphs.h"

#define STORE "\"volumes\":[\"store:/store\"]"
#define EXIT_CODE "{\"nodeId\":\"%s\",\"projection\":\"exitCode\"}"

/* A job of the image that runs a line of shell, which holds no double quote. more: further members, a comma before each. */
static void declare_job(graph_nodes *nodes, const char *image, const char *name, const char *line, const char *more)
{
    declare(nodes, name, "{\"image\":\"%s\",\"kind\":\"job\",\"cmd\":[\"sh\",\"-c\",\"%s\"]," STORE "%s}", image, line, more);
}

static void declare_build(graph_nodes *nodes, const char *image)
{
    declare(nodes, "db",
            "{\"image\":\"%s\",\"cmd\":[\"sh\",\"-c\",\"echo ready; while true; do echo 3 rows | nc -l -p 5432; done\"],"
            "\"expose\":[5432],\"ready\":{\"log\":\"ready\"},\"keep\":false,\"stop_signal\":\"SIGKILL\"}",
            image);
    declare_job(nodes, image, "build", "echo a program >/store/app; echo 1.4.2 >/store/version",
                ",\"outputs\":{\"version\":{\"from\":\"file\",\"path\":\"/store/version\"}}");
}

static void declare_checks(graph_nodes *nodes, const char *image, bool broken)
{
    const char *after_build = ",\"depends_on\":[\"build\"]";
    declare_job(nodes, image, "unit",
                broken ? "echo 1 of 12 tests failed; exit 3" : "grep program /store/app && echo 12 tests passed", after_build);
    declare_job(nodes, image, "lint", "! grep TODO /store/app", after_build);
    declare_job(nodes, image, "integration",
                "rows=$(nc -w 5 ${DB%:*} ${DB#*:} </dev/null); echo the database has $rows; "
                "case $rows in '3 rows') ;; *) exit 1 ;; esac",
                ",\"depends_on\":[\"build\"],\"retry\":{\"limit\":2,\"delay\":\"200ms\"},"
                "\"env\":{\"DB\":{\"nodeId\":\"db\",\"projection\":\"endpoint\"}}");
}

/* To read an exit code is to wait for the end, whichever it is. */
static void declare_ends(graph_nodes *nodes, const char *image)
{
    declare(nodes, "verdict",
            "{\"image\":\"%s\",\"cmd\":[\"sh\",\"-c\",\"echo exit codes: $*; for code; do [ $code = 0 ] || exit 1; done\","
            "\"verdict\"," EXIT_CODE "," EXIT_CODE "," EXIT_CODE "]}",
            image, "unit", "lint", "integration");
    declare_job(nodes, image, "publish", "mv /store/app /store/app-$VERSION && echo published $VERSION",
                ",\"depends_on\":[\"verdict\"],"
                "\"env\":{\"VERSION\":{\"nodeId\":\"build\",\"projection\":\"output\",\"name\":\"version\"}}");
    declare_job(nodes, image, "discard", "rm /store/app && echo discarded",
                ",\"depends_on\":{\"verdict\":{\"condition\":\"failed\"}}");
}

/* ---- What happens, while it happens ------------------------------------------------------------- */

static void take_events(stream_reader *reader, const char *records)
{
    (void)reader;
    char record[16384], kind[16], node[64], phase[32];
    while ((records = object(records, record, sizeof record)))
        if (member(record, "kind", kind, sizeof kind) && strcmp(kind, "node") == 0 &&
            member(record, "node", node, sizeof node) && member(record, "phase", phase, sizeof phase))
            say("", "%-12s %s", node, phase);
}

/* Shows where each node has come to. Result: whether it is what was to happen. */
static bool show_phases(const char *status, const graph_nodes *nodes, bool broken)
{
    char phase[32], published[32], discarded[32];
    for (size_t i = 0; i < nodes->count; i++) {
        phase_of(status, nodes->names[i], phase, sizeof phase);
        say("phase", "%-12s %s", nodes->names[i], phase);
    }
    phase_of(status, "publish", published, sizeof published);
    phase_of(status, "discard", discarded, sizeof discarded);
    return strcmp(published, broken ? "skipped" : "succeeded") == 0 &&
           strcmp(discarded, broken ? "succeeded" : "skipped") == 0;
}

static bool watch(int64_t run, const graph_nodes *nodes, bool broken)
{
    stream_reader events = {.step = "events", .take = take_events};
    PerryStringHeader *bound = string("{\"timeout\":\"100s\"}");
    bool good = read_stream(&events, js_workload_handle_events(run));
    char *status = finish("wait", js_workload_handle_wait(run, bound));
    good = show_phases(status, nodes, broken) && good;
    good = show_log(run, "unit") && show_log(run, broken ? "discard" : "publish") && good;
    good = close_stream(&events) && good;
    perry_container_string_free(bound);
    free(status);
    return good;
}

int main(int argc, char **argv)
{
    bool broken = argc == 4 && strcmp(argv[3], "--break") == 0;
    if (argc != 3 && !broken) {
        fprintf(stderr, "use: pipeline IMAGE NAME [--break]\n");
        return 2;
    }
    static graph_nodes nodes;
    declare_build(&nodes, argv[1]);
    declare_checks(&nodes, argv[1], broken);
    declare_ends(&nodes, argv[1]);
    PerryStringHeader *graph = graph_of(argv[2], &nodes, ",\"volumes\":{\"store\":{}}");
    bool good = find_engine();
    int64_t run = good ? run_graph(graph, "{\"onFailure\":\"partialContinue\",\"until\":\"started\"}") : 0;
    good = run && watch(run, &nodes, broken);
    good = run && take_down(run) && good;
    perry_container_string_free(graph);
    return perry_container_shutdown(10000) == 0 && good ? 0 : 1;
}
