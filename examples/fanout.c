/* A data job that fans out: one job cuts the work into shares, each share is a job of its own, another puts their results
 * together. Run again, it repeats nothing that is done and unchanged. Use: fanout IMAGE NAME [SHARES], where IMAGE has a shell
 * and NAME is free for the graph. */
#define _POSIX_C_SOURCE 200809L
#include "graphs.h"

#define MOST_SHARES 16
#define SUM "sum=0; for n; do sum=$((sum + n)); done; "

/* {"share0":"1 5 9 ...","share1":"2 6 10 ..."}: the numbers up to 100, dealt out. */
static const char *const cut =
    "shares=$1 at=0; printf '{'; while [ $at -lt $shares ]; do [ $at = 0 ] || printf ','; "
    "printf '\\\"share%d\\\":\\\"%s\\\"' $at \\\"$(echo $(seq $((at + 1)) $shares 100))\\\"; at=$((at + 1)); done; printf '}'";
static const char *const total = SUM "printf '{\\\"total\\\":%d,\\\"shares\\\":%d}' $sum $# >/report";

static void declare_shares(graph_nodes *nodes, const char *image, int shares)
{
    declare(nodes, "cut",
            "{\"image\":\"%s\",\"cmd\":[\"sh\",\"-c\",\"%s\",\"cut\",\"%d\"],\"outputs\":{\"work\":{\"json\":true}}}", image, cut,
            shares);
    for (int i = 0; i < shares; i++) {
        char name[32];
        snprintf(name, sizeof name, "share-%d", i);
        declare(nodes, name,
                "{\"image\":\"%s\",\"cmd\":[\"sh\",\"-c\",\"set -- $NUMBERS; " SUM "echo $sum\"],"
                "\"env\":{\"NUMBERS\":{\"nodeId\":\"cut\",\"projection\":\"output\",\"name\":\"work.share%d\"}}}",
                image, i);
    }
}

static void declare_total(graph_nodes *nodes, const char *image, int shares)
{
    char results[MOST_SHARES * 64] = "";
    for (int i = 0; i < shares; i++)
        snprintf(results + strlen(results), sizeof results - strlen(results),
                 ",{\"nodeId\":\"share-%d\",\"projection\":\"output\"}", i);
    declare(nodes, "total",
            "{\"image\":\"%s\",\"cmd\":[\"sh\",\"-c\",\"%s\",\"total\"%s],"
            "\"outputs\":{\"report\":{\"from\":\"file\",\"path\":\"/report\",\"json\":true}}}",
            image, total, results);
    declare(nodes, "tell",
            "{\"image\":\"%s\",\"kind\":\"job\",\"cmd\":[\"sh\",\"-c\",\"echo $TOTAL from $SHARES shares\"],\"env\":{"
            "\"TOTAL\":{\"nodeId\":\"total\",\"projection\":\"output\",\"name\":\"report.total\"},"
            "\"SHARES\":{\"nodeId\":\"total\",\"projection\":\"output\",\"name\":\"report.shares\"}}}",
            image);
}

/* Runs the graph once more, and says how much of it was done already. */
static bool run_again(const PerryStringHeader *graph, size_t jobs)
{
    int64_t run = run_graph(graph, "{\"resume\":true}");
    char *status = run ? finish("status", js_workload_handle_status(run)) : NULL;
    size_t reused = 0;
    for (const char *rest = status; rest && (rest = strstr(rest, "\"reused\":true")); rest++)
        reused++;
    if (status)
        say("again", "%zu of %zu jobs were done already", reused, jobs);
    free(status);
    return reused == jobs;
}

int main(int argc, char **argv)
{
    int shares = argc == 4 ? atoi(argv[3]) : 4;
    if (argc < 3 || argc > 4 || shares < 1 || shares > MOST_SHARES) {
        fprintf(stderr, "use: fanout IMAGE NAME [SHARES], at most %d\n", MOST_SHARES);
        return 2;
    }
    static graph_nodes nodes;
    declare_shares(&nodes, argv[1], shares);
    declare_total(&nodes, argv[1], shares);
    PerryStringHeader *graph = graph_of(argv[2], &nodes, "");
    bool good = find_engine();
    int64_t run = good ? run_graph(graph, "{\"parallel\":8}") : 0;
    good = run && show_log(run, "tell") && run_again(graph, nodes.count);
    good = run && take_down(run) && good;
    perry_container_string_free(graph);
    return perry_container_shutdown(10000) == 0 && good ? 0 : 1;
}
