// Nodes that can be referred to, and texts that references are part of.
import { document, text } from "./border";
import * as raw from "./raw";
import type {
  DependencyNames,
  NamedNode,
  Projection,
  WorkloadConcat,
  WorkloadDependencies,
  WorkloadNode,
  WorkloadOutput,
  WorkloadRef,
  WorkloadValue,
} from "./workloadtypes";

/**
 * A declared node: what `graph` takes, and what other nodes refer to. It has the members that it was declared with.
 *
 * `Output` are the names of its outputs, `Needs` those of the nodes that it refers to: a graph without one of them does not
 * compile. The methods say what is wanted of the node; they are no part of its JSON.
 */
export interface GraphNode<Name extends string = string, Output extends string = string, Needs extends string = any>
  extends NamedNode<Name>, Omit<WorkloadNode<never>, "name" | "env"> {
  env?: Record<string, WorkloadValue<never> | number | boolean | null>;
  /** Has no value: it tells the types of `Needs`. */
  readonly needs_?: string extends Needs ? never : Needs;
  /** Its name on the graph's network. */
  host(): WorkloadRef<Name>;
  /** `host:port`, by name, so that it holds after a restart. */
  endpoint(port?: number | string): WorkloadRef<Name>;
  /** `scheme://host:port`; the scheme is http if it is absent. */
  internalUrl(port?: number | string, scheme?: string): WorkloadRef<Name>;
  /** The address that it has on the network which the two share. */
  ip(): WorkloadRef<Name>;
  /** `127.0.0.1:49153`: what the engine published, for what is outside of the graph. */
  hostEndpoint(port?: number | string): WorkloadRef<Name>;
  hostUrl(port?: number | string, scheme?: string): WorkloadRef<Name>;
  containerId(): WorkloadRef<Name>;
  containerName(): WorkloadRef<Name>;
  /** Of a job: one of its `outputs`, or a dotted path into one that is JSON; without a name its standard output, trimmed. */
  output(name?: Output | `${Output}.${string}`): WorkloadRef<Name>;
  /** Of a job: its exit code, whatever it is. */
  exitCode(): WorkloadRef<Name>;
}

/** Its own members are those of the node's JSON, and nothing else is. */
class DeclaredNode implements GraphNode {
  readonly name: string;

  constructor(name: string, members: object) {
    this.name = name;
    Object.assign(this, members);
  }

  host(): WorkloadRef {
    return this.wanted("host");
  }

  endpoint(port?: number | string): WorkloadRef {
    return this.wanted("endpoint", port);
  }

  internalUrl(port?: number | string, scheme?: string): WorkloadRef {
    return this.wanted("internalUrl", port, scheme);
  }

  ip(): WorkloadRef {
    return this.wanted("ip");
  }

  hostEndpoint(port?: number | string): WorkloadRef {
    return this.wanted("hostEndpoint", port);
  }

  hostUrl(port?: number | string, scheme?: string): WorkloadRef {
    return this.wanted("hostUrl", port, scheme);
  }

  containerId(): WorkloadRef {
    return this.wanted("containerId");
  }

  containerName(): WorkloadRef {
    return this.wanted("containerName");
  }

  output(name?: string): WorkloadRef {
    const found = this.wanted("output");
    if (name !== undefined) found.name = name;
    return found;
  }

  exitCode(): WorkloadRef {
    return this.wanted("exitCode");
  }

  private wanted(projection: Projection, port?: number | string, scheme?: string): WorkloadRef {
    const found: WorkloadRef = { nodeId: this.name, projection };
    if (port !== undefined) found.port = port;
    if (scheme !== undefined) found.scheme = scheme;
    return found;
  }
}

/** A node as JSON has it: with names where nodes are given. */
export function written(spec: WorkloadNode): object {
  if (typeof spec !== "object" || spec === null) return spec;
  return { ...spec, depends_on: named(spec.depends_on), dependsOn: named(spec.dependsOn) };
}

function named(dependencies: WorkloadDependencies | undefined): unknown {
  if (!Array.isArray(dependencies)) return dependencies;
  return dependencies.map((each: string | NamedNode) => (typeof each === "string" ? each : each.name));
}

/** A node. It is checked when its graph is run or inspected. */
export function node<
  Name extends string,
  Output extends string = never,
  Reads extends string = never,
  const Dependencies extends WorkloadDependencies = never,
>(
  name: Name,
  spec: Omit<WorkloadNode<Reads>, "depends_on" | "dependsOn"> & {
    depends_on?: Dependencies;
    dependsOn?: Dependencies;
    outputs?: { [output in Output]: WorkloadOutput };
  },
): GraphNode<Name, Output, Reads | DependencyNames<Dependencies>> {
  const members = JSON.parse(raw.workload_node(text(name, "name"), document(written(spec)))) as object;
  return new DeclaredNode(name, members) as unknown as GraphNode<
    Name,
    Output,
    Reads | DependencyNames<Dependencies>
  >;
}

/** A text with references in it: ref`postgres://app@${db.endpoint(5432)}/app`. */
export function ref<Node extends string = never>(
  parts: TemplateStringsArray,
  ...values: (WorkloadValue<Node> | number)[]
): WorkloadConcat<Node> {
  const found: (string | WorkloadRef<Node>)[] = [];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at]!;
    if (part !== "") found.push(part);
    if (at < values.length) for (const piece of pieces<Node>(values[at]!)) found.push(piece);
  }
  return { concat: found };
}

function pieces<Node extends string>(value: WorkloadValue<Node> | number): (string | WorkloadRef<Node>)[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  return "concat" in value ? value.concat : [value];
}
