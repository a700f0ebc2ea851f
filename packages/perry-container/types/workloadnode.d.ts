import type { DependencyNames, NamedNode, WorkloadConcat, WorkloadDependencies, WorkloadNode, WorkloadOutput, WorkloadRef, WorkloadValue } from "./workloadtypes";
/**
 * A declared node: what `graph` takes, and what other nodes refer to. It has the members that it was declared with.
 *
 * `Output` are the names of its outputs, `Needs` those of the nodes that it refers to: a graph without one of them does not
 * compile. The methods say what is wanted of the node; they are no part of its JSON.
 */
export interface GraphNode<Name extends string = string, Output extends string = string, Needs extends string = any> extends NamedNode<Name>, Omit<WorkloadNode<never>, "name" | "env"> {
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
/** A node as JSON has it: with names where nodes are given. */
export declare function written(spec: WorkloadNode): object;
/** A node. It is checked when its graph is run or inspected. */
export declare function node<Name extends string, Output extends string = never, Reads extends string = never, const Dependencies extends WorkloadDependencies = never>(name: Name, spec: Omit<WorkloadNode<Reads>, "depends_on" | "dependsOn"> & {
    depends_on?: Dependencies;
    dependsOn?: Dependencies;
    outputs?: {
        [output in Output]: WorkloadOutput;
    };
}): GraphNode<Name, Output, Reads | DependencyNames<Dependencies>>;
/** A text with references in it: ref`postgres://app@${db.endpoint(5432)}/app`. */
export declare function ref<Node extends string = never>(parts: TemplateStringsArray, ...values: (WorkloadValue<Node> | number)[]): WorkloadConcat<Node>;
