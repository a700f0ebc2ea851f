// perry-container: single containers, images, networks, volumes and the engine behind them.
import { document, flag, json, settled, text } from "./border";
import * as raw from "./raw";
import { RecordStream } from "./streams";
import { composeUp } from "./stack";
import type {
  BackendInfo,
  BuildResult,
  BuildSpec,
  CapabilityResult,
  CapabilitySpec,
  CleanupOptions,
  CleanupReport,
  ContainerHandle,
  ContainerInfo,
  ContainerLogs,
  ContainerSpec,
  ContainerStats,
  DoctorOptions,
  DoctorReport,
  ExecOptions,
  ExecResult,
  ImageDetails,
  ImageInfo,
  InstallOptions,
  InstallRequest,
  LogChunk,
  LogOptions,
  NetworkInfo,
  NetworkSpec,
  PullOptions,
  PushOptions,
  SelectMode,
  StopOptions,
  Verification,
  VerifyPolicy,
  VolumeInfo,
  VolumeSpec,
  WaitOptions,
  WaitResult,
} from "./types";
import type { ComposeSpec } from "./composetypes";

export { ContainerError } from "./errors";
export type { ErrorDetails, ErrorKind } from "./errors";
export { RecordStream } from "./streams";
export { composeUp };
export type * from "./types";
export type { ComposeNetwork, ComposeService, ComposeSpec, ComposeVolume } from "./composetypes";

/**
 * Starts the library early, so that the first operation finds it warm. From then on SIGINT and SIGTERM take the stacks of this
 * program down before it ends, unless the program handles them itself or PERRY_NO_DEFAULT_SIGINT_CLEANUP is set.
 */
export function init(): void {
  raw.container_module_init();
}

// ---- Containers ----------------------------------------------------------------------------------

/** Creates a container and starts it; the image is pulled first by the spec's `pull_policy`. */
export async function run(spec: ContainerSpec): Promise<ContainerHandle> {
  return json<ContainerHandle>(raw.container_run(document(spec)));
}

/** Creates a container without starting it. */
export async function create(spec: ContainerSpec): Promise<ContainerHandle> {
  return json<ContainerHandle>(raw.container_create(document(spec)));
}

/** Starts a container; one that runs already is left alone. */
export async function start(id: string): Promise<void> {
  return settled(raw.container_start(text(id, "id")));
}

/** Stops a container. timeout: seconds before it is killed; absent: the container's own. */
export async function stop(id: string, timeout?: number | StopOptions): Promise<void> {
  const options = typeof timeout === "number" ? { timeout } : timeout;
  return settled(raw.container_stop(text(id, "id"), document(options)));
}

/** Removes a container with its anonymous volumes. force: also if it runs. */
export async function remove(id: string, force?: boolean): Promise<void> {
  return settled(raw.container_remove(text(id, "id"), flag(force)));
}

/** Removes a container if there is one: true if it was there. */
export async function removeIfExists(id: string, force?: boolean): Promise<boolean> {
  return json<boolean>(raw.container_removeIfExists(text(id, "id"), flag(force)));
}

/** Lists containers. all: also those that do not run. */
export async function list(all?: boolean): Promise<ContainerInfo[]> {
  return json<ContainerInfo[]>(raw.container_list(flag(all)));
}

/** Describes a container; `raw` holds the engine's own document. */
export async function inspect(id: string): Promise<ContainerInfo> {
  return json<ContainerInfo>(raw.container_inspect(text(id, "id")));
}

/** Waits until the container does not run any more. */
export async function wait(id: string, options?: WaitOptions): Promise<WaitResult> {
  return json<WaitResult>(raw.container_wait(text(id, "id"), document(options)));
}

/** The container's log so far. */
export async function logs(id: string, options?: LogOptions): Promise<ContainerLogs> {
  return json<ContainerLogs>(raw.container_logs(text(id, "id"), document(options)));
}

/** Follows a container's log until it ends: `for await (const { stream, text } of await followLogs(id))`. */
export async function followLogs(id: string, options?: LogOptions): Promise<RecordStream<LogChunk>> {
  return settled(raw.container_followLogs(text(id, "id"), document(options))).then(
    (handle) => new RecordStream<LogChunk>(handle),
  );
}

/** Runs a command in a running container; never through a shell. An exit code other than 0 is a result. */
export async function exec(id: string, cmd: string[], options?: ExecOptions): Promise<ExecResult> {
  return json<ExecResult>(raw.container_exec(text(id, "id"), document(cmd), document(options)));
}

/** One sample of what a container uses. */
export async function stats(id: string): Promise<ContainerStats> {
  return json<ContainerStats>(raw.container_stats(text(id, "id")));
}

/** Runs one command in a hardened container that is gone afterwards. */
export async function runCapability(spec: CapabilitySpec): Promise<CapabilityResult> {
  return json<CapabilityResult>(raw.container_runCapability(document(spec)));
}

// ---- Images --------------------------------------------------------------------------------------

/** Builds an image from a folder, honouring its .dockerignore. imageName: the reference to tag it with. */
export async function build(spec: BuildSpec, imageName?: string): Promise<BuildResult> {
  return json<BuildResult>(raw.container_build(document(spec), imageName ?? ""));
}

/** Pulls an image, with the user's own credentials for its registry. */
export async function pullImage(reference: string, options?: PullOptions): Promise<void> {
  return settled(raw.container_pullImage(text(reference, "reference"), document(options)));
}

/** Pushes an image, with the user's own credentials for its registry. */
export async function pushImage(reference: string, options?: PushOptions): Promise<void> {
  return settled(raw.container_pushImage(text(reference, "reference"), document(options)));
}

/** Lists the images that the engine has. */
export async function listImages(): Promise<ImageInfo[]> {
  return json<ImageInfo[]>(raw.container_listImages());
}

/** Describes an image; `raw` holds the engine's own document. */
export async function inspectImage(reference: string): Promise<ImageDetails> {
  return json<ImageDetails>(raw.container_inspectImage(text(reference, "reference")));
}

/** Removes an image, or the tag that is named. force: also while a stopped container uses it. */
export async function removeImage(reference: string, force?: boolean): Promise<void> {
  return settled(raw.container_removeImage(text(reference, "reference"), flag(force)));
}

/**
 * Whether an image is signed as the policy and the machine's own ask: it rejects with VerificationFailed where it is not, and with
 * RegistryNotAvailable where nobody can tell. policy: absent where the machine has one.
 */
export async function verifyImage(reference: string, policy?: VerifyPolicy): Promise<Verification> {
  return json<Verification>(raw.container_verifyImage(text(reference, "reference"), document(policy)));
}

// ---- Networks and volumes ------------------------------------------------------------------------

/** Creates a network; a name that is taken is a Conflict. */
export async function createNetwork(name: string, spec?: NetworkSpec): Promise<NetworkInfo> {
  return json<NetworkInfo>(raw.container_createNetwork(text(name, "name"), document(spec)));
}

export async function removeNetwork(name: string): Promise<void> {
  return settled(raw.container_removeNetwork(text(name, "name")));
}

export async function inspectNetwork(name: string): Promise<NetworkInfo> {
  return json<NetworkInfo>(raw.container_inspectNetwork(text(name, "name")));
}

export async function listNetworks(): Promise<NetworkInfo[]> {
  return json<NetworkInfo[]>(raw.container_listNetworks());
}

/** Creates a volume; a name that is taken is a Conflict. */
export async function createVolume(name: string, spec?: VolumeSpec): Promise<VolumeInfo> {
  return json<VolumeInfo>(raw.container_createVolume(text(name, "name"), document(spec)));
}

/** Removes a volume and what is in it. */
export async function removeVolume(name: string, force?: boolean): Promise<void> {
  return settled(raw.container_removeVolume(text(name, "name"), flag(force)));
}

export async function inspectVolume(name: string): Promise<VolumeInfo> {
  return json<VolumeInfo>(raw.container_inspectVolume(text(name, "name")));
}

export async function listVolumes(): Promise<VolumeInfo[]> {
  return json<VolumeInfo[]>(raw.container_listVolumes());
}

// ---- Stacks without a handle ---------------------------------------------------------------------

/** Takes down a project by its name. Rejects with 409 where another engine has its containers and this one nothing. */
export async function downByProject(project: string, options?: CleanupOptions): Promise<CleanupReport> {
  return json<CleanupReport>(raw.container_downByProject(text(project, "project"), document(options)));
}

/** Takes down every project of this library on this engine. */
export async function downAll(options?: CleanupOptions): Promise<CleanupReport> {
  return json<CleanupReport>(raw.container_downAll(document(options)));
}

// ---- The engine ----------------------------------------------------------------------------------

/** The active backend's name, "unknown" until one was detected or set. */
export function getBackend(): string {
  return raw.container_getBackend();
}

/** Probes the backends of the order in force and activates the first that answers, of a named server that one or none. */
export async function detectBackend(): Promise<BackendInfo[]> {
  return json<BackendInfo[]>(raw.container_detectBackend());
}

/** Probes every known backend, activates none. */
export async function getAvailableBackends(): Promise<BackendInfo[]> {
  return json<BackendInfo[]>(raw.container_getAvailableBackends());
}

/** The order in which backends are tried; the engine of a server that the environment names is first. */
export function getBackendPriority(): string[] {
  return JSON.parse(raw.container_getBackendPriority()) as string[];
}

/** Connects to a backend by name and makes it the active one; on failure the one before stays. */
export async function setBackend(name: string): Promise<BackendInfo> {
  return json<BackendInfo>(raw.container_setBackend(text(name, "name")));
}

/** Connects to the first of these backends that answers; `warning` names one before it that was too slow. */
export async function setBackends(names: string[]): Promise<BackendInfo> {
  return json<BackendInfo>(raw.container_setBackends(document(names)));
}

/** The first backend whose declared capabilities can honour what is to run, a container or a project, or null; probes nothing. */
export async function selectBackendFor(spec: ContainerSpec | ComposeSpec, mode?: SelectMode): Promise<string | null> {
  return json<string | null>(raw.container_selectBackendFor(document(spec), mode ?? ""));
}

/** What keeps each backend from work, with what mends it, and which backend would be used; changes nothing, unless an image is to be tried. */
export async function doctor(options?: DoctorOptions): Promise<DoctorReport> {
  return json<DoctorReport>(raw.container_doctor(document(options)));
}

/** What mends a backend and what can be installed here, for a dialogue; runs nothing but the option that `run` names. */
export async function install(request?: InstallRequest): Promise<InstallOptions> {
  return json<InstallOptions>(raw.container_install(document(request)));
}
