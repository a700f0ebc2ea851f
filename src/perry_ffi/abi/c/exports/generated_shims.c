/* Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit. */
#include "base/backend_state.h"
#include "base/named_object.h"
#include "signals/signals.h"
#include "thread/library_thread.h"
#include "thread/serving.h"

void js_container_module_init(void)
{
    perry_signals_install();
    perry_thread_start();
}

PerryPromise *js_container_run(const PerryStringHeader *spec)
{
    const perry_argument arguments[] = {{.text = spec}};
    return perry_submit(1, arguments);
}

PerryPromise *js_container_create(const PerryStringHeader *spec)
{
    const perry_argument arguments[] = {{.text = spec}};
    return perry_submit(2, arguments);
}

PerryPromise *js_container_start(const PerryStringHeader *id)
{
    const perry_argument arguments[] = {{.text = id}};
    return perry_submit(3, arguments);
}

PerryPromise *js_container_stop(const PerryStringHeader *id, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = id}, {.text = options}};
    return perry_submit(4, arguments);
}

PerryPromise *js_container_remove(const PerryStringHeader *id, int64_t force)
{
    const perry_argument arguments[] = {{.text = id}, {.number = force}};
    return perry_submit(5, arguments);
}

PerryPromise *js_container_removeIfExists(const PerryStringHeader *id, int64_t force)
{
    const perry_argument arguments[] = {{.text = id}, {.number = force}};
    return perry_submit(6, arguments);
}

PerryPromise *js_container_list(int64_t all)
{
    const perry_argument arguments[] = {{.number = all}};
    return perry_submit(7, arguments);
}

PerryPromise *js_container_inspect(const PerryStringHeader *id)
{
    const perry_argument arguments[] = {{.text = id}};
    return perry_submit(8, arguments);
}

PerryPromise *js_container_wait(const PerryStringHeader *id, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = id}, {.text = options}};
    return perry_submit(9, arguments);
}

PerryPromise *js_container_logs(const PerryStringHeader *id, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = id}, {.text = options}};
    return perry_submit(10, arguments);
}

PerryPromise *js_container_followLogs(const PerryStringHeader *id, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = id}, {.text = options}};
    return perry_submit(11, arguments);
}

PerryPromise *js_container_exec(const PerryStringHeader *id, const PerryStringHeader *command, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = id}, {.text = command}, {.text = options}};
    return perry_submit(12, arguments);
}

PerryPromise *js_container_stats(const PerryStringHeader *id)
{
    const perry_argument arguments[] = {{.text = id}};
    return perry_submit(13, arguments);
}

PerryPromise *js_container_build(const PerryStringHeader *spec, const PerryStringHeader *imageName)
{
    const perry_argument arguments[] = {{.text = spec}, {.text = imageName}};
    return perry_submit(14, arguments);
}

PerryPromise *js_container_pullImage(const PerryStringHeader *reference, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = reference}, {.text = options}};
    return perry_submit(15, arguments);
}

PerryPromise *js_container_pushImage(const PerryStringHeader *reference, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = reference}, {.text = options}};
    return perry_submit(16, arguments);
}

PerryPromise *js_container_listImages(void)
{
    return perry_submit(17, NULL);
}

PerryPromise *js_container_inspectImage(const PerryStringHeader *reference)
{
    const perry_argument arguments[] = {{.text = reference}};
    return perry_submit(18, arguments);
}

PerryPromise *js_container_removeImage(const PerryStringHeader *reference, int64_t force)
{
    const perry_argument arguments[] = {{.text = reference}, {.number = force}};
    return perry_submit(19, arguments);
}

PerryPromise *js_container_verifyImage(const PerryStringHeader *reference, const PerryStringHeader *policy)
{
    const perry_argument arguments[] = {{.text = reference}, {.text = policy}};
    return perry_submit(20, arguments);
}

PerryPromise *js_container_createNetwork(const PerryStringHeader *name, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = name}, {.text = options}};
    return perry_submit(21, arguments);
}

PerryPromise *js_container_removeNetwork(const PerryStringHeader *name)
{
    const perry_argument arguments[] = {{.text = name}};
    return perry_submit(22, arguments);
}

PerryPromise *js_container_inspectNetwork(const PerryStringHeader *name)
{
    const perry_argument arguments[] = {{.text = name}};
    return perry_submit(23, arguments);
}

PerryPromise *js_container_listNetworks(void)
{
    return perry_submit(24, NULL);
}

PerryPromise *js_container_createVolume(const PerryStringHeader *name, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = name}, {.text = options}};
    return perry_submit(25, arguments);
}

PerryPromise *js_container_removeVolume(const PerryStringHeader *name, int64_t force)
{
    const perry_argument arguments[] = {{.text = name}, {.number = force}};
    return perry_submit(26, arguments);
}

PerryPromise *js_container_inspectVolume(const PerryStringHeader *name)
{
    const perry_argument arguments[] = {{.text = name}};
    return perry_submit(27, arguments);
}

PerryPromise *js_container_listVolumes(void)
{
    return perry_submit(28, NULL);
}

const PerryStringHeader *js_container_getBackend(void)
{
    return perry_active_backend();
}

PerryPromise *js_container_detectBackend(void)
{
    return perry_submit(30, NULL);
}

PerryPromise *js_container_getAvailableBackends(void)
{
    return perry_submit(31, NULL);
}

const PerryStringHeader *js_container_getBackendPriority(void)
{
    return perry_priority();
}

PerryPromise *js_container_setBackend(const PerryStringHeader *name)
{
    const perry_argument arguments[] = {{.text = name}};
    return perry_submit(33, arguments);
}

PerryPromise *js_container_setBackends(const PerryStringHeader *names)
{
    const perry_argument arguments[] = {{.text = names}};
    return perry_submit(34, arguments);
}

PerryPromise *js_container_selectBackendFor(const PerryStringHeader *spec, const PerryStringHeader *mode)
{
    const perry_argument arguments[] = {{.text = spec}, {.text = mode}};
    return perry_submit(35, arguments);
}

PerryPromise *js_container_doctor(const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = options}};
    return perry_submit(36, arguments);
}

PerryPromise *js_container_install(const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = options}};
    return perry_submit(37, arguments);
}

PerryPromise *js_container_composeUp(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = spec}, {.text = options}};
    return perry_submit(38, arguments);
}

PerryPromise *js_container_downByProject(const PerryStringHeader *project, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = project}, {.text = options}};
    return perry_submit(39, arguments);
}

PerryPromise *js_container_downAll(const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = options}};
    return perry_submit(40, arguments);
}

PerryPromise *alloy_container_run_capability(const PerryStringHeader *spec)
{
    const perry_argument arguments[] = {{.text = spec}};
    return perry_submit(41, arguments);
}

PerryPromise *js_container_streamNext(int64_t stream)
{
    const perry_argument arguments[] = {{.number = stream}};
    return perry_submit(42, arguments);
}

PerryPromise *js_container_streamClose(int64_t stream)
{
    const perry_argument arguments[] = {{.number = stream}};
    return perry_submit(43, arguments);
}

PerryPromise *js_compose_load(const PerryStringHeader *request)
{
    const perry_argument arguments[] = {{.text = request}};
    return perry_submit(44, arguments);
}

PerryPromise *js_compose_up(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = spec}, {.text = options}};
    return perry_submit(45, arguments);
}

PerryPromise *js_compose_plan(const PerryStringHeader *spec, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = spec}, {.text = options}};
    return perry_submit(46, arguments);
}

PerryPromise *js_compose_down(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(47, arguments);
}

PerryPromise *js_compose_ps(int64_t stack)
{
    const perry_argument arguments[] = {{.number = stack}};
    return perry_submit(48, arguments);
}

PerryPromise *js_compose_status(int64_t stack)
{
    const perry_argument arguments[] = {{.number = stack}};
    return perry_submit(49, arguments);
}

PerryPromise *js_compose_logs(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(50, arguments);
}

PerryPromise *js_compose_followLogs(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(51, arguments);
}

PerryPromise *js_compose_events(int64_t stack)
{
    const perry_argument arguments[] = {{.number = stack}};
    return perry_submit(52, arguments);
}

PerryPromise *js_compose_progress(void)
{
    return perry_submit(53, NULL);
}

PerryPromise *js_compose_exec(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *command, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = service}, {.text = command}, {.text = options}};
    return perry_submit(54, arguments);
}

PerryPromise *js_compose_run(int64_t stack, const PerryStringHeader *service, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = service}, {.text = options}};
    return perry_submit(55, arguments);
}

PerryPromise *js_compose_config(int64_t stack)
{
    const perry_argument arguments[] = {{.number = stack}};
    return perry_submit(56, arguments);
}

PerryPromise *js_compose_graph(int64_t stack)
{
    const perry_argument arguments[] = {{.number = stack}};
    return perry_submit(57, arguments);
}

PerryPromise *js_compose_start(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(58, arguments);
}

PerryPromise *js_compose_stop(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(59, arguments);
}

PerryPromise *js_compose_restart(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(60, arguments);
}

PerryPromise *js_compose_pause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(61, arguments);
}

PerryPromise *js_compose_unpause(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(62, arguments);
}

PerryPromise *js_compose_kill(int64_t stack, const PerryStringHeader *services, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = services}, {.text = options}};
    return perry_submit(63, arguments);
}

PerryPromise *js_compose_scale(int64_t stack, const PerryStringHeader *replicas)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = replicas}};
    return perry_submit(64, arguments);
}

PerryPromise *js_compose_pull(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(65, arguments);
}

PerryPromise *js_compose_build(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(66, arguments);
}

PerryPromise *js_compose_push(int64_t stack, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = stack}, {.text = options}};
    return perry_submit(67, arguments);
}

PerryPromise *js_compose_attach(const PerryStringHeader *project)
{
    const perry_argument arguments[] = {{.text = project}};
    return perry_submit(68, arguments);
}

const PerryStringHeader *js_workload_graph(const PerryStringHeader *name, const PerryStringHeader *spec)
{
    return perry_named_object(name, spec);
}

const PerryStringHeader *js_workload_node(const PerryStringHeader *name, const PerryStringHeader *spec)
{
    return perry_named_object(name, spec);
}

PerryPromise *js_workload_runGraph(const PerryStringHeader *graph, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = graph}, {.text = options}};
    return perry_submit(71, arguments);
}

PerryPromise *js_workload_inspectGraph(const PerryStringHeader *graph)
{
    const perry_argument arguments[] = {{.text = graph}};
    return perry_submit(72, arguments);
}

PerryPromise *js_workload_planGraph(const PerryStringHeader *graph, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.text = graph}, {.text = options}};
    return perry_submit(73, arguments);
}

PerryPromise *js_workload_attach(const PerryStringHeader *name)
{
    const perry_argument arguments[] = {{.text = name}};
    return perry_submit(74, arguments);
}

PerryPromise *js_workload_handle_down(int64_t graph, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = graph}, {.text = options}};
    return perry_submit(75, arguments);
}

PerryPromise *js_workload_handle_status(int64_t graph)
{
    const perry_argument arguments[] = {{.number = graph}};
    return perry_submit(76, arguments);
}

PerryPromise *js_workload_handle_graph(int64_t graph)
{
    const perry_argument arguments[] = {{.number = graph}};
    return perry_submit(77, arguments);
}

PerryPromise *js_workload_handle_logs(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = graph}, {.text = node}, {.text = options}};
    return perry_submit(78, arguments);
}

PerryPromise *js_workload_handle_exec(int64_t graph, const PerryStringHeader *node, const PerryStringHeader *command, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = graph}, {.text = node}, {.text = command}, {.text = options}};
    return perry_submit(79, arguments);
}

PerryPromise *js_workload_handle_ps(int64_t graph)
{
    const perry_argument arguments[] = {{.number = graph}};
    return perry_submit(80, arguments);
}

PerryPromise *js_workload_handle_events(int64_t graph)
{
    const perry_argument arguments[] = {{.number = graph}};
    return perry_submit(81, arguments);
}

PerryPromise *js_workload_handle_wait(int64_t graph, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = graph}, {.text = options}};
    return perry_submit(82, arguments);
}

PerryPromise *js_workload_handle_followLogs(int64_t graph, const PerryStringHeader *options)
{
    const perry_argument arguments[] = {{.number = graph}, {.text = options}};
    return perry_submit(83, arguments);
}
