import { GraphHandle, haltedGraph } from "./workloadhandle";
import { node, ref } from "./workloadnode";
import { policy, runtime } from "./workloadpolicy";
import type { GraphNode } from "./workloadnode";
import type { GraphMembers, RunGraphOptions, WorkloadGraph, WorkloadNode } from "./workloadtypes";
import type { GraphPlan } from "./workloadstatus";
export { ContainerError } from "./errors";
export type { ErrorDetails, ErrorKind } from "./errors";
export { RecordStream } from "./streams";
export { GraphHandle, haltedGraph, node, policy, ref, runtime };
export type { GraphNode } from "./workloadnode";
export type { PolicyFlags } from "./workloadpolicy";
export type * from "./workloadtypes";
export type * from "./workloadstatus";
export type { CleanupReport, ContainerLogs, ExecResult, HealthCheck } from "./types";
/** What `graph` takes of a node. */
export type WorkloadNodeSpec<Node extends string = string> = WorkloadNode<Node>;
/** Declares the nodes of a graph: `graph("app", (g) => ({ db: g.node("db", {...}) }))`. */
export interface GraphBuilder {
    node: typeof node;
}
/** Declared nodes, each under its own name, and with all that they refer to. */
export type DeclaredNodes<Nodes> = {
    [Name in keyof Nodes]: GraphNode<Name & string, any, keyof Nodes & string>;
};
/** The names of nodes that are given as an object, or declared by a function. */
export type NamesOf<Node extends string, Nodes> = Node | (keyof Nodes & string);
/** An object, and no function. */
export type NoFunction = {
    readonly [Symbol.hasInstance]?: never;
};
/**
 * A graph of nodes, given by a function that declares them or as an object. It is checked when it is run or inspected; names of
 * nodes are checked by the compiler, too.
 */
export declare function graph<Node extends string = never, Nodes extends Record<string, GraphNode<string, any, any>> = {}>(name: string, nodes: ({
    [name in Node]: WorkloadNode<NoInfer<Node>>;
} & NoFunction) | ((builder: GraphBuilder) => Nodes & DeclaredNodes<Nodes>), members?: GraphMembers<NoInfer<NamesOf<Node, Nodes>>>): WorkloadGraph<NamesOf<Node, Nodes>>;
/** Runs a graph, and settles when every service is ready and every job has ended. */
export declare function runGraph<Node extends string>(graph: WorkloadGraph<Node>, options?: RunGraphOptions<NoInfer<Node>>): Promise<GraphHandle<Node>>;
/** What a run of a graph without options would do, and why; starts nothing. */
export declare function inspectGraph<Node extends string>(graph: WorkloadGraph<Node>): Promise<GraphPlan<Node>>;
/** What a run of a graph with these options would do, and why; starts nothing. */
export declare function planGraph<Node extends string>(graph: WorkloadGraph<Node>, options?: RunGraphOptions<NoInfer<Node>>): Promise<GraphPlan<Node>>;
/** Takes over a graph that is there already, whoever ran it. */
export declare function attachGraph<Node extends string = string>(name: string): Promise<GraphHandle<Node>>;
