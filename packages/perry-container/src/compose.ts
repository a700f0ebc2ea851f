// perry-container/compose: whole projects. Each function of a stack is also a method of Stack.
import { document, json, settled, text } from "./border";
import * as raw from "./raw";
import { Stack } from "./stack";
import { RecordStream } from "./streams";
import type { CleanupReport, ExecOptions, ExecResult } from "./types";
import type {
  ComposeProject,
  ComposeSpec,
  DependencyGraph,
  DownOptions,
  ImagesOptions,
  ImagesReport,
  LifecycleOptions,
  LoadRequest,
  LogRecord,
  Plan,
  RunOptions,
  RunResult,
  ServiceStatus,
  StackEvent,
  StackLogOptions,
  StackStatus,
  UpOptions,
} from "./composetypes";

export { ContainerError } from "./errors";
export type { ErrorDetails, ErrorKind } from "./errors";
export { RecordStream, Stack };
export type * from "./composetypes";
export type { CleanupReport, ExecResult, HealthCheck } from "./types";

/** What `up` gives: programs that keep it as an opaque value need not know more. */
export type ComposeHandle = Stack;

function stackOf(stack: Stack | number): Stack {
  return stack instanceof Stack ? stack : new Stack(stack);
}

/** Reads Compose files: the resolved project, ready for `up`. */
export async function load(request?: LoadRequest): Promise<ComposeProject> {
  return json<ComposeProject>(raw.compose_load(document(request ?? {})));
}

/** Brings a project up, as a transaction: all of it, or what was there before. */
export async function up(spec: ComposeSpec, options?: UpOptions): Promise<Stack> {
  return settled(raw.compose_up(document(spec), document(options))).then((handle) => new Stack(handle));
}

/** What `up` would do, and why; changes nothing. */
export async function plan(spec: ComposeSpec, options?: UpOptions): Promise<Plan> {
  return json<Plan>(raw.compose_plan(document(spec), document(options)));
}

/** Takes over a project that another process brought up. Rejects with 409 where another engine has it and this one nothing. */
export async function attach(project: string): Promise<Stack> {
  return settled(raw.compose_attach(text(project, "project"))).then((handle) => new Stack(handle));
}

/** What happens in every stack of this program, also while `up` is at work: a stream as that of `events`. */
export async function progress(): Promise<RecordStream<StackEvent>> {
  return settled(raw.compose_progress()).then((handle) => new RecordStream<StackEvent>(handle));
}

export async function down(stack: Stack | number, options?: DownOptions): Promise<CleanupReport> {
  return stackOf(stack).down(options);
}

export async function ps(stack: Stack | number): Promise<ServiceStatus[]> {
  return stackOf(stack).ps();
}

export async function status(stack: Stack | number): Promise<StackStatus> {
  return stackOf(stack).status();
}

export async function logs(stack: Stack | number, options?: StackLogOptions): Promise<LogRecord[]> {
  return stackOf(stack).logs(options);
}

export async function followLogs(stack: Stack | number, options?: StackLogOptions): Promise<RecordStream<LogRecord>> {
  return stackOf(stack).followLogs(options);
}

export async function events(stack: Stack | number): Promise<RecordStream<StackEvent>> {
  return stackOf(stack).events();
}

export async function exec(
  stack: Stack | number,
  service: string,
  cmd: string[],
  options?: ExecOptions,
): Promise<ExecResult> {
  return stackOf(stack).exec(service, cmd, options);
}

export async function run(stack: Stack | number, service: string, options?: RunOptions): Promise<RunResult> {
  return stackOf(stack).run(service, options);
}

export async function config(stack: Stack | number): Promise<string> {
  return stackOf(stack).config();
}

export async function graph(stack: Stack | number): Promise<DependencyGraph> {
  return stackOf(stack).graph();
}

export async function start(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).start(services, options);
}

export async function stop(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).stop(services, options);
}

export async function restart(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).restart(services, options);
}

export async function pause(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).pause(services, options);
}

export async function unpause(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).unpause(services, options);
}

export async function kill(stack: Stack | number, services?: string[], options?: LifecycleOptions): Promise<void> {
  return stackOf(stack).kill(services, options);
}

export async function scale(stack: Stack | number, replicas: Record<string, number>): Promise<void> {
  return stackOf(stack).scale(replicas);
}

export async function pull(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport> {
  return stackOf(stack).pullImages(options);
}

export async function build(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport> {
  return stackOf(stack).buildImages(options);
}

export async function push(stack: Stack | number, options?: ImagesOptions): Promise<ImagesReport> {
  return stackOf(stack).pushImages(options);
}
