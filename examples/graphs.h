/* What the examples about workload graphs share: a graph composed node by node, and what is shown of it. */
#ifndef EXAMPLES_GRAPHS_H
#define EXAMPLES_GRAPHS_H

#include "support.h"

#define GRAPH_BYTES 32768

/* ---- Composing ------------------------------------------------------------------------------- */

/* Nodes that are declared one after the other. */
typedef struct {
    char json[GRAPH_BYTES]; /* "name":{...},"name":{...} */
    size_t length;
    char names[32][32];
    size_t count;
} graph_nodes;

/* Declares a node. format: its JSON, as of printf. */
static inline void declare(graph_nodes *nodes, const char *name, const char *format, ...)
{
    char spec[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(spec, sizeof spec, format, arguments);
    va_end(arguments);
    PerryStringHeader *key = string(name), *members = string(spec);
    const PerryStringHeader *node = js_workload_node(key, members);
    nodes->length += (size_t)snprintf(nodes->json + nodes->length, sizeof nodes->json - nodes->length, "%s\"%s\":%.*s",
                                      nodes->count ? "," : "", name, (int)node->byte_len, perry_container_string_bytes(node));
    snprintf(nodes->names[nodes->count++], sizeof nodes->names[0], "%s", name);
    perry_container_string_free((PerryStringHeader *)node);
    perry_container_string_free(members);
    perry_container_string_free(key);
}

/* The graph of these nodes; to be freed. more: its other members, with a comma before each. */
static inline PerryStringHeader *graph_of(const char *name, const graph_nodes *nodes, const char *more)
{
    static char spec[GRAPH_BYTES + 256];
    snprintf(spec, sizeof spec, "{\"nodes\":{%s}%s}", nodes->json, more);
    PerryStringHeader *key = string(name), *members = string(spec);
    PerryStringHeader *graph = (PerryStringHeader *)js_workload_graph(key, members);
    perry_container_string_free(members);
    perry_container_string_free(key);
    return graph;
}

/* ---- Running --------------------------------------------------------------------------------- */

/* Result: the handle of the graph, 0 after saying what failed. */
static inline int64_t run_graph(const PerryStringHeader *graph, const char *options)
{
    PerryStringHeader *given = string(options);
    char *json = finish("run", js_workload_runGraph(graph, given));
    int64_t run = json ? strtoll(json, NULL, 10) : 0;
    free(json);
    perry_container_string_free(given);
    return run;
}

/* What a status says of a node's phase; empty if nothing. */
static inline void phase_of(const char *status, const char *node, char *phase, size_t size)
{
    phase[0] = '\0';
    member(status ? strstr(status, "\"phases\":") : NULL, node, phase, size);
}

/* Prints what a node's container has said. */
static inline bool show_log(int64_t run, const char *node)
{
    PerryStringHeader *name = string(node);
    char *logs = finish("logs", js_workload_handle_logs(run, name, NULL));
    char text[4096] = "";
    member(logs, "stdout", text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    say(node, "%s", text);
    perry_container_string_free(name);
    free(logs);
    return logs != NULL;
}

/* Takes the graph down, with its volumes. */
static inline bool take_down(int64_t run)
{
    PerryStringHeader *options = string("{\"volumes\":true}");
    char *report = finish("down", js_workload_handle_down(run, options));
    bool clean = report && strstr(report, "\"errors\":[]");
    if (report)
        say("down", "%ld containers, %ld networks, %ld volumes", number(report, "containers_removed"),
            number(report, "networks_removed"), number(report, "volumes_removed"));
    perry_container_string_free(options);
    free(report);
    return clean;
}

#endif
