/* Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit. */
#include "perry_stub.h"

const size_t perry_forward_count = 84;
perry_forward perry_forward_functions[84];
const char *const perry_forward_names[] = {
    "js_container_module_init",
    "js_container_run",
    "js_container_create",
    "js_container_start",
    "js_container_stop",
    "js_container_remove",
    "js_container_removeIfExists",
    "js_container_list",
    "js_container_inspect",
    "js_container_wait",
    "js_container_logs",
    "js_container_followLogs",
    "js_container_exec",
    "js_container_stats",
    "js_container_build",
    "js_container_pullImage",
    "js_container_pushImage",
    "js_container_listImages",
    "js_container_inspectImage",
    "js_container_removeImage",
    "js_container_verifyImage",
    "js_container_createNetwork",
    "js_container_removeNetwork",
    "js_container_inspectNetwork",
    "js_container_listNetworks",
    "js_container_createVolume",
    "js_container_removeVolume",
    "js_container_inspectVolume",
    "js_container_listVolumes",
    "js_container_getBackend",
    "js_container_detectBackend",
    "js_container_getAvailableBackends",
    "js_container_getBackendPriority",
    "js_container_setBackend",
    "js_container_setBackends",
    "js_container_selectBackendFor",
    "js_container_doctor",
    "js_container_install",
    "js_container_composeUp",
    "js_container_downByProject",
    "js_container_downAll",
    "alloy_container_run_capability",
    "js_container_streamNext",
    "js_container_streamClose",
    "js_compose_load",
    "js_compose_up",
    "js_compose_plan",
    "js_compose_down",
    "js_compose_ps",
    "js_compose_status",
    "js_compose_logs",
    "js_compose_followLogs",
    "js_compose_events",
    "js_compose_progress",
    "js_compose_exec",
    "js_compose_run",
    "js_compose_config",
    "js_compose_graph",
    "js_compose_start",
    "js_compose_stop",
    "js_compose_restart",
    "js_compose_pause",
    "js_compose_unpause",
    "js_compose_kill",
    "js_compose_scale",
    "js_compose_pull",
    "js_compose_build",
    "js_compose_push",
    "js_compose_attach",
    "js_workload_graph",
    "js_workload_node",
    "js_workload_runGraph",
    "js_workload_inspectGraph",
    "js_workload_planGraph",
    "js_workload_attach",
    "js_workload_handle_down",
    "js_workload_handle_status",
    "js_workload_handle_graph",
    "js_workload_handle_logs",
    "js_workload_handle_exec",
    "js_workload_handle_ps",
    "js_workload_handle_events",
    "js_workload_handle_wait",
    "js_workload_handle_followLogs",
};

void js_container_module_init(void)
{
    perry_forward function = perry_forward_to(0);
    if (function)
        ((void (*)(void))function)();
}

PerryPromise *js_container_run(const PerryStringHeader *spec)
{
    perry_forward function = perry_forward_to(1);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec))function)(spec) : perry_forward_refused(1);
}

PerryPromise *js_container_create(const PerryStringHeader *spec)
{
    perry_forward function = perry_forward_to(2);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec))function)(spec) : perry_forward_refused(2);
}

PerryPromise *js_container_start(const PerryStringHeader *id)
{
    perry_forward function = perry_forward_to(3);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id))function)(id) : perry_forward_refused(3);
}

PerryPromise *js_container_stop(const PerryStringHeader *id, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(4);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, const PerryStringHeader *options))function)(id, options) : perry_forward_refused(4);
}

PerryPromise *js_container_remove(const PerryStringHeader *id, int64_t force)
{
    perry_forward function = perry_forward_to(5);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, int64_t force))function)(id, force) : perry_forward_refused(5);
}

PerryPromise *js_container_removeIfExists(const PerryStringHeader *id, int64_t force)
{
    perry_forward function = perry_forward_to(6);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, int64_t force))function)(id, force) : perry_forward_refused(6);
}

PerryPromise *js_container_list(int64_t all)
{
    perry_forward function = perry_forward_to(7);
    return function ? ((PerryPromise *(*)(int64_t all))function)(all) : perry_forward_refused(7);
}

PerryPromise *js_container_inspect(const PerryStringHeader *id)
{
    perry_forward function = perry_forward_to(8);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id))function)(id) : perry_forward_refused(8);
}

PerryPromise *js_container_wait(const PerryStringHeader *id, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(9);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, const PerryStringHeader *options))function)(id, options) : perry_forward_refused(9);
}

PerryPromise *js_container_logs(const PerryStringHeader *id, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(10);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, const PerryStringHeader *options))function)(id, options) : perry_forward_refused(10);
}

PerryPromise *js_container_followLogs(const PerryStringHeader *id, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(11);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, const PerryStringHeader *options))function)(id, options) : perry_forward_refused(11);
}

PerryPromise *js_container_exec(const PerryStringHeader *id, const PerryStringHeader *command, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(12);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id, const PerryStringHeader *command, const PerryStringHeader *options))function)(id, command, options) : perry_forward_refused(12);
}

PerryPromise *js_container_stats(const PerryStringHeader *id)
{
    perry_forward function = perry_forward_to(13);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *id))function)(id) : perry_forward_refused(13);
}

PerryPromise *js_container_build(const PerryStringHeader *spec, const PerryStringHeader *imageName)
{
    perry_forward function = perry_forward_to(14);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec, const PerryStringHeader *imageName))function)(spec, imageName) : perry_forward_refused(14);
}

PerryPromise *js_container_pullImage(const PerryStringHeader *reference, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(15);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *reference, const PerryStringHeader *options))function)(reference, options) : perry_forward_refused(15);
}

PerryPromise *js_container_pushImage(const PerryStringHeader *reference, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(16);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *reference, const PerryStringHeader *options))function)(reference, options) : perry_forward_refused(16);
}

PerryPromise *js_container_listImages(void)
{
    perry_forward function = perry_forward_to(17);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(17);
}

PerryPromise *js_container_inspectImage(const PerryStringHeader *reference)
{
    perry_forward function = perry_forward_to(18);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *reference))function)(reference) : perry_forward_refused(18);
}

PerryPromise *js_container_removeImage(const PerryStringHeader *reference, int64_t force)
{
    perry_forward function = perry_forward_to(19);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *reference, int64_t force))function)(reference, force) : perry_forward_refused(19);
}

PerryPromise *js_container_verifyImage(const PerryStringHeader *reference, const PerryStringHeader *policy)
{
    perry_forward function = perry_forward_to(20);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *reference, const PerryStringHeader *policy))function)(reference, policy) : perry_forward_refused(20);
}

PerryPromise *js_container_createNetwork(const PerryStringHeader *name, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(21);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name, const PerryStringHeader *options))function)(name, options) : perry_forward_refused(21);
}

PerryPromise *js_container_removeNetwork(const PerryStringHeader *name)
{
    perry_forward function = perry_forward_to(22);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name))function)(name) : perry_forward_refused(22);
}

PerryPromise *js_container_inspectNetwork(const PerryStringHeader *name)
{
    perry_forward function = perry_forward_to(23);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name))function)(name) : perry_forward_refused(23);
}

PerryPromise *js_container_listNetworks(void)
{
    perry_forward function = perry_forward_to(24);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(24);
}

PerryPromise *js_container_createVolume(const PerryStringHeader *name, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(25);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name, const PerryStringHeader *options))function)(name, options) : perry_forward_refused(25);
}

PerryPromise *js_container_removeVolume(const PerryStringHeader *name, int64_t force)
{
    perry_forward function = perry_forward_to(26);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name, int64_t force))function)(name, force) : perry_forward_refused(26);
}

PerryPromise *js_container_inspectVolume(const PerryStringHeader *name)
{
    perry_forward function = perry_forward_to(27);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name))function)(name) : perry_forward_refused(27);
}

PerryPromise *js_container_listVolumes(void)
{
    perry_forward function = perry_forward_to(28);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(28);
}

const PerryStringHeader *js_container_getBackend(void)
{
    perry_forward function = perry_forward_to(29);
    return function ? ((const PerryStringHeader *(*)(void))function)() : perry_runtime_string("unknown");
}

PerryPromise *js_container_detectBackend(void)
{
    perry_forward function = perry_forward_to(30);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(30);
}

PerryPromise *js_container_getAvailableBackends(void)
{
    perry_forward function = perry_forward_to(31);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(31);
}

const PerryStringHeader *js_container_getBackendPriority(void)
{
    perry_forward function = perry_forward_to(32);
    return function ? ((const PerryStringHeader *(*)(void))function)() : perry_runtime_string("[]");
}

PerryPromise *js_container_setBackend(const PerryStringHeader *name)
{
    perry_forward function = perry_forward_to(33);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name))function)(name) : perry_forward_refused(33);
}

PerryPromise *js_container_setBackends(const PerryStringHeader *names)
{
    perry_forward function = perry_forward_to(34);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *names))function)(names) : perry_forward_refused(34);
}

PerryPromise *js_container_selectBackendFor(const PerryStringHeader *spec, const PerryStringHeader *mode)
{
    perry_forward function = perry_forward_to(35);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec, const PerryStringHeader *mode))function)(spec, mode) : perry_forward_refused(35);
}

PerryPromise *js_container_doctor(const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(36);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *options))function)(options) : perry_forward_refused(36);
}

PerryPromise *js_container_install(const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(37);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *options))function)(options) : perry_forward_refused(37);
}

PerryPromise *js_container_composeUp(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(38);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec, const PerryStringHeader *options))function)(spec, options) : perry_forward_refused(38);
}

PerryPromise *js_container_downByProject(const PerryStringHeader *project, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(39);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *project, const PerryStringHeader *options))function)(project, options) : perry_forward_refused(39);
}

PerryPromise *js_container_downAll(const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(40);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *options))function)(options) : perry_forward_refused(40);
}

PerryPromise *alloy_container_run_capability(const PerryStringHeader *spec)
{
    perry_forward function = perry_forward_to(41);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec))function)(spec) : perry_forward_refused(41);
}

PerryPromise *js_container_streamNext(int64_t stream)
{
    perry_forward function = perry_forward_to(42);
    return function ? ((PerryPromise *(*)(int64_t stream))function)(stream) : perry_forward_refused(42);
}

PerryPromise *js_container_streamClose(int64_t stream)
{
    perry_forward function = perry_forward_to(43);
    return function ? ((PerryPromise *(*)(int64_t stream))function)(stream) : perry_forward_refused(43);
}

PerryPromise *js_compose_load(const PerryStringHeader *request)
{
    perry_forward function = perry_forward_to(44);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *request))function)(request) : perry_forward_refused(44);
}

PerryPromise *js_compose_up(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(45);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec, const PerryStringHeader *options))function)(spec, options) : perry_forward_refused(45);
}

PerryPromise *js_compose_plan(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(46);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *spec, const PerryStringHeader *options))function)(spec, options) : perry_forward_refused(46);
}

PerryPromise *js_compose_down(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(47);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(47);
}

PerryPromise *js_compose_ps(int64_t stack)
{
    perry_forward function = perry_forward_to(48);
    return function ? ((PerryPromise *(*)(int64_t stack))function)(stack) : perry_forward_refused(48);
}

PerryPromise *js_compose_status(int64_t stack)
{
    perry_forward function = perry_forward_to(49);
    return function ? ((PerryPromise *(*)(int64_t stack))function)(stack) : perry_forward_refused(49);
}

PerryPromise *js_compose_logs(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(50);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(50);
}

PerryPromise *js_compose_followLogs(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(51);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(51);
}

PerryPromise *js_compose_events(int64_t stack)
{
    perry_forward function = perry_forward_to(52);
    return function ? ((PerryPromise *(*)(int64_t stack))function)(stack) : perry_forward_refused(52);
}

PerryPromise *js_compose_progress(void)
{
    perry_forward function = perry_forward_to(53);
    return function ? ((PerryPromise *(*)(void))function)() : perry_forward_refused(53);
}

PerryPromise *js_compose_exec(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *command, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(54);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *command, const PerryStringHeader *options))function)(stack, service, command, options) : perry_forward_refused(54);
}

PerryPromise *js_compose_run(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(55);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *options))function)(stack, service, options) : perry_forward_refused(55);
}

PerryPromise *js_compose_config(int64_t stack)
{
    perry_forward function = perry_forward_to(56);
    return function ? ((PerryPromise *(*)(int64_t stack))function)(stack) : perry_forward_refused(56);
}

PerryPromise *js_compose_graph(int64_t stack)
{
    perry_forward function = perry_forward_to(57);
    return function ? ((PerryPromise *(*)(int64_t stack))function)(stack) : perry_forward_refused(57);
}

PerryPromise *js_compose_start(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(58);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(58);
}

PerryPromise *js_compose_stop(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(59);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(59);
}

PerryPromise *js_compose_restart(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(60);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(60);
}

PerryPromise *js_compose_pause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(61);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(61);
}

PerryPromise *js_compose_unpause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(62);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(62);
}

PerryPromise *js_compose_kill(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(63);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options))function)(stack, services, options) : perry_forward_refused(63);
}

PerryPromise *js_compose_scale(int64_t stack, const PerryStringHeader *replicas)
{
    perry_forward function = perry_forward_to(64);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *replicas))function)(stack, replicas) : perry_forward_refused(64);
}

PerryPromise *js_compose_pull(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(65);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(65);
}

PerryPromise *js_compose_build(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(66);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(66);
}

PerryPromise *js_compose_push(int64_t stack, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(67);
    return function ? ((PerryPromise *(*)(int64_t stack, const PerryStringHeader *options))function)(stack, options) : perry_forward_refused(67);
}

PerryPromise *js_compose_attach(const PerryStringHeader *project)
{
    perry_forward function = perry_forward_to(68);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *project))function)(project) : perry_forward_refused(68);
}

const PerryStringHeader *js_workload_graph(const PerryStringHeader *name, const PerryStringHeader *spec)
{
    perry_forward function = perry_forward_to(69);
    return function ? ((const PerryStringHeader *(*)(const PerryStringHeader *name, const PerryStringHeader *spec))function)(name, spec) : perry_runtime_string("null");
}

const PerryStringHeader *js_workload_node(const PerryStringHeader *name, const PerryStringHeader *spec)
{
    perry_forward function = perry_forward_to(70);
    return function ? ((const PerryStringHeader *(*)(const PerryStringHeader *name, const PerryStringHeader *spec))function)(name, spec) : perry_runtime_string("null");
}

PerryPromise *js_workload_runGraph(const PerryStringHeader *graph, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(71);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *graph, const PerryStringHeader *options))function)(graph, options) : perry_forward_refused(71);
}

PerryPromise *js_workload_inspectGraph(const PerryStringHeader *graph)
{
    perry_forward function = perry_forward_to(72);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *graph))function)(graph) : perry_forward_refused(72);
}

PerryPromise *js_workload_planGraph(const PerryStringHeader *graph, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(73);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *graph, const PerryStringHeader *options))function)(graph, options) : perry_forward_refused(73);
}

PerryPromise *js_workload_attach(const PerryStringHeader *name)
{
    perry_forward function = perry_forward_to(74);
    return function ? ((PerryPromise *(*)(const PerryStringHeader *name))function)(name) : perry_forward_refused(74);
}

PerryPromise *js_workload_handle_down(int64_t graph, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(75);
    return function ? ((PerryPromise *(*)(int64_t graph, const PerryStringHeader *options))function)(graph, options) : perry_forward_refused(75);
}

PerryPromise *js_workload_handle_status(int64_t graph)
{
    perry_forward function = perry_forward_to(76);
    return function ? ((PerryPromise *(*)(int64_t graph))function)(graph) : perry_forward_refused(76);
}

PerryPromise *js_workload_handle_graph(int64_t graph)
{
    perry_forward function = perry_forward_to(77);
    return function ? ((PerryPromise *(*)(int64_t graph))function)(graph) : perry_forward_refused(77);
}

PerryPromise *js_workload_handle_logs(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(78);
    return function ? ((PerryPromise *(*)(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *options))function)(graph, node, options) : perry_forward_refused(78);
}

PerryPromise *js_workload_handle_exec(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *command, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(79);
    return function ? ((PerryPromise *(*)(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *command, const PerryStringHeader *options))function)(graph, node, command, options) : perry_forward_refused(79);
}

PerryPromise *js_workload_handle_ps(int64_t graph)
{
    perry_forward function = perry_forward_to(80);
    return function ? ((PerryPromise *(*)(int64_t graph))function)(graph) : perry_forward_refused(80);
}

PerryPromise *js_workload_handle_events(int64_t graph)
{
    perry_forward function = perry_forward_to(81);
    return function ? ((PerryPromise *(*)(int64_t graph))function)(graph) : perry_forward_refused(81);
}

PerryPromise *js_workload_handle_wait(int64_t graph, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(82);
    return function ? ((PerryPromise *(*)(int64_t graph, const PerryStringHeader *options))function)(graph, options) : perry_forward_refused(82);
}

PerryPromise *js_workload_handle_followLogs(int64_t graph, const PerryStringHeader *options)
{
    perry_forward function = perry_forward_to(83);
    return function ? ((PerryPromise *(*)(int64_t graph, const PerryStringHeader *options))function)(graph, options) : perry_forward_refused(83);
}

PerryPromise *js_container_runCapability(const PerryStringHeader *spec);
PerryPromise *js_container_runCapability(const PerryStringHeader *spec)
{
    return alloy_container_run_capability(spec);
}
