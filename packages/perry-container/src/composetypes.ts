// The Compose Specification's documents as far as programs usually write them; other members of the specification are
// taken as well, and anything that is in neither is refused by name.
import type { Duration, HealthCheck, PortMapping, PullPolicy, RegistryOptions, Size, VolumeMount } from "./types";

export interface ComposeBuild {
  context?: string;
  dockerfile?: string;
  dockerfile_inline?: string;
  args?: Record<string, string | number | boolean | null> | string[];
  labels?: Record<string, string> | string[];
  target?: string;
  network?: string;
  [member: string]: unknown;
}

export type DependencyCondition = "service_started" | "service_healthy" | "service_completed_successfully";

export interface ComposeDependency {
  condition?: DependencyCondition;
  restart?: boolean;
  required?: boolean;
}

export interface ComposeService {
  image?: string;
  container_name?: string;
  build?: string | ComposeBuild;
  command?: string | string[] | null;
  entrypoint?: string | string[] | null;
  environment?: Record<string, string | number | boolean | null> | string[];
  env_file?: string | (string | Record<string, unknown>)[];
  labels?: Record<string, string> | string[];
  ports?: (string | number | PortMapping)[];
  expose?: (string | number)[];
  volumes?: (string | VolumeMount)[];
  networks?: string[] | Record<string, Record<string, unknown> | null>;
  depends_on?: string[] | Record<string, ComposeDependency>;
  restart?: string;
  healthcheck?: HealthCheck;
  user?: string;
  working_dir?: string;
  read_only?: boolean;
  privileged?: boolean;
  cap_add?: string[];
  cap_drop?: string[];
  security_opt?: string[];
  scale?: number;
  profiles?: string[];
  init?: boolean;
  tmpfs?: string | string[];
  stop_signal?: string;
  stop_grace_period?: Duration;
  pull_policy?: PullPolicy | "build";
  platform?: string;
  hostname?: string;
  extra_hosts?: string[] | Record<string, string>;
  mem_limit?: Size;
  deploy?: Record<string, unknown>;
  [member: string]: unknown;
}

export interface ComposeNetwork {
  driver?: string;
  driver_opts?: Record<string, string>;
  external?: boolean;
  name?: string;
  internal?: boolean;
  attachable?: boolean;
  labels?: Record<string, string> | string[];
  [member: string]: unknown;
}

export interface ComposeVolume {
  driver?: string;
  driver_opts?: Record<string, string>;
  external?: boolean;
  name?: string;
  labels?: Record<string, string> | string[];
  [member: string]: unknown;
}

/** A Compose document. */
export interface ComposeSpec {
  /** The project: scopes every container, network and volume. */
  name?: string;
  version?: string;
  services: Record<string, ComposeService>;
  networks?: Record<string, ComposeNetwork | null>;
  volumes?: Record<string, ComposeVolume | null>;
  configs?: Record<string, Record<string, unknown>>;
  secrets?: Record<string, Record<string, unknown>>;
  [member: string]: unknown;
}

/** Which files to load; with none, compose.yaml and its kin in the project directory. */
export interface LoadRequest {
  files?: string[];
  projectDirectory?: string;
  projectName?: string;
  profiles?: string[];
  envFiles?: string[];
  env?: Record<string, string>;
}

export interface UpOptions {
  detach?: boolean;
  build?: boolean;
  /** Absent means all. */
  services?: string[];
  removeOrphans?: boolean;
  forceRecreate?: boolean;
  noRecreate?: boolean;
  pull?: PullPolicy;
  /** Until everything runs and what has a health check is healthy. */
  wait?: boolean;
  waitTimeout?: Duration;
  profiles?: string[];
  scale?: Record<string, number>;
  /** false: what was created stays there after a failure. */
  rollback?: boolean;
}

export interface DownOptions {
  volumes?: boolean;
  removeOrphans?: boolean;
  timeout?: Duration;
  images?: "all" | "local";
}

export interface StackLogOptions {
  services?: string[];
  /** The same as services with one name. */
  service?: string;
  tail?: number | "all";
  since?: number | string;
  timestamps?: boolean;
}

export interface LifecycleOptions {
  timeout?: Duration;
  signal?: string;
  [member: string]: unknown;
}

export interface RunOptions {
  command?: string[];
  env?: Record<string, string>;
  user?: string;
  workdir?: string;
  stdin?: string;
  [member: string]: unknown;
}

export interface StackExecOptions {
  env?: Record<string, string>;
  workdir?: string;
  user?: string;
  stdin?: string;
  /** Which of the service's containers, from 1. */
  index?: number;
}

export type StackRegistryOptions = RegistryOptions & { services?: string[]; [member: string]: unknown };
export type StackBuildOptions = { services?: string[]; [member: string]: unknown };

/** A resolved project, ready for `up`. */
export type ComposeProject = ComposeSpec & { name: string };

/** What `up` would do, and why. */
export type Plan = Record<string, unknown>;

export interface ServiceStatus {
  service: string;
  name: string;
  id: string;
  image: string;
  status: string;
  health?: string;
  exitCode?: number;
  ports: string[];
  [member: string]: unknown;
}

export type StackStatus = Record<string, unknown>;

/** One line of a service's container. */
export interface StackLogRecord {
  service: string;
  stream: "stdout" | "stderr";
  text: string;
  [member: string]: unknown;
}

export type StackLogs = Record<string, unknown>;

export interface StackEvent {
  service?: string;
  action: string;
  [member: string]: unknown;
}

export type DependencyGraph = Record<string, unknown>;
export type RegistryReport = Record<string, unknown>;
