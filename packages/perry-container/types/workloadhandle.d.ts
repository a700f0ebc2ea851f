import { RecordStream } from "./streams";
import type { CleanupReport, ContainerLogs, ExecOptions, ExecResult, LogOptions } from "./types";
import type { DownOptions } from "./composetypes";
import type { GraphLogOptions, WaitGraphOptions } from "./workloadtypes";
import type { GraphDocument, GraphEvent, GraphLogRecord, GraphStatus, NodeInfo } from "./workloadstatus";
/** A graph that runs, or has run. `await using run = await runGraph(app)` takes it down at the end of the block. */
export declare class GraphHandle<Node extends string = string> implements AsyncDisposable {
    /** The number of the graph, for the raw operations. */
    readonly handle: number;
    private down_;
    constructor(handle: number);
    /** Takes the graph down. Volumes stay unless `volumes` is true. What could not be removed is in the report's errors. */
    down(options?: DownOptions): Promise<CleanupReport>;
    /** The state of the graph, node by node. */
    status(): Promise<GraphStatus<Node>>;
    /** The containers of the graph. */
    ps(): Promise<NodeInfo<Node>[]>;
    /** Who depends on whom; its members `dot` and `mermaid` draw it. */
    graph(): Promise<GraphDocument<Node>>;
    /** The log so far of a node, or of all of them, each line after its node's name. */
    logs(node?: Node | null, options?: LogOptions): Promise<ContainerLogs>;
    /** Follows the logs, those of later tries too: `for await (const line of await run.followLogs({ nodes: ["api"] }))`. */
    followLogs(options?: GraphLogOptions<Node>): Promise<RecordStream<GraphLogRecord<Node>>>;
    /** What happens to the graph, from now on. */
    events(): Promise<RecordStream<GraphEvent<Node>>>;
    /** Waits until every service is ready and every job has ended. */
    wait(options?: WaitGraphOptions): Promise<GraphStatus<Node>>;
    /** Runs a command in a node's container. */
    exec(node: Node, cmd: string[], options?: ExecOptions): Promise<ExecResult>;
    [Symbol.asyncDispose](): Promise<void>;
}
/** The graph that a failed run left standing (`haltGraph`), for its logs and its `down`; null for any other error. */
export declare function haltedGraph<Node extends string = string>(error: unknown): GraphHandle<Node> | null;
