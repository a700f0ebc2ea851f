import { RecordStream } from "./streams";
import type { CleanupReport, ExecOptions, ExecResult } from "./types";
import type { ComposeSpec, DependencyGraph, DownOptions, ImagesOptions, ImagesReport, LifecycleOptions, LogRecord, RunOptions, RunResult, ServiceStatus, StackEvent, StackLogOptions, StackStatus, UpOptions } from "./composetypes";
/**
 * A project that is up. `await using stack = await up(spec)` takes it down at the end of the block.
 *
 * No method is named as one of Array's: Perry 0.5.1182 calls push of an array whatever the receiver is.
 */
export declare class Stack implements AsyncDisposable {
    /** The number of the stack, for the raw operations. */
    readonly handle: number;
    private down_;
    constructor(handle: number);
    /** Takes the stack down. Volumes stay unless `volumes` is true. What could not be removed is in the report's errors. */
    down(options?: DownOptions): Promise<CleanupReport>;
    /** The containers of the stack. */
    ps(): Promise<ServiceStatus[]>;
    /** The state of the stack, service by service. */
    status(): Promise<StackStatus>;
    /** The logs of the stack so far. */
    logs(options?: StackLogOptions): Promise<LogRecord[]>;
    /** Follows the logs: `for await (const line of await stack.followLogs())`. */
    followLogs(options?: StackLogOptions): Promise<RecordStream<LogRecord>>;
    /** What happens to the stack, from now on. */
    events(): Promise<RecordStream<StackEvent>>;
    /** Runs a command in a service's container. */
    exec(service: string, cmd: string[], options?: ExecOptions): Promise<ExecResult>;
    /** Runs a one-off container of a service. */
    run(service: string, options?: RunOptions): Promise<RunResult>;
    /** The resolved project as YAML. */
    config(): Promise<string>;
    /** The dependency graph. */
    graph(): Promise<DependencyGraph>;
    /** Starts services and what they depend on, dependencies first. Absent means all, [] none; so also below. */
    start(services?: string[], options?: LifecycleOptions): Promise<void>;
    /** Stops services, dependents first. */
    stop(services?: string[], options?: LifecycleOptions): Promise<void>;
    /** Restarts services, those that ask to restart with them (restart: true), and those in their namespaces. */
    restart(services?: string[], options?: LifecycleOptions): Promise<void>;
    pause(services?: string[], options?: LifecycleOptions): Promise<void>;
    unpause(services?: string[], options?: LifecycleOptions): Promise<void>;
    /** Sends a signal to services. */
    kill(services?: string[], options?: LifecycleOptions): Promise<void>;
    /** Changes the number of containers of services: `scale({ web: 3 })`. */
    scale(replicas: Record<string, number>): Promise<void>;
    /** Pulls the images of the stack. */
    pullImages(options?: ImagesOptions): Promise<ImagesReport>;
    /** Builds the images of the stack. */
    buildImages(options?: ImagesOptions): Promise<ImagesReport>;
    /** Pushes the images of the stack. */
    pushImages(options?: ImagesOptions): Promise<ImagesReport>;
    [Symbol.asyncDispose](): Promise<void>;
}
/** Brings a project up, as a transaction: all of it, or what was there before. */
export declare function composeUp(spec: ComposeSpec, options?: UpOptions): Promise<Stack>;
