/** Starts the library early, so that the first operation finds it warm, and lets it clean up: on SIGINT or SIGTERM the stacks and graphs that this process brought up are taken down, and the process ends with 128 + the signal's number; a second signal ends it at once. A signal whose disposition is not the default one is left alone, and so are both where PERRY_NO_DEFAULT_SIGINT_CLEANUP is set. To be called before any other operation. */
export declare function container_module_init(): void;
/** Creates a container and starts it. The image is pulled first by the spec's pull_policy. If the start fails the container that was created is removed again. */
export declare function container_run(spec: string): Promise<string>;
/** Creates a container without starting it. */
export declare function container_create(spec: string): Promise<string>;
/** Starts a container. One that runs already is left alone. */
export declare function container_start(id: string): Promise<void>;
/** Stops a container. One that is stopped already is left alone. */
export declare function container_stop(id: string, options: string): Promise<void>;
/** Removes a container together with its anonymous volumes. */
export declare function container_remove(id: string, force: number): Promise<void>;
/** Removes a container if there is one: true if it was there. Any failure but "not found" rejects. */
export declare function container_removeIfExists(id: string, force: number): Promise<string>;
/** Lists containers. */
export declare function container_list(all: number): Promise<string>;
/** Describes a container; the member raw holds the engine's own document. */
export declare function container_inspect(id: string): Promise<string>;
/** Waits until the container does not run any more, and gives its exit code. */
export declare function container_wait(id: string, options: string): Promise<string>;
/** The container's log so far, standard output and standard error apart. */
export declare function container_logs(id: string, options: string): Promise<string>;
/** Follows a container's log: a stream whose chunks are {stream,text}. It ends when the container ends. A reader that is slow slows the engine and loses nothing. */
export declare function container_followLogs(id: string, options: string): Promise<number>;
/** Runs a command in a running container. An exit code other than 0 is a result, not an error. */
export declare function container_exec(id: string, command: string, options: string): Promise<string>;
/** One sample of what a container uses. */
export declare function container_stats(id: string): Promise<string>;
/** Builds an image from a folder, honouring its .dockerignore. */
export declare function container_build(spec: string, imageName: string): Promise<string>;
/** Pulls an image, with the user's own credentials for its registry. */
export declare function container_pullImage(reference: string, options: string): Promise<void>;
/** Pushes an image, with the user's own credentials for its registry. */
export declare function container_pushImage(reference: string, options: string): Promise<void>;
/** Lists the images that the engine has. */
export declare function container_listImages(): Promise<string>;
/** Describes an image; the member raw holds the engine's own document. */
export declare function container_inspectImage(reference: string): Promise<string>;
/** Removes an image, or the tag that is named. */
export declare function container_removeImage(reference: string, force: number): Promise<void>;
/** Whether an image is signed as the policy and the machine's own ask; a rejection where it is not, and where nobody can tell. */
export declare function container_verifyImage(reference: string, policy: string): Promise<string>;
/** Creates a network. A name that is taken is a Conflict. */
export declare function container_createNetwork(name: string, options: string): Promise<string>;
/** Removes a network. */
export declare function container_removeNetwork(name: string): Promise<void>;
/** Describes a network. */
export declare function container_inspectNetwork(name: string): Promise<string>;
/** Lists the networks that the engine has. */
export declare function container_listNetworks(): Promise<string>;
/** Creates a volume. A name that is taken is a Conflict. */
export declare function container_createVolume(name: string, options: string): Promise<string>;
/** Removes a volume and what is in it. */
export declare function container_removeVolume(name: string, force: number): Promise<void>;
/** Describes a volume. */
export declare function container_inspectVolume(name: string): Promise<string>;
/** Lists the volumes that the engine has. */
export declare function container_listVolumes(): Promise<string>;
/** The active backend's name, "unknown" until one was detected or set. */
export declare function container_getBackend(): string;
/** Probes the backends of the order in force and activates the first that answers; where the environment names a server, that one or none. Settles with a row for each. */
export declare function container_detectBackend(): Promise<string>;
/** Probes every known backend, activates none. A row that is not available says why and what to do. */
export declare function container_getAvailableBackends(): Promise<string>;
/** The order in which backends are tried, a JSON array of names; the engine of a server that the environment names is first. */
export declare function container_getBackendPriority(): string;
/** Connects to a backend by name and makes it the active one. On failure the one before stays active. */
export declare function container_setBackend(name: string): Promise<string>;
/** Connects to the first of these backends that answers and makes it the active one. The member warning names one that comes before it and was too slow. */
export declare function container_setBackends(names: string): Promise<string>;
/** The first backend whose declared capabilities can honour the spec, or null. Probes nothing. */
export declare function container_selectBackendFor(spec: string, mode: string): Promise<string>;
/** What keeps each backend from work: symptoms with their evidence and the commands that mend them, and which backend would be used, and why. Changes nothing and activates none, unless an image is given: of that a container is created, started and removed. */
export declare function container_doctor(options: string): Promise<string>;
/** What can be done on this system, for a dialogue of the host's own: what mends a backend, what can be installed, the commands of each and what they change. Runs nothing unless it is told the id of one, and nothing that needs root. */
export declare function container_install(options: string): Promise<string>;
/** The same as up of perry/compose. */
export declare function container_composeUp(spec: string, options: string): Promise<number>;
/** Takes down a project by its name, without a handle. Conflict where another engine has its containers and this one nothing. */
export declare function container_downByProject(project: string, options: string): Promise<string>;
/** Takes down every project that this library brought up. */
export declare function container_downAll(options: string): Promise<string>;
/** Runs one command in a hardened container that is gone afterwards: a verified image, no network, a read-only root, bounds of everything. An exit code other than 0, a time that is up and output that is cut are results. */
export declare function container_runCapability(spec: string): Promise<string>;
/** The next records of a stream, at least one, or null at its end. */
export declare function container_streamNext(stream: number): Promise<string>;
/** Closes a stream. The handle is gone; a streamNext that is pending settles with null. */
export declare function container_streamClose(stream: number): Promise<void>;
/** Reads Compose files and settles with the resolved project, ready for up. */
export declare function compose_load(request: string): Promise<string>;
/** Brings a project up, as a transaction, and settles with the handle of its stack. */
export declare function compose_up(spec: string, options: string): Promise<number>;
/** What up would do, and why. Changes nothing. */
export declare function compose_plan(spec: string, options: string): Promise<string>;
/** Takes a stack down. */
export declare function compose_down(stack: number, options: string): Promise<string>;
/** The containers of a stack. */
export declare function compose_ps(stack: number): Promise<string>;
/** The state of a stack, service by service. */
export declare function compose_status(stack: number): Promise<string>;
/** The logs of a stack so far: {service,container,replica,stream,time,text}, in order of time. */
export declare function compose_logs(stack: number, options: string): Promise<string>;
/** Follows the logs of a stack: a stream. */
export declare function compose_followLogs(stack: number, options: string): Promise<number>;
/** What happens to a stack, from now on: a stream of records {version,seq,time,kind,...}; a reader that is too slow finds a record of kind gap that says how many it missed. */
export declare function compose_events(stack: number): Promise<number>;
/** What happens in every stack, also before it has a handle: a stream as that of events. */
export declare function compose_progress(): Promise<number>;
/** Runs a command in a service's container. */
export declare function compose_exec(stack: number, service: string, command: string, options: string): Promise<string>;
/** Runs a one-off container of a service. */
export declare function compose_run(stack: number, service: string, options: string): Promise<string>;
/** The resolved project as YAML. */
export declare function compose_config(stack: number): Promise<string>;
/** The dependency graph of a stack. */
export declare function compose_graph(stack: number): Promise<string>;
/** Starts services and what they depend on, dependencies first, each when the conditions on them hold. */
export declare function compose_start(stack: number, services: string, options: string): Promise<void>;
/** Stops services, dependents first. */
export declare function compose_stop(stack: number, services: string, options: string): Promise<void>;
/** Restarts services, those that ask to restart with them (restart: true), and those in their namespaces. */
export declare function compose_restart(stack: number, services: string, options: string): Promise<void>;
/** Pauses services. */
export declare function compose_pause(stack: number, services: string, options: string): Promise<void>;
/** Resumes paused services. */
export declare function compose_unpause(stack: number, services: string, options: string): Promise<void>;
/** Sends a signal to services. */
export declare function compose_kill(stack: number, services: string, options: string): Promise<void>;
/** Changes the number of containers of services. */
export declare function compose_scale(stack: number, replicas: string): Promise<void>;
/** Pulls the images of a stack. */
export declare function compose_pull(stack: number, options: string): Promise<string>;
/** Builds the images of a stack. */
export declare function compose_build(stack: number, options: string): Promise<string>;
/** Pushes the images of a stack. */
export declare function compose_push(stack: number, options: string): Promise<string>;
/** Takes over a project that another process brought up, and settles with the handle of its stack. Conflict where another engine has its containers and this one nothing. */
export declare function compose_attach(project: string): Promise<number>;
/** Composes the JSON of a graph. It is checked when it is run or inspected. */
export declare function workload_graph(name: string, spec: string): string;
/** Composes the JSON of a node. It is checked when it is run or inspected. */
export declare function workload_node(name: string, spec: string): string;
/** Checks a workload graph and runs it: settles with a handle when every service is ready and every job has ended, or with until: started as soon as it has begun. Before anything is made: ValidationError with the path of the member, DependencyCycle, Unsupported, Conflict where a project of the name is no graph, BackendNotAvailable where no engine isolates as a node asks. ServiceStartupFailed (node, attempt, exitCode, logs) or Timeout where a node failed for good: rollbackAll has then put back what was there before; with haltGraph the error's member graph is a handle of what is left. VerificationFailed for an image without the signatures that it must have. */
export declare function workload_runGraph(graph: string, options: string): Promise<number>;
/** Checks a workload graph and says what a run of it without options would do, and why. Starts nothing; without an engine it is what follows from the graph alone, and errors says so. Rejects where runGraph refuses before anything is made. */
export declare function workload_inspectGraph(graph: string): Promise<string>;
/** The same as inspectGraph, of a run with these options. */
export declare function workload_planGraph(graph: string, options: string): Promise<string>;
/** A handle of a graph that is there already, whoever ran it. NotFound where the engine has no container of it; Conflict where it is a project that is no graph, or another engine has its containers and this one nothing. */
export declare function workload_attach(name: string): Promise<number>;
/** Ends the run of a graph if it goes on in this process, takes the graph down, dependents first, and gives up the handle unless something could not be removed; what that is stands in the report's errors. */
export declare function workload_handle_down(graph: number, options: string): Promise<string>;
/** The state of a graph, node by node: as the run of this process has it, else as it follows from the containers. NotFound where no container is left of a graph that was attached to. */
export declare function workload_handle_status(graph: number): Promise<string>;
/** Who depends on whom in a graph; its members dot and mermaid draw it. */
export declare function workload_handle_graph(graph: number): Promise<string>;
/** The log so far of the last try of a node, or of all of them, each line after its node's name. NotFound for a node that has no container. */
export declare function workload_handle_logs(graph: number, node: string, options: string): Promise<string>;
/** Runs a command in the container of a node's last try. NotFound for a node that has none, Conflict if it does not run. */
export declare function workload_handle_exec(graph: number, node: string, command: string, options: string): Promise<string>;
/** The containers of a graph, those of earlier tries too. */
export declare function workload_handle_ps(graph: number): Promise<string>;
/** What happens to a graph, from now on: a stream of records {version,seq,time,kind,...}, kind node, output, step, progress, warning, rollback or that of the engine's event; a reader that is too slow finds a record of kind gap. */
export declare function workload_handle_events(graph: number): Promise<number>;
/** Waits until every service is ready and every job has ended, or the graph has failed, whoever runs it. Timeout after the time that was given. */
export declare function workload_handle_wait(graph: number, options: string): Promise<string>;
/** Follows the logs of nodes, those of tries to come too: a stream whose records are {node,attempt,container,stream,time,text}. NotFound for a node that nobody knows. */
export declare function workload_handle_followLogs(graph: number, options: string): Promise<number>;
