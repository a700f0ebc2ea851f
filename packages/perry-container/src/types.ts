// The documents that cross the border. Members keep the engine's and the Compose Specification's spelling.

/** Seconds, or a duration such as "1m30s". */
export type Duration = number | string;
/** Bytes, or a size such as "512m". */
export type Size = number | string;

export interface PortMapping {
  target: number | string;
  published?: number | string;
  host_ip?: string;
  protocol?: "tcp" | "udp" | "sctp";
  [member: string]: unknown;
}

export interface VolumeMount {
  type: string;
  source?: string;
  target: string;
  read_only?: boolean;
  [member: string]: unknown;
}

export interface HealthCheck {
  /** `["CMD", program, argument...]`, `["CMD-SHELL", line, argument...]` (its `$0`, `$1`...), `["NONE"]`, or a shell line. */
  test?: string | string[];
  interval?: Duration;
  timeout?: Duration;
  retries?: number;
  start_period?: Duration;
  start_interval?: Duration;
  disable?: boolean;
}

export interface NetworkAttachment {
  aliases?: string[];
  ipv4_address?: string;
  ipv6_address?: string;
  link_local_ips?: string[];
  mac_address?: string;
  driver_opts?: Record<string, string>;
}

export type PullPolicy = "always" | "missing" | "if_not_present" | "never";
export type IsolationLevel = "container" | "microvm";

/** One container to run or create; only `image` is required. */
export interface ContainerSpec {
  image: string;
  /** Absent: a name is made from the image and a random part. */
  name?: string;
  /** `8080:80`, `127.0.0.1:8080:80/udp`, ranges, or objects. */
  ports?: (string | number | PortMapping)[];
  /** `source:target[:options]`, `/target`, or objects. */
  volumes?: (string | VolumeMount)[];
  env?: Record<string, string | number | boolean | null> | string[];
  /** Arguments in place of the image's; never a shell line. */
  cmd?: string[];
  entrypoint?: string[];
  network?: string;
  /** Removed, with its anonymous volumes, when it ends. */
  rm?: boolean;
  labels?: Record<string, string>;
  read_only?: boolean;
  privileged?: boolean;
  user?: string | number;
  workdir?: string;
  cap_add?: string[];
  cap_drop?: string[];
  /** `default`, `unconfined`, or the path of a JSON profile. */
  seccomp?: string;
  no_new_privileges?: boolean;
  networks?: string[] | Record<string, NetworkAttachment | null>;
  aliases?: string[];
  hostname?: string;
  restart?: string;
  healthcheck?: HealthCheck;
  memory?: Size;
  cpus?: number | string;
  pids_limit?: number;
  tmpfs?: string[] | Record<string, string>;
  devices?: (string | Record<string, unknown>)[];
  extra_hosts?: string[] | Record<string, string>;
  dns?: string[];
  init?: boolean;
  stop_signal?: string;
  /** Between the stop signal and the kill; a negative one has no end. */
  stop_timeout?: Duration;
  ulimits?: Record<string, number | { soft: number; hard: number }>;
  sysctls?: Record<string, string | number>;
  shm_size?: Size;
  /** `linux/arm64`, or one part of it, in any spelling (`x86_64`). */
  platform?: string;
  pull_policy?: PullPolicy;
  runtime?: string;
  gpus?: string | number | Record<string, unknown>[];
  security_opt?: string[];
  /** The least isolation that is acceptable; a backend that gives less refuses. */
  isolation_level?: IsolationLevel;
  /** Whose signature the image must have, in addition to the machine's policy. What is created is the digest that was verified. */
  verify?: VerifyPolicy;
}

export interface ContainerHandle {
  id: string;
  name?: string;
}

export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "exited" | "dead";
export type Health = "starting" | "healthy" | "unhealthy";

export interface Endpoint {
  ipAddress: string;
  ipv6Address: string;
  gateway: string;
  macAddress: string;
  aliases: string[];
}

export interface ContainerInfo {
  id: string;
  name: string;
  image: string;
  status: ContainerStatus;
  ports: string[];
  /** ISO 8601, UTC. */
  created: string;
  labels: Record<string, string>;
  /** Absent where there is no health check. */
  health?: Health;
  /** Of the last run. */
  exitCode?: number;
  networks: Record<string, Endpoint>;
  imageId?: string;
  startedAt?: string;
  finishedAt?: string;
  restartCount?: number;
  oomKilled?: boolean;
  error?: string;
  /** The engine's own document; only when inspected. */
  raw?: Record<string, unknown>;
}

/** A moment: seconds since 1970, ISO 8601, or a duration before now. */
export type Moment = number | string;

export interface LogOptions {
  /** Last lines; negative or "all" for all of them. */
  tail?: number | "all";
  since?: Moment;
  until?: Moment;
  timestamps?: boolean;
}

export interface ContainerLogs {
  stdout: string;
  stderr: string;
}

export interface LogChunk {
  stream: "stdout" | "stderr";
  text: string;
}

export interface StopOptions {
  timeout?: Duration;
}

export interface WaitOptions {
  timeout?: Duration;
}

export interface WaitResult {
  exitCode: number;
}

export interface ExecOptions {
  env?: Record<string, string>;
  workdir?: string;
  user?: string;
  /** Text that the command reads, then the end of its input. */
  stdin?: string;
  /** With all of the engine's privileges, whatever the container has. */
  privileged?: boolean;
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** One sample; sizes in bytes, counters since the start of the container. */
export interface ContainerStats {
  id: string;
  name: string;
  read: string;
  cpuPercent: number;
  onlineCpus: number;
  memoryUsage: number;
  memoryLimit: number;
  memoryPercent: number;
  networkRx: number;
  networkTx: number;
  blockRead: number;
  blockWrite: number;
  pids: number;
}

/** An image to build from a folder of this machine. */
export interface BuildSpec {
  context?: string;
  /** Relative to the context or absolute, inside it or not. Read apart: no image gets it that `.dockerignore` keeps it from. */
  dockerfile?: string;
  dockerfile_inline?: string;
  args?: Record<string, string>;
  target?: string;
  labels?: Record<string, string>;
  network?: string;
  tags?: string[];
  no_cache?: boolean;
  pull?: boolean;
  platform?: string;
  /** References of images whose layers may be used again. */
  cache_from?: string[];
  extra_hosts?: string[] | Record<string, string | string[]>;
  shm_size?: Size;
  ulimits?: string[] | Record<string, number | { soft: number; hard: number }>;
  /** This and the next four are refused by every engine of this version: their build APIs do not know them. */
  platforms?: string[];
  cache_to?: string[];
  isolation?: string;
  privileged?: boolean;
  entitlements?: string[];
  /** What steps can mount (`RUN --mount=type=secret`) and no image keeps: one of the three, or `id=token,src=/path`. */
  secrets?: (string | { id: string; file?: string; environment?: string; content?: string })[];
  /** Ssh agents that steps can mount: `default`, or `id=/path` of a socket. */
  ssh?: string[];
  /** By the name that the Dockerfile uses: a folder, or `docker-image://reference`. */
  additional_contexts?: Record<string, string>;
  [member: string]: unknown;
}

export interface BuildResult {
  id: string;
}

/** Credentials here take the place of the user's stored ones. */
export interface RegistryOptions {
  platform?: string;
  username?: string;
  password?: string;
  identity_token?: string;
}

export interface PullOptions extends RegistryOptions {
  policy?: PullPolicy;
}

export type PushOptions = RegistryOptions;

export interface ImageInfo {
  id: string;
  repository: string;
  tag: string;
  size: number;
  created: string;
}

export interface ImageDetails {
  id: string;
  tags: string[];
  digests: string[];
  size: number;
  created: string;
  architecture: string;
  os: string;
  /** Of the architecture: `v8`, say; empty where it has none. */
  variant: string;
  labels: Record<string, string>;
  env: Record<string, string>;
  cmd: string[];
  entrypoint: string[];
  user: string;
  workdir: string;
  exposed_ports: string[];
  volumes: string[];
  raw?: Record<string, unknown>;
}

/** Who signed, as a certificate says it: an issuer and a subject, each as a text or as a pattern that matches the whole of it. */
export interface VerifyIdentity {
  issuer?: string;
  issuerRegExp?: string;
  subject?: string;
  subjectRegExp?: string;
}

/** What a signature must be: by one of the keys or identities. A digest needs none. */
export interface VerifyDemand {
  /** "warn" resolves with `verified: false` and why. Absent: "enforce". */
  mode?: "enforce" | "warn";
  /** PEM text, or paths of files. */
  keys?: string[];
  identities?: VerifyIdentity[];
  /** Digests of manifests, or ids of images, that need no signature. */
  digests?: string[];
  /** How many different signers there must be; absent: one. */
  threshold?: number;
  /** What was signed beside the digest; `{repository}` and `{tag}` stand for what was asked for. */
  annotations?: Record<string, string>;
  /** "any", "repository" (the signed name is the one asked for), or patterns of names. */
  signedAs?: "any" | "repository" | string[];
  /** Absent: for identities. */
  requireTransparencyLog?: boolean;
  requireSCT?: boolean;
  requireTimestamp?: boolean;
  /** The path of a trusted_root.json, or `public-good`. Required for identities, the log and time stamps. */
  trustedRoot?: string;
}

/** Of the images that one of the patterns names: `*` within one part of registry and path, `**` any number of parts. */
export interface VerifyRule extends VerifyDemand {
  images: string[];
  builds?: "accept" | "reject";
}

/** Which signatures are trusted: either `rules`, or the members of one rule, which then is for every image. */
export interface VerifyPolicy extends VerifyDemand {
  version?: 1;
  /** What becomes of an image that no rule is for; absent: "reject". */
  unmatched?: "reject" | "accept";
  rules?: VerifyRule[];
  /** Whether images that a project builds itself need no signature; absent: "accept". */
  builds?: "accept" | "reject";
  /** Hosts that are spoken to without TLS. */
  insecureRegistries?: string[];
  /** By pattern of images, the repository that has their signatures. */
  signaturesFrom?: Record<string, string>;
  /** How old evidence may be that the registry was not asked about again: seconds, or a duration such as "720h" or "30d". */
  maxAge?: number | string;
}

/** A signature that proves what was asked for. */
export interface VerifiedSignature {
  format: "simple-signing" | "bundle";
  /** The digest of what it was found as. */
  id: string;
  signer: { key: string } | { subject: string; issuer: string };
  /** The earliest time that a log or a time stamp proves. */
  signedAt?: string;
  log?: { url: string; id: string; index: number };
  /** The repository that the signer named; a bundle names none. */
  repository?: string;
  annotations: Record<string, string>;
}

/** What was found and does not count. */
export interface RefusedSignature {
  id: string;
  format: string;
  reason: string;
  message: string;
}

export interface Verification {
  reference: string;
  digest: string;
  /** The reference with the digest that was verified: what is to be created. */
  pinned: string;
  verified: boolean;
  mode: string;
  rule: string;
  /** The file of the policy, or who asked for it. */
  policy?: string;
  /** "registry", "store", "folder", or "pin" where no signature was needed. */
  source: string;
  /** The registry could not be asked again. */
  stale: boolean;
  /** Why it is not verified, where only a warning is asked for. */
  why?: string;
  signatures: VerifiedSignature[];
  refused: RefusedSignature[];
}

export interface NetworkSpec {
  driver?: string;
  driver_opts?: Record<string, string>;
  /** No way out: its containers reach only each other. */
  internal?: boolean;
  attachable?: boolean;
  enable_ipv4?: boolean;
  enable_ipv6?: boolean;
  ipam?: Record<string, unknown>;
  labels?: Record<string, string>;
}

export interface NetworkInfo {
  id: string;
  name: string;
  driver: string;
  internal: boolean;
  attachable: boolean;
  enableIPv6: boolean;
  subnets: string[];
  gateways: string[];
  labels: Record<string, string>;
  options: Record<string, string>;
  created: string;
  /** Id to name of what is attached; only when inspected. */
  containers: Record<string, string>;
  raw?: Record<string, unknown>;
}

export interface VolumeSpec {
  driver?: string;
  driver_opts?: Record<string, string>;
  labels?: Record<string, string>;
}

export interface VolumeInfo {
  name: string;
  driver: string;
  mountpoint: string;
  created: string;
  scope: string;
  labels: Record<string, string>;
  options: Record<string, string>;
  raw?: Record<string, unknown>;
}

/**
 * What became of a probe: it answers; it is there and does not run; nothing of it is there; this user may not use it; it is
 * there and answers wrongly or too late; it runs, and this version of the library, or this machine, cannot use it.
 */
export type BackendState = "ready" | "stopped" | "absent" | "denied" | "broken" | "unsupported";

/** A folder of this machine that an engine's virtual machine has too, at the same path. */
export interface BackendMount {
  path: string;
  readOnly: boolean;
}

/** A machine of an engine that is a cluster of several. */
export interface BackendNode {
  name: string;
  address: string;
  /** Whether it answers. */
  up: boolean;
  /** Whether it is given new tasks. */
  active: boolean;
  /** Whether it has a say in the cluster, and may be asked. */
  manager: boolean;
}

/** One probe, or the live engine. `reason` is empty where it is available. */
export interface BackendInfo {
  name: string;
  available: boolean;
  state: BackendState;
  /** Where it answers, or was last looked for: an address, or the question that its own program was asked. */
  where?: string;
  reason: string;
  /** Of one that is not available: what was looked at, and what each of it said. */
  evidence?: string[];
  /** The name before this one that is the same engine: both names lead to one socket. */
  sameAs?: string;
  version?: string;
  mode?: string;
  isolationLevel?: IsolationLevel;
  /** What follows is of an engine that answers: the API that is spoken ("1.41"), and what it says of itself. */
  api?: string;
  rootless?: boolean;
  cgroupVersion?: string;
  storageDriver?: string;
  runtime?: string;
  /** What a container may name as its runtime, that one among them. */
  runtimes?: string[];
  /** Of an engine in a virtual machine: what that has of this machine, as its product ships it; absent where it is not known. */
  mounts?: BackendMount[];
  /** Of an engine in a virtual machine: the name by which its containers reach this machine. */
  hostAddress?: string;
  /** Where the engine's own socket is on the machine that it runs on: what a container is given that is to speak to it. */
  dockerSocketInside?: string;
  /** Of an engine that is a cluster: its machines, by name. */
  nodes?: BackendNode[];
  remedy?: string;
  /** Of the one that is in use: why it is that one. */
  chosen?: string;
  /** An engine that comes before it, is installed and was too slow. */
  warning?: string;
}

export interface DoctorOptions {
  /** The folder of the project in mind, an absolute path: whether a virtual machine sees it. */
  directory?: string;
  /** Of a container that is created, started and removed again on the engine that would be used; absent: none is. */
  image?: string;
}

export interface DoctorTrial {
  image: string;
  ok: boolean;
  seconds: number;
  /** Why it did not work; empty where it did. */
  reason: string;
}

export interface DoctorMachine {
  /** "linux", "darwin" or "win32". */
  platform: string;
  release: string;
  arch: string;
  user: string;
  distribution: string[];
  systemd: boolean;
  /** This process is in one. */
  container: boolean;
  /** 1 or 2 in the Windows Subsystem for Linux of that version. */
  wsl: number;
  cgroupVersion?: string;
}

export interface DoctorRuntime {
  name: string;
  state: BackendState;
  /** Where it answers, or was last looked for. */
  where?: string;
  /** Why it cannot be used; empty where it can. */
  reason: string;
  remedy?: string;
  /** The name before this one that is the same engine. */
  sameAs?: string;
  version?: string;
  api?: string;
  rootless?: boolean;
  cgroupVersion?: string;
  storageDriver?: string;
  /** Seconds that its clock is ahead of this one. */
  clockSkew?: number;
  /** Left where it keeps images and volumes, if that is on this machine. */
  freeBytes?: number;
}

export interface DoctorSymptom {
  /** What the option to mend it is called among those of `install`. */
  id: string;
  runtime: string;
  /** Its name, the same in every version: "not-in-group". */
  symptom: string;
  weight: "error" | "warning" | "note";
  /** What was looked at, and what was seen. */
  evidence: string;
  /** What mends it, each a program and its arguments; empty where no command does. */
  commands: string[][];
  /** The commands as one line for a shell, or in words what to do. */
  remedy: string;
  advice: string;
  changes: string;
  needsRoot: boolean;
  runnable: boolean;
}

export interface DoctorReport {
  /** An engine would be chosen, it answers, and the container that was tried, if one was, did its turn. */
  healthy: boolean;
  chosen?: string;
  where?: string;
  why: string;
  order: string[];
  /** The variable of the environment that names the server. */
  server?: string;
  context?: string;
  machine: DoctorMachine;
  runtimes: DoctorRuntime[];
  symptoms: DoctorSymptom[];
  trial?: DoctorTrial;
}

export interface InstallRequest {
  /** The id of the one option that is run; absent: nothing is. */
  run?: string;
  /** Seconds. */
  timeout?: number;
  /** The system whose options are told; absent: this one. Nothing is run on another one. */
  platform?: "linux" | "darwin" | "win32";
}

export interface InstallOption {
  id: string;
  kind: "mend" | "install";
  runtime: string;
  title: string;
  commands: string[][];
  /** The commands as one line for a shell, or in words what to do. */
  text: string;
  advice: string;
  changes: string;
  needsRoot: boolean;
  /** Whether the library runs it where it is told to. */
  runnable: boolean;
  installed: boolean;
}

export interface InstallRun {
  id: string;
  exitCode: number;
  output: string;
}

export interface InstallOptions {
  platform: string;
  options: InstallOption[];
  ran?: InstallRun;
}

export type SelectMode = "strict" | "warn" | "lenient";

export interface CleanupOptions {
  /** Named volumes go too. */
  volumes?: boolean;
  networks?: boolean;
}

export interface CleanupReport {
  containers_removed: number;
  networks_removed: number;
  volumes_removed: number;
  errors: string[];
}

/** Bytes as text, or in base64. */
export type Data = string | { base64: string };

/**
 * One command in a hardened container that is gone afterwards: a verified image, no network, a read-only root, an unprivileged
 * user, bounds of everything. See docs/sandbox.md.
 */
export interface CapabilitySpec {
  image: string;
  /** Arguments in place of the image's, never given to a shell; `command` is the same. */
  cmd?: string[];
  command?: string[];
  entrypoint?: string[];
  /** Part of the container's name. */
  name?: string;
  env?: Record<string, string | number | boolean>;
  stdin?: Data;
  workdir?: string;
  /** false; true for the engine's default network; or the name of one. */
  network?: boolean | string;
  /** By number: "65534:65534". */
  user?: string | number;
  /** 30 s, at most one hour. */
  timeout?: Duration;
  /** 128m, with what lies in `tmp` and `shm`. */
  memory?: Size;
  cpus?: number;
  /** Processes and threads: 64. */
  pids?: number;
  /** Open files: 256. */
  files?: number;
  /** Of /tmp and of each VOLUME of the image: 64m. */
  tmp?: Size;
  shm?: Size;
  /** Of each stream: 1m. A run that says more is ended. */
  maxOutput?: Size;
  /** How the output is text in the result: "utf-8", or "base64" for any bytes. */
  encoding?: "utf-8" | "base64";
  /** Files that it can read, by absolute path. */
  input?: Record<string, Data>;
  /** Bind mounts, read-only: "/source:/target:ro". */
  volumes?: (string | Record<string, unknown>)[];
  /** "strict", "default" (the engine's own), or the absolute path of a profile. */
  seccomp?: string;
  /** The least that is accepted. */
  isolation?: "container" | "gvisor" | "microvm" | "strongest";
  runtime?: string;
  /** A policy, or a pin: of the manifest's digest, or of an image's id. It cannot be switched off. */
  verify?: VerifyPolicy | { digest: string } | { id: string };
}

export interface CapabilityResult {
  stdout: string;
  stderr: string;
  /** Absent where the run was ended at its time or at the bound of its output. */
  exitCode?: number;
  signal?: string;
  timedOut: boolean;
  /** Absent where the engine does not tell. */
  oomKilled?: boolean;
  truncated: { stdout: boolean; stderr: boolean };
  durationMs: number;
  /** What ran, pinned. */
  image: string;
  digest: string;
  /** What it was really isolated by. */
  isolation: {
    level: "container" | "gvisor" | "microvm";
    runtime: string;
    seccomp: string;
    userns: boolean;
    network: string;
  };
  warnings: string[];
}
