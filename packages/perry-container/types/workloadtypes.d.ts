import type { ContainerSpec, Duration, LogOptions, Size } from "./types";
import type { ComposeNetwork, ComposeVolume } from "./composetypes";
/** What another node can be asked for. */
export type Projection = "host" | "endpoint" | "internalUrl" | "ip" | "hostEndpoint" | "hostUrl" | "containerId" | "containerName" | "output" | "exitCode";
/** What another node has, put in when it is known. Nodes of a builder make them: `db.endpoint(5432)`. */
export interface WorkloadRef<Node extends string = string> {
    nodeId: Node;
    projection: Projection;
    /** Of the container's side; absent: the only one that the node names. */
    port?: string | number;
    /** Of an output, or a dotted path into one that is JSON; absent: the standard output. */
    name?: string;
    /** Of a URL; absent: http. */
    scheme?: string;
}
/** Texts and references, one after the other: what the tag `ref` makes. */
export interface WorkloadConcat<Node extends string = string> {
    concat: (string | WorkloadRef<Node>)[];
}
/** A text that may come from another node. */
export type WorkloadValue<Node extends string = string> = string | WorkloadRef<Node> | WorkloadConcat<Node>;
/** What an edge waits for. Compose's words are read as well. */
export type WorkloadCondition = "started" | "ready" | "healthy" | "succeeded" | "completed" | "failed" | "service_started" | "service_healthy" | "service_completed_successfully";
export interface WorkloadDependency {
    /** Absent: "ready" of a service, "succeeded" of a job. */
    condition?: WorkloadCondition;
    /** false: an edge that can never hold counts as held, with a warning. */
    required?: boolean;
}
/** That `from` waits for `to`. */
export interface WorkloadEdge<Node extends string = string> extends WorkloadDependency {
    from: Node;
    to: Node;
}
/** Whatever is called as a node is: the nodes of a builder. */
export interface NamedNode<Node extends string = string> {
    readonly name: Node;
}
/** What a node waits for: names, or nodes of a builder; or by name what is waited for. */
export type WorkloadDependencies<Node extends string = string> = readonly (Node | NamedNode<Node>)[] | {
    readonly [name in Node]?: WorkloadDependency;
};
/** The names of what is waited for. */
export type DependencyNames<Dependencies> = Dependencies extends readonly (infer Each)[] ? Each extends NamedNode<infer Node> ? Node : Each & string : keyof Dependencies & string;
/** How strictly a node is held. A tier is a floor; the flags add to it and take nothing away. */
export interface PolicySpec {
    tier?: "default" | "isolated" | "hardened" | "untrusted";
    noNetwork?: boolean;
    readOnlyRoot?: boolean;
    /** The library's own profile in place of the engine's. */
    seccomp?: boolean;
    /** false: it reaches the other nodes of the graph and nothing else. */
    egress?: boolean;
    /** The least that is accepted. */
    isolation?: "container" | "gvisor" | "microvm";
    user?: string | number;
}
/** Where a node runs. The word is "microVm"; "microvm" is read as well. */
export interface RuntimeSpec {
    type: "oci" | "microVm" | "microvm" | "wasm" | "auto";
    config?: unknown;
    module?: string;
}
/** Further tries of a node that failed, each in a container of its own. */
export interface WorkloadRetry {
    /** How many, after the first. */
    limit: number;
    /** Before the second try; absent: 1 s. */
    delay?: Duration;
    /** Of a delay to the one before it; absent: 2. */
    factor?: number;
    /** Absent: 60 s. */
    maxDelay?: Duration;
    /** The part of a delay by which it may be shorter or longer; absent: 0.1. */
    jitter?: number;
    /** Only an end with one of these is tried again; absent: any failure. */
    exitCodes?: number[];
}
/** When a service is ready, beside its health check. */
export interface WorkloadReady {
    /** A text in a line of its output. */
    log?: string;
    /** How long that may take. */
    timeout?: Duration;
}
/** What a job gives: its standard output, or a file of its container. */
export interface WorkloadOutput {
    from?: "stdout" | "file";
    /** Of the file. */
    path?: string;
    /** It is JSON: a reference may name a part of it, `report.total`. */
    json?: boolean;
    /** It is told in no event, error, label or plan. */
    sensitive?: boolean;
}
export interface WorkloadResources {
    /** Processors. */
    cpu?: string | number;
    memory?: Size;
}
/** A service or a job. It is checked when the graph is run or inspected. */
export interface WorkloadNode<Node extends string = string> extends Partial<Omit<ContainerSpec, "env" | "cmd" | "entrypoint" | "name" | "runtime">> {
    /** The node's key, if it is given; so is `name`. */
    id?: string;
    name?: string;
    /** Absent: a job if another node waits for its end, or reads its output or exit code. */
    kind?: "service" | "job";
    env?: Record<string, WorkloadValue<Node> | number | boolean | null> | string[];
    /** Arguments in place of the image's; never a shell line. */
    cmd?: WorkloadValue<Node>[];
    entrypoint?: WorkloadValue<Node>[];
    /** Ports of the container that others may use and that are not published. */
    expose?: (string | number)[];
    depends_on?: WorkloadDependencies<Node>;
    /** Another spelling of depends_on. */
    dependsOn?: WorkloadDependencies<Node>;
    /** Text: an OCI runtime that the engine is configured with. */
    runtime?: string | RuntimeSpec;
    policy?: PolicySpec;
    resources?: WorkloadResources;
    retry?: WorkloadRetry;
    /** Of one try of a job. */
    timeout?: Duration;
    ready?: WorkloadReady;
    outputs?: Record<string, WorkloadOutput>;
    /** Of a service: false stops it when no job needs it any more. */
    keep?: boolean;
}
/** What a graph has beside its nodes. */
export interface GraphMembers<Node extends string = string> {
    /** Further edges. */
    edges?: WorkloadEdge<Node>[];
    networks?: Record<string, ComposeNetwork | null>;
    volumes?: Record<string, ComposeVolume | null>;
}
/** Nodes that refer to each other, by name. */
export interface WorkloadGraph<Node extends string = string> extends GraphMembers<Node> {
    name: string;
    nodes: Record<Node, WorkloadNode<Node>>;
}
/** In which order nodes run. The words with hyphens are read as well. */
export type GraphStrategy = "sequential" | "dependencyAware" | "maxParallel" | "parallelSafe" | "dependency-aware" | "max-parallel" | "parallel-safe";
/** What becomes of a graph of which a node fails. The words with hyphens are read as well. */
export type GraphFailure = "rollbackAll" | "haltGraph" | "partialContinue" | "rollback-all" | "halt-graph" | "partial-continue";
export interface RunGraphOptions<Node extends string = string> {
    /** Absent: "dependencyAware". */
    strategy?: GraphStrategy;
    /** Absent: "rollbackAll". */
    onFailure?: GraphFailure;
    /** Nodes at once. */
    parallel?: number;
    /** Of the whole run. */
    timeout?: Duration;
    /** When the promise settles: every service ready and every job ended ("settled", also where it is absent), or at once. */
    until?: "started" | "settled";
    /** Jobs that succeeded and are unchanged are not run again. */
    resume?: boolean;
    /** These nodes and what they need. */
    only?: readonly Node[];
    /** haltGraph ends the jobs that run. */
    stopRunning?: boolean;
    /** What the engine does not fully honour is an error instead of a warning. */
    strict?: boolean;
    /** For nodes without a pull_policy of their own. */
    pull?: "always" | "missing" | "never";
}
export interface WaitGraphOptions {
    /** When the wait is given up; absent: never. */
    timeout?: Duration;
}
export interface GraphLogOptions<Node extends string = string> extends LogOptions {
    /** Absent: all. */
    nodes?: readonly Node[];
    /** The containers of earlier tries, too. */
    attempts?: boolean;
}
