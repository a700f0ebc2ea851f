/** Where a node is in its life. */
export type Phase = "pending" | "waiting" | "pulling" | "creating" | "starting" | "running" | "ready" | "retrying" | "succeeded" | "failed" | "skipped" | "cancelled" | "stopped" | "rolledBack";
/** The same in five words; "unknown": the engine does not answer. */
export type NodeState = "running" | "stopped" | "failed" | "pending" | "unknown";
/** One node. */
export interface NodeDetails {
    phase: Phase;
    kind: "service" | "job";
    attempt: number;
    /** How many there may be. */
    attempts: number;
    /** The name of its container. */
    container: string | null;
    exitCode: number | null;
    oomKilled: boolean | null;
    reason: string | null;
    /** The edges that do not hold yet: `db (ready)`. */
    waitingFor: string[];
    /** Seconds since 1970. */
    startedAt: number | null;
    finishedAt: number | null;
    /** What it really has: "container", "gvisor" or "microvm". */
    isolation: string | null;
    /** It is left from a run before. */
    reused: boolean;
}
/** The state of a graph. */
export interface GraphStatus<Node extends string = string> {
    nodes: Record<Node, NodeState>;
    /** No node failed, every service is ready, every job succeeded or had no reason to run. */
    healthy: boolean;
    /** Of the nodes that failed. */
    errors: Record<string, string>;
    phases: Record<Node, Phase>;
    details: Record<Node, NodeDetails>;
}
/** One container of a graph. */
export interface NodeInfo<Node extends string = string> {
    nodeId: Node;
    name: string;
    containerId: string;
    state: NodeState;
    image: string;
    phase: string;
    attempt: number;
    exitCode: number | null;
    health: string | null;
    ipAddress: string | null;
    ports: string[];
}
/** That `from` depends on `to`. */
export interface EdgeRow<Node extends string = string> {
    from: Node;
    to: Node;
    condition: string;
    required: boolean;
    /** What says so: "depends_on", "edge", "ref". */
    origin: string[];
}
export interface PlanRow {
    step: number;
    action: string;
    target: string;
    /** Why it is done. */
    cause: string;
    node: string | null;
    /** The steps that have to end before it. */
    after: number[];
}
/** What a node asks for, and what it would run in. */
export interface NodeIsolation {
    tier: string;
    wanted: string;
    /** Null: nobody knows, or nothing is enough. */
    runtime: string | null;
    level: string | null;
    /** By what is not enforced, why. */
    notEnforced: Record<string, string>;
}
/** What a run would do. Nothing of it has been done: all nodes are pending, and healthy is what nothing stands against. */
export interface GraphPlan<Node extends string = string> extends GraphStatus<Node> {
    name: string;
    edges: EdgeRow<Node>[];
    /** Nodes that may run at the same time, in the order of what they need. */
    levels: Node[][];
    plan: PlanRow[];
    isolation: Record<Node, NodeIsolation>;
    warnings: string[];
}
/** Who depends on whom, and the same for Graphviz and Mermaid. */
export interface GraphDocument<Node extends string = string> {
    nodes: Node[];
    edges: EdgeRow<Node>[];
    dot: string;
    mermaid: string;
}
/** Something that happened; `kind` says what, and which members there are beside it. */
export interface GraphEvent<Node extends string = string> {
    version: number;
    /** Counts up by one; where it does not, a record of kind "gap" says how many are missing. */
    seq: number;
    kind: string;
    node?: Node;
    phase?: Phase;
    attempt?: number;
    reason?: string;
    exitCode?: number;
    /** Of an output: its name; never its value. */
    name?: string;
    [member: string]: unknown;
}
/** One line of one node, without its newline. */
export interface GraphLogRecord<Node extends string = string> {
    node: Node;
    attempt: number;
    container: string;
    stream: "stdout" | "stderr";
    text: string;
    time: string;
    /** No newline followed. */
    partial?: boolean;
}
