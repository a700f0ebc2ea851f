// Generated from src/perry_ffi/abi/table.py by `make generate`; do not edit.
// In a json parameter the empty string reads as absent. A rejection is an Error whose message is the error object's JSON.

declare function js_container_module_init(): void;
/** Starts the library early, so that the first operation finds it warm, and lets it clean up: on SIGINT or SIGTERM the stacks and graphs that this process brought up are taken down, and the process ends with 128 + the signal's number; a second signal ends it at once. A signal whose disposition is not the default one is left alone, and so are both where PERRY_NO_DEFAULT_SIGINT_CLEANUP is set. To be called before any other operation. */
export function container_module_init(): void {
  js_container_module_init();
}

declare function js_container_run(spec: string): Promise<string>;
/** Creates a container and starts it. The image is pulled first by the spec's pull_policy. If the start fails the container that was created is removed again. */
export function container_run(spec: string): Promise<string> {
  return js_container_run(spec);
}

declare function js_container_create(spec: string): Promise<string>;
/** Creates a container without starting it. */
export function container_create(spec: string): Promise<string> {
  return js_container_create(spec);
}

declare function js_container_start(id: string): Promise<void>;
/** Starts a container. One that runs already is left alone. */
export function container_start(id: string): Promise<void> {
  return js_container_start(id);
}

declare function js_container_stop(id: string, options: string): Promise<void>;
/** Stops a container. One that is stopped already is left alone. */
export function container_stop(id: string, options: string): Promise<void> {
  return js_container_stop(id, options);
}

declare function js_container_remove(id: string, force: number): Promise<void>;
/** Removes a container together with its anonymous volumes. */
export function container_remove(id: string, force: number): Promise<void> {
  return js_container_remove(id, force);
}

declare function js_container_removeIfExists(id: string, force: number): Promise<string>;
/** Removes a container if there is one: true if it was there. Any failure but "not found" rejects. */
export function container_removeIfExists(id: string, force: number): Promise<string> {
  return js_container_removeIfExists(id, force);
}

declare function js_container_list(all: number): Promise<string>;
/** Lists containers. */
export function container_list(all: number): Promise<string> {
  return js_container_list(all);
}

declare function js_container_inspect(id: string): Promise<string>;
/** Describes a container; the member raw holds the engine's own document. */
export function container_inspect(id: string): Promise<string> {
  return js_container_inspect(id);
}

declare function js_container_wait(id: string, options: string): Promise<string>;
/** Waits until the container does not run any more, and gives its exit code. */
export function container_wait(id: string, options: string): Promise<string> {
  return js_container_wait(id, options);
}

declare function js_container_logs(id: string, options: string): Promise<string>;
/** The container's log so far, standard output and standard error apart. */
export function container_logs(id: string, options: string): Promise<string> {
  return js_container_logs(id, options);
}

declare function js_container_followLogs(id: string, options: string): Promise<number>;
/** Follows a container's log: a stream whose chunks are {stream,text}. It ends when the container ends. A reader that is slow slows the engine and loses nothing. */
export function container_followLogs(id: string, options: string): Promise<number> {
  return js_container_followLogs(id, options);
}

declare function js_container_exec(id: string, command: string, options: string): Promise<string>;
/** Runs a command in a running container. An exit code other than 0 is a result, not an error. */
export function container_exec(id: string, command: string, options: string): Promise<string> {
  return js_container_exec(id, command, options);
}

declare function js_container_stats(id: string): Promise<string>;
/** One sample of what a container uses. */
export function container_stats(id: string): Promise<string> {
  return js_container_stats(id);
}

declare function js_container_build(spec: string, imageName: string): Promise<string>;
/** Builds an image from a folder, honouring its .dockerignore. */
export function container_build(spec: string, imageName: string): Promise<string> {
  return js_container_build(spec, imageName);
}

declare function js_container_pullImage(reference: string, options: string): Promise<void>;
/** Pulls an image, with the user's own credentials for its registry. */
export function container_pullImage(reference: string, options: string): Promise<void> {
  return js_container_pullImage(reference, options);
}

declare function js_container_pushImage(reference: string, options: string): Promise<void>;
/** Pushes an image, with the user's own credentials for its registry. */
export function container_pushImage(reference: string, options: string): Promise<void> {
  return js_container_pushImage(reference, options);
}

declare function js_container_listImages(): Promise<string>;
/** Lists the images that the engine has. */
export function container_listImages(): Promise<string> {
  return js_container_listImages();
}

declare function js_container_inspectImage(reference: string): Promise<string>;
/** Describes an image; the member raw holds the engine's own document. */
export function container_inspectImage(reference: string): Promise<string> {
  return js_container_inspectImage(reference);
}

declare function js_container_removeImage(reference: string, force: number): Promise<void>;
/** Removes an image, or the tag that is named. */
export function container_removeImage(reference: string, force: number): Promise<void> {
  return js_container_removeImage(reference, force);
}

declare function js_container_verifyImage(reference: string, policy: string): Promise<string>;
/** Whether an image is signed as the policy and the machine's own ask; a rejection where it is not, and where nobody can tell. */
export function container_verifyImage(reference: string, policy: string): Promise<string> {
  return js_container_verifyImage(reference, policy);
}

declare function js_container_createNetwork(name: string, options: string): Promise<string>;
/** Creates a network. A name that is taken is a Conflict. */
export function container_createNetwork(name: string, options: string): Promise<string> {
  return js_container_createNetwork(name, options);
}

declare function js_container_removeNetwork(name: string): Promise<void>;
/** Removes a network. */
export function container_removeNetwork(name: string): Promise<void> {
  return js_container_removeNetwork(name);
}

declare function js_container_inspectNetwork(name: string): Promise<string>;
/** Describes a network. */
export function container_inspectNetwork(name: string): Promise<string> {
  return js_container_inspectNetwork(name);
}

declare function js_container_listNetworks(): Promise<string>;
/** Lists the networks that the engine has. */
export function container_listNetworks(): Promise<string> {
  return js_container_listNetworks();
}

declare function js_container_createVolume(name: string, options: string): Promise<string>;
/** Creates a volume. A name that is taken is a Conflict. */
export function container_createVolume(name: string, options: string): Promise<string> {
  return js_container_createVolume(name, options);
}

declare function js_container_removeVolume(name: string, force: number): Promise<void>;
/** Removes a volume and what is in it. */
export function container_removeVolume(name: string, force: number): Promise<void> {
  return js_container_removeVolume(name, force);
}

declare function js_container_inspectVolume(name: string): Promise<string>;
/** Describes a volume. */
export function container_inspectVolume(name: string): Promise<string> {
  return js_container_inspectVolume(name);
}

declare function js_container_listVolumes(): Promise<string>;
/** Lists the volumes that the engine has. */
export function container_listVolumes(): Promise<string> {
  return js_container_listVolumes();
}

declare function js_container_getBackend(): string;
/** The active backend's name, "unknown" until one was detected or set. */
export function container_getBackend(): string {
  return js_container_getBackend();
}

declare function js_container_detectBackend(): Promise<string>;
/** Probes the backends of the order in force and activates the first that answers; where the environment names a server, that one or none. Settles with a row for each. */
export function container_detectBackend(): Promise<string> {
  return js_container_detectBackend();
}

declare function js_container_getAvailableBackends(): Promise<string>;
/** Probes every known backend, activates none. A row that is not available says why and what to do. */
export function container_getAvailableBackends(): Promise<string> {
  return js_container_getAvailableBackends();
}

declare function js_container_getBackendPriority(): string;
/** The order in which backends are tried, a JSON array of names; the engine of a server that the environment names is first. */
export function container_getBackendPriority(): string {
  return js_container_getBackendPriority();
}

declare function js_container_setBackend(name: string): Promise<string>;
/** Connects to a backend by name and makes it the active one. On failure the one before stays active. */
export function container_setBackend(name: string): Promise<string> {
  return js_container_setBackend(name);
}

declare function js_container_setBackends(names: string): Promise<string>;
/** Connects to the first of these backends that answers and makes it the active one. The member warning names one that comes before it and was too slow. */
export function container_setBackends(names: string): Promise<string> {
  return js_container_setBackends(names);
}

declare function js_container_selectBackendFor(spec: string, mode: string): Promise<string>;
/** The first backend whose declared capabilities can honour the spec, or null. Probes nothing. */
export function container_selectBackendFor(spec: string, mode: string): Promise<string> {
  return js_container_selectBackendFor(spec, mode);
}

declare function js_container_doctor(options: string): Promise<string>;
/** What keeps each backend from work: symptoms with their evidence and the commands that mend them, and which backend would be used, and why. Changes nothing and activates none, unless an image is given: of that a container is created, started and removed. */
export function container_doctor(options: string): Promise<string> {
  return js_container_doctor(options);
}

declare function js_container_install(options: string): Promise<string>;
/** What can be done on this system, for a dialogue of the host's own: what mends a backend, what can be installed, the commands of each and what they change. Runs nothing unless it is told the id of one, and nothing that needs root. */
export function container_install(options: string): Promise<string> {
  return js_container_install(options);
}

declare function js_container_composeUp(spec: string, options: string): Promise<number>;
/** The same as up of perry/compose. */
export function container_composeUp(spec: string, options: string): Promise<number> {
  return js_container_composeUp(spec, options);
}

declare function js_container_downByProject(project: string, options: string): Promise<string>;
/** Takes down a project by its name, without a handle. Conflict where another engine has its containers and this one nothing. */
export function container_downByProject(project: string, options: string): Promise<string> {
  return js_container_downByProject(project, options);
}

declare function js_container_downAll(options: string): Promise<string>;
/** Takes down every project that this library brought up. */
export function container_downAll(options: string): Promise<string> {
  return js_container_downAll(options);
}

declare function js_container_runCapability(spec: string): Promise<string>;
/** Runs one command in a hardened container that is gone afterwards: a verified image, no network, a read-only root, bounds of everything. An exit code other than 0, a time that is up and output that is cut are results. */
export function container_runCapability(spec: string): Promise<string> {
  return js_container_runCapability(spec);
}

declare function js_container_streamNext(stream: number): Promise<string>;
/** The next records of a stream, at least one, or null at its end. */
export function container_streamNext(stream: number): Promise<string> {
  return js_container_streamNext(stream);
}

declare function js_container_streamClose(stream: number): Promise<void>;
/** Closes a stream. The handle is gone; a streamNext that is pending settles with null. */
export function container_streamClose(stream: number): Promise<void> {
  return js_container_streamClose(stream);
}

declare function js_compose_load(request: string): Promise<string>;
/** Reads Compose files and settles with the resolved project, ready for up. */
export function compose_load(request: string): Promise<string> {
  return js_compose_load(request);
}

declare function js_compose_up(spec: string, options: string): Promise<number>;
/** Brings a project up, as a transaction, and settles with the handle of its stack. */
export function compose_up(spec: string, options: string): Promise<number> {
  return js_compose_up(spec, options);
}

declare function js_compose_plan(spec: string, options: string): Promise<string>;
/** What up would do, and why. Changes nothing. */
export function compose_plan(spec: string, options: string): Promise<string> {
  return js_compose_plan(spec, options);
}

declare function js_compose_down(stack: number, options: string): Promise<string>;
/** Takes a stack down. */
export function compose_down(stack: number, options: string): Promise<string> {
  return js_compose_down(stack, options);
}

declare function js_compose_ps(stack: number): Promise<string>;
/** The containers of a stack. */
export function compose_ps(stack: number): Promise<string> {
  return js_compose_ps(stack);
}

declare function js_compose_status(stack: number): Promise<string>;
/** The state of a stack, service by service. */
export function compose_status(stack: number): Promise<string> {
  return js_compose_status(stack);
}

declare function js_compose_logs(stack: number, options: string): Promise<string>;
/** The logs of a stack so far: {service,container,replica,stream,time,text}, in order of time. */
export function compose_logs(stack: number, options: string): Promise<string> {
  return js_compose_logs(stack, options);
}

declare function js_compose_followLogs(stack: number, options: string): Promise<number>;
/** Follows the logs of a stack: a stream. */
export function compose_followLogs(stack: number, options: string): Promise<number> {
  return js_compose_followLogs(stack, options);
}

declare function js_compose_events(stack: number): Promise<number>;
/** What happens to a stack, from now on: a stream of records {version,seq,time,kind,...}; a reader that is too slow finds a record of kind gap that says how many it missed. */
export function compose_events(stack: number): Promise<number> {
  return js_compose_events(stack);
}

declare function js_compose_progress(): Promise<number>;
/** What happens in every stack, also before it has a handle: a stream as that of events. */
export function compose_progress(): Promise<number> {
  return js_compose_progress();
}

declare function js_compose_exec(stack: number, service: string, command: string, options: string): Promise<string>;
/** Runs a command in a service's container. */
export function compose_exec(stack: number, service: string, command: string, options: string): Promise<string> {
  return js_compose_exec(stack, service, command, options);
}

declare function js_compose_run(stack: number, service: string, options: string): Promise<string>;
/** Runs a one-off container of a service. */
export function compose_run(stack: number, service: string, options: string): Promise<string> {
  return js_compose_run(stack, service, options);
}

declare function js_compose_config(stack: number): Promise<string>;
/** The resolved project as YAML. */
export function compose_config(stack: number): Promise<string> {
  return js_compose_config(stack);
}

declare function js_compose_graph(stack: number): Promise<string>;
/** The dependency graph of a stack. */
export function compose_graph(stack: number): Promise<string> {
  return js_compose_graph(stack);
}

declare function js_compose_start(stack: number, services: string, options: string): Promise<void>;
/** Starts services and what they depend on, dependencies first, each when the conditions on them hold. */
export function compose_start(stack: number, services: string, options: string): Promise<void> {
  return js_compose_start(stack, services, options);
}

declare function js_compose_stop(stack: number, services: string, options: string): Promise<void>;
/** Stops services, dependents first. */
export function compose_stop(stack: number, services: string, options: string): Promise<void> {
  return js_compose_stop(stack, services, options);
}

declare function js_compose_restart(stack: number, services: string, options: string): Promise<void>;
/** Restarts services, those that ask to restart with them (restart: true), and those in their namespaces. */
export function compose_restart(stack: number, services: string, options: string): Promise<void> {
  return js_compose_restart(stack, services, options);
}

declare function js_compose_pause(stack: number, services: string, options: string): Promise<void>;
/** Pauses services. */
export function compose_pause(stack: number, services: string, options: string): Promise<void> {
  return js_compose_pause(stack, services, options);
}

declare function js_compose_unpause(stack: number, services: string, options: string): Promise<void>;
/** Resumes paused services. */
export function compose_unpause(stack: number, services: string, options: string): Promise<void> {
  return js_compose_unpause(stack, services, options);
}

declare function js_compose_kill(stack: number, services: string, options: string): Promise<void>;
/** Sends a signal to services. */
export function compose_kill(stack: number, services: string, options: string): Promise<void> {
  return js_compose_kill(stack, services, options);
}

declare function js_compose_scale(stack: number, replicas: string): Promise<void>;
/** Changes the number of containers of services. */
export function compose_scale(stack: number, replicas: string): Promise<void> {
  return js_compose_scale(stack, replicas);
}

declare function js_compose_pull(stack: number, options: string): Promise<string>;
/** Pulls the images of a stack. */
export function compose_pull(stack: number, options: string): Promise<string> {
  return js_compose_pull(stack, options);
}

declare function js_compose_build(stack: number, options: string): Promise<string>;
/** Builds the images of a stack. */
export function compose_build(stack: number, options: string): Promise<string> {
  return js_compose_build(stack, options);
}

declare function js_compose_push(stack: number, options: string): Promise<string>;
/** Pushes the images of a stack. */
export function compose_push(stack: number, options: string): Promise<string> {
  return js_compose_push(stack, options);
}

declare function js_compose_attach(project: string): Promise<number>;
/** Takes over a project that another process brought up, and settles with the handle of its stack. Conflict where another engine has its containers and this one nothing. */
export function compose_attach(project: string): Promise<number> {
  return js_compose_attach(project);
}

declare function js_workload_graph(name: string, spec: string): string;
/** Composes the JSON of a graph. It is checked when it is run or inspected. */
export function workload_graph(name: string, spec: string): string {
  return js_workload_graph(name, spec);
}

declare function js_workload_node(name: string, spec: string): string;
/** Composes the JSON of a node. It is checked when it is run or inspected. */
export function workload_node(name: string, spec: string): string {
  return js_workload_node(name, spec);
}

declare function js_workload_runGraph(graph: string, options: string): Promise<number>;
/** Checks a workload graph and runs it: settles with a handle when every service is ready and every job has ended, or with until: started as soon as it has begun. Before anything is made: ValidationError with the path of the member, DependencyCycle, Unsupported, Conflict where a project of the name is no graph, BackendNotAvailable where no engine isolates as a node asks. ServiceStartupFailed (node, attempt, exitCode, logs) or Timeout where a node failed for good: rollbackAll has then put back what was there before; with haltGraph the error's member graph is a handle of what is left. VerificationFailed for an image without the signatures that it must have. */
export function workload_runGraph(graph: string, options: string): Promise<number> {
  return js_workload_runGraph(graph, options);
}

declare function js_workload_inspectGraph(graph: string): Promise<string>;
/** Checks a workload graph and says what a run of it without options would do, and why. Starts nothing; without an engine it is what follows from the graph alone, and errors says so. Rejects where runGraph refuses before anything is made. */
export function workload_inspectGraph(graph: string): Promise<string> {
  return js_workload_inspectGraph(graph);
}

declare function js_workload_planGraph(graph: string, options: string): Promise<string>;
/** The same as inspectGraph, of a run with these options. */
export function workload_planGraph(graph: string, options: string): Promise<string> {
  return js_workload_planGraph(graph, options);
}

declare function js_workload_attach(name: string): Promise<number>;
/** A handle of a graph that is there already, whoever ran it. NotFound where the engine has no container of it; Conflict where it is a project that is no graph, or another engine has its containers and this one nothing. */
export function workload_attach(name: string): Promise<number> {
  return js_workload_attach(name);
}

declare function js_workload_handle_down(graph: number, options: string): Promise<string>;
/** Ends the run of a graph if it goes on in this process, takes the graph down, dependents first, and gives up the handle unless something could not be removed; what that is stands in the report's errors. */
export function workload_handle_down(graph: number, options: string): Promise<string> {
  return js_workload_handle_down(graph, options);
}

declare function js_workload_handle_status(graph: number): Promise<string>;
/** The state of a graph, node by node: as the run of this process has it, else as it follows from the containers. NotFound where no container is left of a graph that was attached to. */
export function workload_handle_status(graph: number): Promise<string> {
  return js_workload_handle_status(graph);
}

declare function js_workload_handle_graph(graph: number): Promise<string>;
/** Who depends on whom in a graph; its members dot and mermaid draw it. */
export function workload_handle_graph(graph: number): Promise<string> {
  return js_workload_handle_graph(graph);
}

declare function js_workload_handle_logs(graph: number, node: string, options: string): Promise<string>;
/** The log so far of the last try of a node, or of all of them, each line after its node's name. NotFound for a node that has no container. */
export function workload_handle_logs(graph: number, node: string, options: string): Promise<string> {
  return js_workload_handle_logs(graph, node, options);
}

declare function js_workload_handle_exec(graph: number, node: string, command: string, options: string): Promise<string>;
/** Runs a command in the container of a node's last try. NotFound for a node that has none, Conflict if it does not run. */
export function workload_handle_exec(graph: number, node: string, command: string, options: string): Promise<string> {
  return js_workload_handle_exec(graph, node, command, options);
}

declare function js_workload_handle_ps(graph: number): Promise<string>;
/** The containers of a graph, those of earlier tries too. */
export function workload_handle_ps(graph: number): Promise<string> {
  return js_workload_handle_ps(graph);
}

declare function js_workload_handle_events(graph: number): Promise<number>;
/** What happens to a graph, from now on: a stream of records {version,seq,time,kind,...}, kind node, output, step, progress, warning, rollback or that of the engine's event; a reader that is too slow finds a record of kind gap. */
export function workload_handle_events(graph: number): Promise<number> {
  return js_workload_handle_events(graph);
}

declare function js_workload_handle_wait(graph: number, options: string): Promise<string>;
/** Waits until every service is ready and every job has ended, or the graph has failed, whoever runs it. Timeout after the time that was given. */
export function workload_handle_wait(graph: number, options: string): Promise<string> {
  return js_workload_handle_wait(graph, options);
}

declare function js_workload_handle_followLogs(graph: number, options: string): Promise<number>;
/** Follows the logs of nodes, those of tries to come too: a stream whose records are {node,attempt,container,stream,time,text}. NotFound for a node that nobody knows. */
export function workload_handle_followLogs(graph: number, options: string): Promise<number> {
  return js_workload_handle_followLogs(graph, options);
}
