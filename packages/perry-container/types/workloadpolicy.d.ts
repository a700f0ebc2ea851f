import type { PolicySpec, RuntimeSpec } from "./workloadtypes";
/** What is added to a tier: it takes nothing away. */
export type PolicyFlags = Omit<PolicySpec, "tier">;
/** Where a node runs. */
export declare const runtime: {
    /** A container, or what isolates more. */
    oci(config?: unknown): RuntimeSpec;
    /** A virtual machine; an engine without one refuses the node. */
    microVm(config?: unknown): RuntimeSpec;
    microvm(config?: unknown): RuntimeSpec;
    wasm(module?: string, config?: unknown): RuntimeSpec;
    /** The least that the policy's tier demands. */
    auto(config?: unknown): RuntimeSpec;
};
/** How strictly a node is held: a tier, and flags that add to it. */
export declare const policy: {
    default(flags?: PolicyFlags): PolicySpec;
    /** No network. */
    isolated(flags?: PolicyFlags): PolicySpec;
    /** A read-only root, few capabilities, the library's seccomp profile. */
    hardened(flags?: PolicyFlags): PolicySpec;
    /** A kernel of its own, no network, no capability; an engine without one refuses the node. */
    untrusted(flags?: PolicyFlags): PolicySpec;
};
