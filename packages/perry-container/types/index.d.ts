import { RecordStream } from "./streams";
import { composeUp } from "./stack";
import type { BackendInfo, BuildResult, BuildSpec, CapabilityResult, CapabilitySpec, CleanupOptions, CleanupReport, ContainerHandle, ContainerInfo, ContainerLogs, ContainerSpec, ContainerStats, DoctorOptions, DoctorReport, ExecOptions, ExecResult, ImageDetails, ImageInfo, InstallOptions, InstallRequest, LogChunk, LogOptions, NetworkInfo, NetworkSpec, PullOptions, PushOptions, SelectMode, StopOptions, Verification, VerifyPolicy, VolumeInfo, VolumeSpec, WaitOptions, WaitResult } from "./types";
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
export declare function init(): void;
/** Creates a container and starts it; the image is pulled first by the spec's `pull_policy`. */
export declare function run(spec: ContainerSpec): Promise<ContainerHandle>;
/** Creates a container without starting it. */
export declare function create(spec: ContainerSpec): Promise<ContainerHandle>;
/** Starts a container; one that runs already is left alone. */
export declare function start(id: string): Promise<void>;
/** Stops a container. timeout: seconds before it is killed; absent: the container's own. */
export declare function stop(id: string, timeout?: number | StopOptions): Promise<void>;
/** Removes a container with its anonymous volumes. force: also if it runs. */
export declare function remove(id: string, force?: boolean): Promise<void>;
/** Removes a container if there is one: true if it was there. */
export declare function removeIfExists(id: string, force?: boolean): Promise<boolean>;
/** Lists containers. all: also those that do not run. */
export declare function list(all?: boolean): Promise<ContainerInfo[]>;
/** Describes a container; `raw` holds the engine's own document. */
export declare function inspect(id: string): Promise<ContainerInfo>;
/** Waits until the container does not run any more. */
export declare function wait(id: string, options?: WaitOptions): Promise<WaitResult>;
/** The container's log so far. */
export declare function logs(id: string, options?: LogOptions): Promise<ContainerLogs>;
/** Follows a container's log until it ends: `for await (const { stream, text } of await followLogs(id))`. */
export declare function followLogs(id: string, options?: LogOptions): Promise<RecordStream<LogChunk>>;
/** Runs a command in a running container; never through a shell. An exit code other than 0 is a result. */
export declare function exec(id: string, cmd: string[], options?: ExecOptions): Promise<ExecResult>;
/** One sample of what a container uses. */
export declare function stats(id: string): Promise<ContainerStats>;
/** Runs one command in a hardened container that is gone afterwards. */
export declare function runCapability(spec: CapabilitySpec): Promise<CapabilityResult>;
/** Builds an image from a folder, honouring its .dockerignore. imageName: the reference to tag it with. */
export declare function build(spec: BuildSpec, imageName?: string): Promise<BuildResult>;
/** Pulls an image, with the user's own credentials for its registry. */
export declare function pullImage(reference: string, options?: PullOptions): Promise<void>;
/** Pushes an image, with the user's own credentials for its registry. */
export declare function pushImage(reference: string, options?: PushOptions): Promise<void>;
/** Lists the images that the engine has. */
export declare function listImages(): Promise<ImageInfo[]>;
/** Describes an image; `raw` holds the engine's own document. */
export declare function inspectImage(reference: string): Promise<ImageDetails>;
/** Removes an image, or the tag that is named. force: also while a stopped container uses it. */
export declare function removeImage(reference: string, force?: boolean): Promise<void>;
/**
 * Whether an image is signed as the policy and the machine's own ask: it rejects with VerificationFailed where it is not, and with
 * RegistryNotAvailable where nobody can tell. policy: absent where the machine has one.
 */
export declare function verifyImage(reference: string, policy?: VerifyPolicy): Promise<Verification>;
/** Creates a network; a name that is taken is a Conflict. */
export declare function createNetwork(name: string, spec?: NetworkSpec): Promise<NetworkInfo>;
export declare function removeNetwork(name: string): Promise<void>;
export declare function inspectNetwork(name: string): Promise<NetworkInfo>;
export declare function listNetworks(): Promise<NetworkInfo[]>;
/** Creates a volume; a name that is taken is a Conflict. */
export declare function createVolume(name: string, spec?: VolumeSpec): Promise<VolumeInfo>;
/** Removes a volume and what is in it. */
export declare function removeVolume(name: string, force?: boolean): Promise<void>;
export declare function inspectVolume(name: string): Promise<VolumeInfo>;
export declare function listVolumes(): Promise<VolumeInfo[]>;
/** Takes down a project by its name. Rejects with 409 where another engine has its containers and this one nothing. */
export declare function downByProject(project: string, options?: CleanupOptions): Promise<CleanupReport>;
/** Takes down every project of this library on this engine. */
export declare function downAll(options?: CleanupOptions): Promise<CleanupReport>;
/** The active backend's name, "unknown" until one was detected or set. */
export declare function getBackend(): string;
/** Probes the backends of the order in force and activates the first that answers, of a named server that one or none. */
export declare function detectBackend(): Promise<BackendInfo[]>;
/** Probes every known backend, activates none. */
export declare function getAvailableBackends(): Promise<BackendInfo[]>;
/** The order in which backends are tried; the engine of a server that the environment names is first. */
export declare function getBackendPriority(): string[];
/** Connects to a backend by name and makes it the active one; on failure the one before stays. */
export declare function setBackend(name: string): Promise<BackendInfo>;
/** Connects to the first of these backends that answers; `warning` names one before it that was too slow. */
export declare function setBackends(names: string[]): Promise<BackendInfo>;
/** The first backend whose declared capabilities can honour what is to run, a container or a project, or null; probes nothing. */
export declare function selectBackendFor(spec: ContainerSpec | ComposeSpec, mode?: SelectMode): Promise<string | null>;
/** What keeps each backend from work, with what mends it, and which backend would be used; changes nothing, unless an image is to be tried. */
export declare function doctor(options?: DoctorOptions): Promise<DoctorReport>;
/** What mends a backend and what can be installed here, for a dialogue; runs nothing but the option that `run` names. */
export declare function install(request?: InstallRequest): Promise<InstallOptions>;
