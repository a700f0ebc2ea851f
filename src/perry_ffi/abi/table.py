"""The ABI table: every exported operation, declared once.

From it are generated the C header, the shims, the cffi declarations, the dispatch tables for the Perry
compiler and the README's table of operations. To add an operation, add a row here that names its handler
(``module:function`` below ``perry_ffi``), write that function in ``perry_ffi.api``, and run ``make generate``.
"""

from __future__ import annotations

import hashlib

from perry_ffi.abi.types import (
    Operation,
    Param,
    Returns,
    Strings,
    document,
    flag,
    handle,
    promise,
    text,
)

ABI_VERSION = 1

_ID = text("id", "name or id of the container, at least a unique prefix of the id")
_REFERENCE = text("reference", "image reference, as docker writes it: [registry/]repository[:tag][@digest]")
_STREAM = handle("stream", "handle of a stream")
_STACK = handle("stack", "handle of a stack")
_GRAPH = handle("graph", "handle of a workload graph")
_WHOLE_GRAPH = document("graph", "WorkloadGraph", "the graph; required")
_RUN = "{strategy,onFailure,parallel,timeout,until,resume,only,stopRunning,strict,pull}; times in seconds, or text such as 90s"
_SERVICES = document("services", "string[]", "names of services; absent means all, [] means none", optional=True)


def _options(model: str, doc: str = "absent means the defaults") -> Param:
    return document("options", model, doc, optional=True)


def _container(name: str, params: list[Param], settles: str, doc: str, handler: str = "", symbol: str = "") -> Operation:
    return promise("container", name, params, settles, doc, handler, symbol)


def _compose(name: str, params: list[Param], settles: str, doc: str, handler: str) -> Operation:
    return promise("compose", name, params, settles, doc, handler)


def _workload(name: str, params: list[Param], settles: str, doc: str, handler: str, symbol: str = "") -> Operation:
    return promise("workloads", name, params, settles, doc, handler, symbol)


CONTAINERS: tuple[Operation, ...] = (
    Operation(
        "container", "", "js_container_module_init", (), Returns.VOID, "void",
        "Starts the library early, so that the first operation finds it warm, and lets it clean up: on SIGINT or SIGTERM "
        "the stacks and graphs that this process brought up are taken down, and the process ends with 128 + the signal's number; a "
        "second signal ends it at once. A signal whose disposition is not the default one is left alone, and so are "
        "both where PERRY_NO_DEFAULT_SIGINT_CLEANUP is set. To be called before any other operation.",
    ),
    _container(
        "run", [document("spec", "ContainerSpec", "what to run; required")], "ContainerHandle",
        "Creates a container and starts it. The image is pulled first by the spec's pull_policy. "
        "If the start fails the container that was created is removed again.",
        "api.containers:run",
    ),
    _container(
        "create", [document("spec", "ContainerSpec", "what to create; required")], "ContainerHandle",
        "Creates a container without starting it.", "api.containers:create",
    ),
    _container("start", [_ID], "void", "Starts a container. One that runs already is left alone.", "api.containers:start"),
    _container(
        "stop", [_ID, _options("StopOptions", "{timeout}: seconds before it is killed; absent: the container's own")],
        "void", "Stops a container. One that is stopped already is left alone.", "api.containers:stop",
    ),
    _container(
        "remove", [_ID, flag("force", "remove it even if it runs")], "void",
        "Removes a container together with its anonymous volumes.", "api.containers:remove",
    ),
    _container(
        "removeIfExists", [_ID, flag("force", "remove it even if it runs")], "bool",
        "Removes a container if there is one: true if it was there. Any failure but \"not found\" rejects.",
        "api.containers:remove_if_exists",
    ),
    _container(
        "list", [flag("all", "also those that do not run")], "ContainerInfo[]", "Lists containers.", "api.containers:list_",
    ),
    _container(
        "inspect", [_ID], "ContainerInfo",
        "Describes a container; the member raw holds the engine's own document.", "api.containers:inspect",
    ),
    _container(
        "wait", [_ID, _options("WaitOptions", "{timeout}: seconds; absent: without a bound")], "WaitResult",
        "Waits until the container does not run any more, and gives its exit code.", "api.containers:wait",
    ),
    _container(
        "logs", [_ID, _options("LogOptions", "{tail,since,until,timestamps}")], "ContainerLogs",
        "The container's log so far, standard output and standard error apart.", "api.containers:logs",
    ),
    _container(
        "followLogs", [_ID, _options("LogOptions", "{tail,since,until,timestamps}")], "i64 stream",
        "Follows a container's log: a stream whose chunks are {stream,text}. "
        "It ends when the container ends. A reader that is slow slows the engine and loses nothing.",
        "api.containers:follow_logs",
    ),
    _container(
        "exec",
        [_ID, document("command", "string[]", "the command and its arguments; never given to a shell; required"),
         _options("ExecOptions", "{env,workdir,user,stdin}")],
        "ExecResult", "Runs a command in a running container. An exit code other than 0 is a result, not an error.",
        "api.containers:exec_",
    ),
    _container("stats", [_ID], "ContainerStats", "One sample of what a container uses.", "api.containers:stats"),
    _container(
        "build",
        [document("spec", "BuildSpec", "context folder, dockerfile, args, ...; required"),
         text("imageName", "the reference to tag the image with; absent: not tagged", optional=True)],
        "BuildResult", "Builds an image from a folder, honouring its .dockerignore.", "api.images:build",
    ),
    _container(
        "pullImage", [_REFERENCE, _options("PullOptions")], "void",
        "Pulls an image, with the user's own credentials for its registry.", "api.images:pull",
    ),
    _container(
        "pushImage", [_REFERENCE, _options("PushOptions")], "void",
        "Pushes an image, with the user's own credentials for its registry.", "api.images:push",
    ),
    _container("listImages", [], "ImageInfo[]", "Lists the images that the engine has.", "api.images:list_"),
    _container(
        "inspectImage", [_REFERENCE], "ImageDetails",
        "Describes an image; the member raw holds the engine's own document.", "api.images:inspect",
    ),
    _container(
        "removeImage", [_REFERENCE, flag("force", "also while a stopped container uses it")], "void",
        "Removes an image, or the tag that is named.", "api.images:remove",
    ),
    _container(
        "verifyImage",
        [_REFERENCE, document("policy", "VerifyPolicy", "which signatures are trusted; absent: as the machine's own policy says",
                              optional=True)],
        "Verification",
        "Whether an image is signed as the policy and the machine's own ask; a rejection where it is not, and where nobody can tell.",
        "api.images:verify",
    ),
    _container(
        "createNetwork", [text("name", "name of the network; required"), _options("NetworkSpec")], "NetworkInfo",
        "Creates a network. A name that is taken is a Conflict.", "api.networks:create",
    ),
    _container(
        "removeNetwork", [text("name", "name or id of the network; required")], "void", "Removes a network.",
        "api.networks:remove",
    ),
    _container(
        "inspectNetwork", [text("name", "name or id of the network; required")], "NetworkInfo",
        "Describes a network.", "api.networks:inspect",
    ),
    _container("listNetworks", [], "NetworkInfo[]", "Lists the networks that the engine has.", "api.networks:list_"),
    _container(
        "createVolume", [text("name", "name of the volume; required"), _options("VolumeSpec")], "VolumeInfo",
        "Creates a volume. A name that is taken is a Conflict.", "api.volumes:create",
    ),
    _container(
        "removeVolume", [text("name", "name of the volume; required"), flag("force", "as the engine understands it")],
        "void", "Removes a volume and what is in it.", "api.volumes:remove",
    ),
    _container(
        "inspectVolume", [text("name", "name of the volume; required")], "VolumeInfo", "Describes a volume.",
        "api.volumes:inspect",
    ),
    _container("listVolumes", [], "VolumeInfo[]", "Lists the volumes that the engine has.", "api.volumes:list_"),
    Operation(
        "container", "getBackend", "js_container_getBackend", (), Returns.STRING, "",
        "The active backend's name, \"unknown\" until one was detected or set.", strings=Strings.STATIC,
    ),
    _container(
        "detectBackend", [], "BackendInfo[]",
        "Probes the backends of the order in force and activates the first that answers; where the environment names a server, "
        "that one or none. Settles with a row for each.",
        "api.backends:detect",
    ),
    _container(
        "getAvailableBackends", [], "BackendInfo[]",
        "Probes every known backend, activates none. A row that is not available says why and what to do.",
        "api.backends:available",
    ),
    Operation(
        "container", "getBackendPriority", "js_container_getBackendPriority", (), Returns.STRING, "json",
        "The order in which backends are tried, a JSON array of names; the engine of a server that the environment names is first.",
        strings=Strings.FREED_BY_CALLER,
    ),
    _container(
        "setBackend", [text("name", "name of the backend; required")], "BackendInfo",
        "Connects to a backend by name and makes it the active one. On failure the one before stays active.",
        "api.backends:set_one",
    ),
    _container(
        "setBackends", [document("names", "string[]", "names of backends in the order to try; required")], "BackendInfo",
        "Connects to the first of these backends that answers and makes it the active one. The member warning names one that comes "
        "before it and was too slow.", "api.backends:set_order",
    ),
    _container(
        "selectBackendFor",
        [document("spec", "ContainerSpec|ComposeSpec", "what is to run; required"),
         text("mode", "strict-native, accept-emulated or accept-partial; absent: accept-emulated", optional=True)],
        "string|null", "The first backend whose declared capabilities can honour the spec, or null. Probes nothing.",
        "api.backends:select_for",
    ),
    _container(
        "doctor",
        [_options("DoctorOptions", "{directory,image}: the folder of the project in mind, the image of a container that is tried")],
        "DoctorReport",
        "What keeps each backend from work: symptoms with their evidence and the commands that mend them, and which backend would be "
        "used, and why. Changes nothing and activates none, unless an image is given: of that a container is created, started and removed.",
        "api.doctor:doctor",
    ),
    _container(
        "install", [_options("InstallRequest", "{run,timeout}: the id of the one option that is run; absent: nothing is run")],
        "InstallOptions",
        "What can be done on this system, for a dialogue of the host's own: what mends a backend, what can be installed, the commands "
        "of each and what they change. Runs nothing unless it is told the id of one, and nothing that needs root.",
        "api.doctor:install",
    ),
    _container(
        "composeUp", [document("spec", "ComposeSpec", "the Compose model"), _options("UpOptions")], "i64 stack",
        "The same as up of perry/compose.", "api.stacks:up",
    ),
    _container(
        "downByProject", [text("project", "name of the project"), _options("CleanupOptions")], "CleanupReport",
        "Takes down a project by its name, without a handle. Conflict where another engine has its containers and this one nothing.",
        "api.stacks:down_by_project",
    ),
    _container(
        "downAll", [_options("CleanupOptions")], "CleanupReport",
        "Takes down every project that this library brought up.", "api.stacks:down_all",
    ),
    _container(
        "runCapability", [document("spec", "CapabilitySpec", "image, command and what it may do; required")], "CapabilityResult",
        "Runs one command in a hardened container that is gone afterwards: a verified image, no network, a read-only root, bounds of "
        "everything. An exit code other than 0, a time that is up and output that is cut are results.",
        "api.capability:run_capability", symbol="alloy_container_run_capability",
    ),
    _container(
        "streamNext", [_STREAM], "Chunk[]|null",
        "The next records of a stream, at least one, or null at its end.", "api.streams:next_",
    ),
    _container(
        "streamClose", [_STREAM], "void",
        "Closes a stream. The handle is gone; a streamNext that is pending settles with null.", "api.streams:close",
    ),
)  # fmt: skip

COMPOSE: tuple[Operation, ...] = (
    _compose(
        "load",
        [document("request", "LoadRequest", "{files,projectDirectory,projectName,profiles,envFiles,env}; absent means the defaults",
                  optional=True)],
        "ComposeProject", "Reads Compose files and settles with the resolved project, ready for up.", "api.stacks:load",
    ),
    _compose(
        "up", [document("spec", "ComposeSpec", "the Compose model"), _options("UpOptions")], "i64 stack",
        "Brings a project up, as a transaction, and settles with the handle of its stack.", "api.stacks:up",
    ),
    _compose(
        "plan", [document("spec", "ComposeSpec", "the Compose model"), _options("UpOptions")], "Plan",
        "What up would do, and why. Changes nothing.", "api.stacks:plan",
    ),
    _compose("down", [_STACK, _options("DownOptions")], "CleanupReport", "Takes a stack down.", "api.stacks:down"),
    _compose("ps", [_STACK], "ServiceStatus[]", "The containers of a stack.", "api.stacks:ps"),
    _compose("status", [_STACK], "StackStatus", "The state of a stack, service by service.", "api.stacks:status"),
    _compose(
        "logs", [_STACK, _options("StackLogOptions", "{services,tail,since,timestamps}")], "LogRecord[]",
        "The logs of a stack so far: {service,container,replica,stream,time,text}, in order of time.", "api.stacks:logs",
    ),
    _compose(
        "followLogs", [_STACK, _options("StackLogOptions", "{services,tail,since,timestamps}")], "i64 stream",
        "Follows the logs of a stack: a stream.", "api.stacks:follow_logs",
    ),
    _compose(
        "events", [_STACK], "i64 stream",
        "What happens to a stack, from now on: a stream of records {version,seq,time,kind,...}; a reader that is too "
        "slow finds a record of kind gap that says how many it missed.", "api.stacks:events",
    ),
    _compose(
        "progress", [], "i64 stream",
        "What happens in every stack, also before it has a handle: a stream as that of events.", "api.stacks:progress",
    ),
    _compose(
        "exec",
        [_STACK, text("service", "name of the service"), document("command", "string[]", "the command"),
         _options("ExecOptions")],
        "ExecResult", "Runs a command in a service's container.", "api.stacks:exec_",
    ),
    _compose(
        "run", [_STACK, text("service", "name of the service"), _options("RunOptions")], "RunResult",
        "Runs a one-off container of a service.", "api.stacks:run",
    ),
    _compose("config", [_STACK], "string", "The resolved project as YAML.", "api.stacks:config"),
    _compose("graph", [_STACK], "DependencyGraph", "The dependency graph of a stack.", "api.stacks:graph"),
    *(
        _compose(name, [_STACK, _SERVICES, _options("LifecycleOptions")], "void", doc, handler)
        for name, handler, doc in (
            (
                "start", "api.stacks:start",
                "Starts services and what they depend on, dependencies first, each when the conditions on them hold.",
            ),
            ("stop", "api.stacks:stop", "Stops services, dependents first."),
            (
                "restart", "api.stacks:restart",
                "Restarts services, those that ask to restart with them (restart: true), and those in their namespaces.",
            ),
            ("pause", "api.stacks:pause", "Pauses services."),
            ("unpause", "api.stacks:unpause", "Resumes paused services."),
            ("kill", "api.stacks:kill", "Sends a signal to services."),
        )
    ),
    _compose(
        "scale", [_STACK, document("replicas", "{service: n}", "how many containers each service is to have")], "void",
        "Changes the number of containers of services.", "api.stacks:scale",
    ),
    _compose("pull", [_STACK, _options("ImagesOptions")], "ImagesReport", "Pulls the images of a stack.", "api.stacks:pull"),
    _compose("build", [_STACK, _options("ImagesOptions")], "ImagesReport", "Builds the images of a stack.", "api.stacks:build"),
    _compose("push", [_STACK, _options("ImagesOptions")], "ImagesReport", "Pushes the images of a stack.", "api.stacks:push"),
    _compose(
        "attach", [text("project", "name of the project")], "i64 stack",
        "Takes over a project that another process brought up, and settles with the handle of its stack. Conflict where another "
        "engine has its containers and this one nothing.", "api.stacks:attach",
    ),
)  # fmt: skip

WORKLOADS: tuple[Operation, ...] = (
    Operation(
        "workloads", "graph", "js_workload_graph",
        (text("name", "name of the graph"), document("spec", "WorkloadGraph", "the graph's other members")),
        Returns.STRING, "json",
        "Composes the JSON of a graph. It is checked when it is run or inspected.", strings=Strings.FREED_BY_CALLER,
    ),
    Operation(
        "workloads", "node", "js_workload_node",
        (text("name", "name of the node"), document("spec", "WorkloadNode", "the node's other members")),
        Returns.STRING, "json",
        "Composes the JSON of a node. It is checked when it is run or inspected.", strings=Strings.FREED_BY_CALLER,
    ),
    _workload(
        "runGraph", [_WHOLE_GRAPH, _options("RunGraphOptions", _RUN)], "i64 graph",
        "Checks a workload graph and runs it: settles with a handle when every service is ready and every job has ended, or with "
        "until: started as soon as it has begun. Before anything is made: ValidationError with the path of the member, DependencyCycle, "
        "Unsupported, Conflict where a project of the name is no graph, BackendNotAvailable where no engine isolates as a node asks. "
        "ServiceStartupFailed (node, attempt, exitCode, logs) or Timeout where a node failed for good: rollbackAll has then put back what "
        "was there before; with haltGraph the error's member graph is a handle of what is left. VerificationFailed for an image without "
        "the signatures that it must have.",
        "api.workloads:run_graph",
    ),
    _workload(
        "inspectGraph", [_WHOLE_GRAPH], "GraphPlan",
        "Checks a workload graph and says what a run of it without options would do, and why. Starts nothing; without an engine it is "
        "what follows from the graph alone, and errors says so. Rejects where runGraph refuses before anything is made.",
        "api.workloads:inspect_graph",
    ),
    _workload(
        "planGraph", [_WHOLE_GRAPH, _options("RunGraphOptions", _RUN)], "GraphPlan",
        "The same as inspectGraph, of a run with these options.", "api.workloads:plan_graph",
    ),
    _workload(
        "attach", [text("name", "name of the graph")], "i64 graph",
        "A handle of a graph that is there already, whoever ran it. NotFound where the engine has no container of it; Conflict where it "
        "is a project that is no graph, or another engine has its containers and this one nothing.",
        "api.workloads:attach",
    ),
    *(
        _workload(name, [_GRAPH, *params], settles, doc, handler, f"js_workload_handle_{name}")
        for name, handler, params, settles, doc in (
            ("down", "api.workloads:down", [_options("DownOptions")], "CleanupReport",
             ("Ends the run of a graph if it goes on in this process, takes the graph down, dependents first, and gives up the handle "
              "unless something could not be removed; what that is stands in the report's errors.")),
            ("status", "api.workloads:status", [], "GraphStatus",
             ("The state of a graph, node by node: as the run of this process has it, else as it follows from the containers. NotFound "
              "where no container is left of a graph that was attached to.")),
            ("graph", "api.workloads:graph", [], "GraphDocument",
             "Who depends on whom in a graph; its members dot and mermaid draw it."),
            ("logs", "api.workloads:logs", [text("node", "name of the node; absent: all of them", optional=True), _options("LogOptions")],
             "ContainerLogs",
             ("The log so far of the last try of a node, or of all of them, each line after its node's name. NotFound for a node that "
              "has no container.")),
            ("exec", "api.workloads:exec_", [text("node", "name of the node"), document("command", "string[]", "the command"),
                               _options("ExecOptions")], "ExecResult",
             "Runs a command in the container of a node's last try. NotFound for a node that has none, Conflict if it does not run."),
            ("ps", "api.workloads:ps", [], "NodeInfo[]", "The containers of a graph, those of earlier tries too."),
            ("events", "api.workloads:events", [], "i64 stream",
             ("What happens to a graph, from now on: a stream of records {version,seq,time,kind,...}, kind node, output, step, progress, "
              "warning, rollback or that of the engine's event; a reader that is too slow finds a record of kind gap.")),
            ("wait", "api.workloads:wait", [_options("WaitGraphOptions", "{timeout}: seconds, or text such as 90s; absent: without a bound")],
             "GraphStatus",
             ("Waits until every service is ready and every job has ended, or the graph has failed, whoever runs it. Timeout after the time "
              "that was given.")),
            ("followLogs", "api.workloads:follow_logs",
             [_options("GraphLogOptions", "{nodes,attempts,tail,since,until,timestamps}; absent means all nodes")], "i64 stream",
             ("Follows the logs of nodes, those of tries to come too: a stream whose records are {node,attempt,container,stream,time,text}. "
              "NotFound for a node that nobody knows.")),
        )
    ),
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (*CONTAINERS, *COMPOSE, *WORKLOADS)

TABLES: dict[str, tuple[Operation, ...]] = {
    "PERRY_CONTAINER_TABLE": CONTAINERS,
    "PERRY_COMPOSE_TABLE": COMPOSE,
    "PERRY_WORKLOADS_TABLE": WORKLOADS,
}


def digest() -> str:
    """What the shared object and the Python packages compare, to be sure they were made from one table."""
    rows = [
        (op.symbol, [(p.name, p.kind.value) for p in op.params], op.returns.value, op.settle_type, op.handler)
        for op in OPERATIONS
    ]
    return hashlib.sha256(repr((ABI_VERSION, rows)).encode()).hexdigest()[:16]
