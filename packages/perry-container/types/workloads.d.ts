import type { CleanupReport, ContainerLogs, ExecOptions, ExecResult, LogOptions } from "./types";
import type { DependencyGraph, DownOptions } from "./composetypes";
export { ContainerError } from "./errors";
export type { ErrorDetails, ErrorKind } from "./errors";
export interface PolicySpec {
    tier?: "default" | "isolated" | "hardened" | "untrusted";
    noNetwork?: boolean;
    readOnlyRoot?: boolean;
    seccomp?: boolean;
}
export interface RuntimeSpec {
    type: "oci" | "microVm" | "wasm" | "auto";
    config?: unknown;
    module?: string;
}
/** One node of a graph, as it is declared. */
export interface WorkloadNodeSpec {
    image?: string;
    cmd?: string[];
    ports?: string[];
    env?: Record<string, unknown>;
    depends_on?: string[];
    runtime?: RuntimeSpec;
    policy?: PolicySpec;
    [member: string]: unknown;
}
export interface WorkloadNode extends WorkloadNodeSpec {
    name: string;
}
export interface WorkloadGraph {
    name: string;
    nodes: Record<string, WorkloadNode>;
    [member: string]: unknown;
}
export interface RunGraphOptions {
    strategy?: "sequential" | "maxParallel" | "dependencyAware" | "parallelSafe";
    onFailure?: "rollbackAll" | "partialContinue" | "haltGraph";
}
export type GraphStatus = Record<string, unknown>;
/** Declares the nodes of a graph: `graph("app", (g) => ({ db: g.node("db", {...}) }))`. */
export interface GraphBuilder {
    node(name: string, spec: WorkloadNodeSpec): WorkloadNode;
}
/** A node of a graph. It is checked when the graph is run or inspected. */
export declare function node(name: string, spec: WorkloadNodeSpec): WorkloadNode;
/** A graph of nodes, given as an object or by a function that declares them. */
export declare function graph(name: string, nodes: Record<string, WorkloadNode> | ((builder: GraphBuilder) => Record<string, WorkloadNode>)): WorkloadGraph;
/** A graph that runs. */
export declare class GraphHandle implements AsyncDisposable {
    readonly handle: number;
    private down_;
    constructor(handle: number);
    down(options?: DownOptions): Promise<CleanupReport>;
    status(): Promise<GraphStatus>;
    graph(): Promise<DependencyGraph>;
    logs(node: string, options?: LogOptions): Promise<ContainerLogs>;
    exec(node: string, cmd: string[], options?: ExecOptions): Promise<ExecResult>;
    ps(): Promise<Record<string, unknown>[]>;
    [Symbol.asyncDispose](): Promise<void>;
}
/** Runs a graph. */
export declare function runGraph(graph: WorkloadGraph, options?: RunGraphOptions): Promise<GraphHandle>;
/** Checks a graph and says what it would be; starts nothing. */
export declare function inspectGraph(graph: WorkloadGraph): Promise<GraphStatus>;
/** Where a node runs. */
export declare const runtime: {
    oci(): RuntimeSpec;
    microVm(config?: unknown): RuntimeSpec;
    wasm(module: string, config?: unknown): RuntimeSpec;
    auto(): RuntimeSpec;
};
/** How strictly a node is held. */
export declare const policy: {
    default(): PolicySpec;
    isolated(): PolicySpec;
    hardened(): PolicySpec;
    untrusted(): PolicySpec;
};
