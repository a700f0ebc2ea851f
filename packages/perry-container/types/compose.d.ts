import { Stack } from "./stack";
import { RecordStream } from "./streams";
import type { CleanupReport, ExecOptions, ExecResult } from "./types";
import type { ComposeProject, ComposeSpec, DependencyGraph, DownOptions, ImagesOptions, ImagesReport, LifecycleOptions, LoadRequest, LogRecord, Plan, RunOptions, RunResult, ServiceStatus, StackEvent, StackLogOptions, StackStatus, UpOptions } from "./composetypes";
export { ContainerError } from "./errors";
export type { ErrorDetails, ErrorKind } from "./errors";
export { RecordStream, Stack };
export type * from "./composetypes";
export type { CleanupReport, ExecResult, HealthCheck } from "./types";
/** What `up` gives: programs that keep it as an opaque value need not know more. */
export type ComposeHandle = Stack;
/** Reads Compose files: the resolved project, ready for `up`. */
export declare function load(request?: LoadRequest): Promise<ComposeProject>;
/** Brings a project up, as a transaction: all of it, or what was there before. */
export declare function up(spec: ComposeSpec, options?: UpOptions): Promise<Stack>;
/** What `up` would do, and why; changes nothing. */
export declare function plan(spec: ComposeSpec, options?: UpOptions): Promise<Plan>;
/** Takes over a project that another process brought up. Rejects with 409 where another engine has it and this one nothing. */
export declare function attach(project: string): Promise<Stack>;
/** What happens in every stack of this program, also while `up` is at work: a stream as that of `events`. */
export declare function progress(): Promise<RecordStream<StackEvent>>;
export declare function down(stack: Stack | number, options?: DownOptions): Promise<CleanupReport>;
export declare function ps(stack: Stack | number): Promise<ServiceStatus[]>;
export declare function status(stack: Stack | number): Promise<StackStatus>;
export declare function logs(stack: Stack | number, options?: StackLogOptions): Promise<LogRecord[]>;
export declare function followLogs(stack: Stack | number, options?: StackLogOptions): Promise<RecordStream<LogRecord>>;
export declare function events(stack: Stack | number): Promise<RecordStream<StackEvent>>;
export declare function exec(stack: Stack | number, service: string, cmd: string[], options?: ExecOptions): Promise<ExecResult>;
export declare function run(stack: Stack | number, service: string, options?: RunOptions): Promise<RunResult>;
export declare function config(stack: Stack | number): Promise<string>;
export declare function graph(stack: Stack | number): Promise<DependencyGraph>;
export declare function start(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function stop(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function restart(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function pause(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function unpause(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function kill(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void>;
export declare function scale(stack: Stack | number, replicas: Record<string, number>): Promise<void>;
export declare function pull(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport>;
export declare function build(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport>;
export declare function push(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport>;
