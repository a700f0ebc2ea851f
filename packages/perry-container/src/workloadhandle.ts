/// <reference lib="esnext.disposable" />
import { document, json, settled, text } from "./border";
import * as raw from "./raw";
import { ContainerError, refused } from "./errors";
import { RecordStream } from "./streams";
import type { CleanupReport, ContainerLogs, ExecOptions, ExecResult, LogOptions } from "./types";
import type { DownOptions } from "./composetypes";
import type { GraphLogOptions, WaitGraphOptions } from "./workloadtypes";
import type { GraphDocument, GraphEvent, GraphLogRecord, GraphStatus, NodeInfo } from "./workloadstatus";

/** A graph that runs, or has run. `await using run = await runGraph(app)` takes it down at the end of the block. */
export class GraphHandle<Node extends string = string> implements AsyncDisposable {
  /** The number of the graph, for the raw operations. */
  readonly handle: number;
  private down_: boolean;

  constructor(handle: number) {
    if (!Number.isSafeInteger(handle)) throw refused("graph", "a GraphHandle or its handle");
    this.handle = handle;
    this.down_ = false;
  }

  /** Takes the graph down. Volumes stay unless `volumes` is true. What could not be removed is in the report's errors. */
  async down(options?: DownOptions): Promise<CleanupReport> {
    return json<CleanupReport>(raw.workload_handle_down(this.handle, document(options))).then((report) => {
      this.down_ = report.errors.length === 0;
      return report;
    });
  }

  /** The state of the graph, node by node. */
  async status(): Promise<GraphStatus<Node>> {
    return json<GraphStatus<Node>>(raw.workload_handle_status(this.handle));
  }

  /** The containers of the graph. */
  async ps(): Promise<NodeInfo<Node>[]> {
    return json<NodeInfo<Node>[]>(raw.workload_handle_ps(this.handle));
  }

  /** Who depends on whom; its members `dot` and `mermaid` draw it. */
  async graph(): Promise<GraphDocument<Node>> {
    return json<GraphDocument<Node>>(raw.workload_handle_graph(this.handle));
  }

  /** The log so far of a node, or of all of them, each line after its node's name. */
  async logs(node?: Node | null, options?: LogOptions): Promise<ContainerLogs> {
    const name = node === undefined || node === null ? "" : text(node, "node");
    return json<ContainerLogs>(raw.workload_handle_logs(this.handle, name, document(options)));
  }

  /** Follows the logs, those of later tries too: `for await (const line of await run.followLogs({ nodes: ["api"] }))`. */
  async followLogs(options?: GraphLogOptions<Node>): Promise<RecordStream<GraphLogRecord<Node>>> {
    return settled(raw.workload_handle_followLogs(this.handle, document(options))).then(
      (handle) => new RecordStream<GraphLogRecord<Node>>(handle),
    );
  }

  /** What happens to the graph, from now on. */
  async events(): Promise<RecordStream<GraphEvent<Node>>> {
    return settled(raw.workload_handle_events(this.handle)).then(
      (handle) => new RecordStream<GraphEvent<Node>>(handle),
    );
  }

  /** Waits until every service is ready and every job has ended. */
  async wait(options?: WaitGraphOptions): Promise<GraphStatus<Node>> {
    return json<GraphStatus<Node>>(raw.workload_handle_wait(this.handle, document(options)));
  }

  /** Runs a command in a node's container. */
  async exec(node: Node, cmd: string[], options?: ExecOptions): Promise<ExecResult> {
    return json<ExecResult>(
      raw.workload_handle_exec(this.handle, text(node, "node"), document(cmd), document(options)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.down_ ? undefined : this.down().then(() => undefined);
  }
}

/** The graph that a failed run left standing (`haltGraph`), for its logs and its `down`; null for any other error. */
export function haltedGraph<Node extends string = string>(error: unknown): GraphHandle<Node> | null {
  if (!(error instanceof ContainerError)) return null;
  const handle = error.details["graph"];
  return typeof handle === "number" ? new GraphHandle<Node>(handle) : null;
}
