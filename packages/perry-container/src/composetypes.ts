// The Compose Specification's documents: every attribute of a service, and of the others what programs usually write; other
// members of the specification are taken as well, and anything that is in neither is refused by name.
import type {
  ContainerStatus,
  Duration,
  ExecResult,
  Health,
  HealthCheck,
  LogOptions,
  PortMapping,
  PullPolicy,
  Size,
  VerifyPolicy,
  VolumeMount,
} from "./types";

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

/** Names with values, or `name=value` each. */
export type Pairs = Record<string, string | number | boolean | null> | string[];

/** A config or secret that a service gets, by its name in the document or with its place. */
export type Grant = string | { source?: string; target?: string; uid?: string; gid?: string; mode?: number | string };

export interface DeviceRequest {
  capabilities: string[];
  count?: number | string;
  device_ids?: string[];
  driver?: string;
  options?: Pairs;
}

/** A command in a container: after its start, or before its stop. */
export interface Hook {
  command: string | string[];
  user?: string;
  privileged?: boolean;
  working_dir?: string;
  environment?: Pairs;
}

export interface RateLimit {
  path: string;
  rate: number | string;
}

export interface BlkioConfig {
  weight?: number | string;
  weight_device?: { path: string; weight: number | string }[];
  device_read_bps?: RateLimit[];
  device_read_iops?: RateLimit[];
  device_write_bps?: RateLimit[];
  device_write_iops?: RateLimit[];
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
  mem_reservation?: Size;
  mem_swappiness?: number | string;
  memswap_limit?: Size;
  shm_size?: Size;
  cpus?: number | string;
  cpuset?: string;
  cpu_count?: number | string;
  cpu_percent?: number | string;
  cpu_period?: number | string;
  cpu_quota?: number | string;
  cpu_rt_period?: number | string;
  cpu_rt_runtime?: number | string;
  cpu_shares?: number | string;
  pids_limit?: number | string;
  oom_kill_disable?: boolean;
  oom_score_adj?: number | string;
  ulimits?: Record<string, number | string | { soft: number | string; hard: number | string }>;
  blkio_config?: BlkioConfig;
  storage_opt?: Record<string, unknown>;
  devices?: (string | { source: string; target?: string; permissions?: string })[];
  device_cgroup_rules?: string[];
  gpus?: "all" | DeviceRequest[];
  configs?: Grant[];
  secrets?: Grant[];
  volumes_from?: string[];
  links?: string[];
  external_links?: string[];
  network_mode?: string;
  mac_address?: string;
  domainname?: string;
  dns?: string | string[];
  dns_opt?: string[];
  dns_search?: string | string[];
  ipc?: string;
  pid?: string | null;
  uts?: string;
  userns_mode?: string;
  cgroup?: "host" | "private";
  cgroup_parent?: string;
  isolation?: string;
  runtime?: string;
  sysctls?: Pairs;
  group_add?: (string | number)[];
  credential_spec?: { config?: string; file?: string; registry?: string };
  stdin_open?: boolean;
  tty?: boolean;
  /** Whether its output is shown beside the others'; of no meaning where nothing is attached. */
  attach?: boolean;
  logging?: { driver?: string; options?: Record<string, string | number | null> };
  annotations?: Pairs;
  label_file?: string | string[];
  pull_refresh_after?: string;
  extends?: string | { service: string; file?: string };
  pre_start?: (Hook & { image?: string; per_replica?: boolean })[];
  post_start?: Hook[];
  pre_stop?: Hook[];
  models?: string[] | Record<string, { endpoint_var?: string; model_var?: string } | null>;
  provider?: { type: string; options?: Record<string, string | number | boolean | (string | number | boolean)[]> };
  /** Gives the container the engine's own socket, with the user's credentials for registries. */
  use_api_socket?: boolean;
  develop?: Record<string, unknown> | null;
  deploy?: Record<string, unknown> | null;
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
  /** Taken, and without meaning: a promise never attaches. */
  detach?: boolean;
  build?: boolean;
  /** Absent means all. */
  services?: string[];
  removeOrphans?: boolean;
  forceRecreate?: boolean;
  noRecreate?: boolean;
  /** With services: what they depend on is made anew too. */
  alwaysRecreateDeps?: boolean;
  /** Containers are made anew, with anonymous volumes that are empty. */
  renewAnonVolumes?: boolean;
  /** false: what the services depend on is left out. */
  dependencies?: boolean;
  /** false: what is created is not started. */
  start?: boolean;
  pull?: "always" | "missing" | "never";
  /** Until everything runs, and what has a health check is healthy. */
  wait?: boolean;
  waitTimeout?: Duration;
  profiles?: string[];
  scale?: Record<string, number>;
  /** false: what was created stays there after a failure. */
  rollback?: boolean;
  /** A member that the engine does not fully honour is an error instead of a warning. */
  strict?: boolean;
  /** The successor of a container serves before that one stops, where the file does not say `order: stop-first`. */
  rolling?: boolean;
  /** Seconds before a container that has to stop is killed. */
  timeout?: Duration;
  /** Wins over the document's own name, which wins over COMPOSE_PROJECT_NAME. */
  projectName?: string;
  /** Of relative paths; its .env is read for a document that load did not resolve. Absent: no .env is read. */
  projectDirectory?: string;
  /** Whose signatures the images must have, in addition to the machine's policy and the document's `x-perry-verify`. */
  verify?: VerifyPolicy;
}

export interface DownOptions {
  volumes?: boolean;
  removeOrphans?: boolean;
  timeout?: Duration;
  images?: "all" | "local";
}

export interface StackLogOptions extends LogOptions {
  services?: string[];
  /** The same as services with one name. */
  service?: string;
}

export interface LifecycleOptions {
  /** Of a stop or restart: seconds before the kill. Of a start: seconds for the conditions. */
  timeout?: Duration;
  /** Of a restart: false leaves those as they are that ask to restart with a service (restart: true). */
  dependents?: boolean;
  /** Of a kill. */
  signal?: string;
}

/** A one-off container of a service. */
export interface RunOptions {
  cmd?: string[];
  entrypoint?: string[];
  env?: Record<string, string>;
  user?: string;
  workdir?: string;
  name?: string;
  labels?: Record<string, string>;
  rm?: boolean;
  /** false: what the service depends on is not started. */
  dependencies?: boolean;
  servicePorts?: boolean;
  timeout?: Duration;
}

export interface RunResult extends ExecResult {
  id: string;
  name: string;
}

export interface ImagesOptions {
  /** Absent means all. */
  services?: string[];
  /** Go on where one fails. */
  ignoreFailures?: boolean;
}

export interface ImagesReport {
  /** What was built, pulled or pushed. */
  images: string[];
  /** One line for each that failed. */
  errors: string[];
}

/**
 * A resolved project, ready for `up`: final, whatever the environment then says. Values of secrets that an env file or
 * `LoadRequest.env` gave are in it (`x-perry-resolved`): it is as secret as they are.
 */
export type ComposeProject = ComposeSpec & { name: string };

export interface PlanStep {
  step: number;
  action: string;
  target: string;
  /** Why it is done. */
  cause: string;
  service: string | null;
  /** The steps that have to end before it. */
  after: number[];
}

/** What `up` would do, and why. */
export interface Plan {
  project: string;
  steps: PlanStep[];
  notes: string[];
}

/** One container of a stack. */
export interface ServiceStatus {
  id: string;
  name: string;
  service: string;
  number: number;
  image: string;
  status: ContainerStatus;
  /** Null where there is no health check, it does not run, or nobody has probed it for an interval (podman without systemd). */
  health: Health | null;
  exitCode: number | null;
  ports: string[];
  /** Of `run`. */
  oneOff: boolean;
  /** Only of a task of a cluster: the machine that it is on; empty while nobody knows. */
  node?: string;
  /** Only of a task of a cluster: why it does not run. */
  error?: string;
}

export type ServiceState = "missing" | "partial" | "completed" | ContainerStatus;

export interface StackStatus {
  project: string;
  status: ServiceState;
  services: Record<
    string,
    { status: ServiceState; running: number; wanted: number; health: Health | null; containers: string[] }
  >;
}

/** One line of one container, without its newline. */
export interface LogRecord {
  service: string;
  container: string;
  replica: number;
  stream: "stdout" | "stderr";
  text: string;
  time: string;
  /** No newline followed. */
  partial?: boolean;
  /** Only of a task of a cluster: where it runs. */
  node?: string;
}

/**
 * Something that happened; `kind` says what, and which members there are beside it. "verb": an operation on a project, "step": one of its
 * steps, "wait": what a container is waited to be, each with `state` ("started", "done", "failed"); "progress": of a pull, push or build;
 * "kept": a container that an `up` leaves running as it is; "warning", "rollback", "verified", "gap", and what the engine tells.
 */
export interface StackEvent {
  version: number;
  /** Counts up by one; where it does not, a record of kind "gap" says how many are missing. */
  seq: number;
  kind: string;
  service?: string;
  action?: string;
  exitCode?: number;
  health?: Health;
  [member: string]: unknown;
}

export interface DependencyGraph {
  nodes: string[];
  edges: { from: string; to: string; condition: DependencyCondition }[];
}
