/// <reference lib="esnext.disposable" />
// perry-container/workloads: graphs of workloads that refer to each other.
import { document, json, settled, text } from "./border";
import * as raw from "./raw";
import { refused } from "./errors";
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
export function node(name: string, spec: WorkloadNodeSpec): WorkloadNode {
  return JSON.parse(raw.workload_node(text(name, "name"), document(spec))) as WorkloadNode;
}

/** A graph of nodes, given as an object or by a function that declares them. */
export function graph(
  name: string,
  nodes: Record<string, WorkloadNode> | ((builder: GraphBuilder) => Record<string, WorkloadNode>),
): WorkloadGraph {
  const declared = typeof nodes === "function" ? nodes({ node }) : nodes;
  return JSON.parse(raw.workload_graph(text(name, "name"), document({ nodes: declared }))) as WorkloadGraph;
}

/** A graph that runs. */
export class GraphHandle implements AsyncDisposable {
  readonly handle: number;
  private down_: boolean;

  constructor(handle: number) {
    if (!Number.isSafeInteger(handle)) throw refused("graph", "a GraphHandle or its handle");
    this.handle = handle;
    this.down_ = false;
  }

  async down(options?: DownOptions): Promise<CleanupReport> {
    return json<CleanupReport>(raw.workload_handle_down(this.handle, document(options))).then((report) => {
      this.down_ = report.errors.length === 0;
      return report;
    });
  }

  async status(): Promise<GraphStatus> {
    return json<GraphStatus>(raw.workload_handle_status(this.handle));
  }

  async graph(): Promise<DependencyGraph> {
    return json<DependencyGraph>(raw.workload_handle_graph(this.handle));
  }

  async logs(node: string, options?: LogOptions): Promise<ContainerLogs> {
    return json<ContainerLogs>(raw.workload_handle_logs(this.handle, text(node, "node"), document(options)));
  }

  async exec(node: string, cmd: string[], options?: ExecOptions): Promise<ExecResult> {
    return json<ExecResult>(
      raw.workload_handle_exec(this.handle, text(node, "node"), document(cmd), document(options)),
    );
  }

  async ps(): Promise<Record<string, unknown>[]> {
    return json<Record<string, unknown>[]>(raw.workload_handle_ps(this.handle));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.down_ ? undefined : this.down().then(() => undefined);
  }
}

/** Runs a graph. */
export async function runGraph(graph: WorkloadGraph, options?: RunGraphOptions): Promise<GraphHandle> {
  return settled(raw.workload_runGraph(document(graph), document(options))).then((handle) => new GraphHandle(handle));
}

/** Checks a graph and says what it would be; starts nothing. */
export async function inspectGraph(graph: WorkloadGraph): Promise<GraphStatus> {
  return json<GraphStatus>(raw.workload_inspectGraph(document(graph)));
}

/** Where a node runs. */
export const runtime = {
  oci(): RuntimeSpec {
    return { type: "oci" };
  },
  microVm(config?: unknown): RuntimeSpec {
    return config === undefined ? { type: "microVm" } : { type: "microVm", config };
  },
  wasm(module: string, config?: unknown): RuntimeSpec {
    return config === undefined ? { type: "wasm", module } : { type: "wasm", module, config };
  },
  auto(): RuntimeSpec {
    return { type: "auto" };
  },
};

/** How strictly a node is held. */
export const policy = {
  default(): PolicySpec {
    return { tier: "default" };
  },
  isolated(): PolicySpec {
    return { tier: "isolated" };
  },
  hardened(): PolicySpec {
    return { tier: "hardened" };
  },
  untrusted(): PolicySpec {
    return { tier: "untrusted" };
  },
};
