// Words for where a node runs and how strictly it is held.
import type { PolicySpec, RuntimeSpec } from "./workloadtypes";

/** What is added to a tier: it takes nothing away. */
export type PolicyFlags = Omit<PolicySpec, "tier">;

function specified(type: RuntimeSpec["type"], config?: unknown, module?: string): RuntimeSpec {
  const found: RuntimeSpec = { type };
  if (module !== undefined) found.module = module;
  if (config !== undefined) found.config = config;
  return found;
}

/** Where a node runs. */
export const runtime = {
  /** A container, or what isolates more. */
  oci(config?: unknown): RuntimeSpec {
    return specified("oci", config);
  },
  /** A virtual machine; an engine without one refuses the node. */
  microVm(config?: unknown): RuntimeSpec {
    return specified("microVm", config);
  },
  microvm(config?: unknown): RuntimeSpec {
    return specified("microVm", config);
  },
  wasm(module?: string, config?: unknown): RuntimeSpec {
    return specified("wasm", config, module);
  },
  /** The least that the policy's tier demands. */
  auto(config?: unknown): RuntimeSpec {
    return specified("auto", config);
  },
};

/** How strictly a node is held: a tier, and flags that add to it. */
export const policy = {
  default(flags?: PolicyFlags): PolicySpec {
    return { tier: "default", ...flags };
  },
  /** No network. */
  isolated(flags?: PolicyFlags): PolicySpec {
    return { tier: "isolated", ...flags };
  },
  /** A read-only root, few capabilities, the library's seccomp profile. */
  hardened(flags?: PolicyFlags): PolicySpec {
    return { tier: "hardened", ...flags };
  },
  /** A kernel of its own, no network, no capability; an engine without one refuses the node. */
  untrusted(flags?: PolicyFlags): PolicySpec {
    return { tier: "untrusted", ...flags };
  },
};
