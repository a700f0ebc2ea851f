/// <reference lib="esnext.disposable" />
import { document, json, settled, text } from "./border";
import * as raw from "./raw";
import { refused } from "./errors";
import { RecordStream } from "./streams";
import type { CleanupReport, ExecOptions, ExecResult } from "./types";
import type {
  ComposeSpec,
  DependencyGraph,
  DownOptions,
  ImagesOptions,
  ImagesReport,
  LifecycleOptions,
  LogRecord,
  RunOptions,
  RunResult,
  ServiceStatus,
  StackEvent,
  StackLogOptions,
  StackStatus,
  UpOptions,
} from "./composetypes";

function logOptions(options?: StackLogOptions): string {
  if (options === undefined || options.service === undefined) return document(options);
  const { service, ...others } = options;
  return document({ ...others, services: [...(others.services ?? []), service] });
}

/**
 * A project that is up. `await using stack = await up(spec)` takes it down at the end of the block.
 *
 * No method is named as one of Array's: Perry 0.5.1182 calls push of an array whatever the receiver is.
 */
export class Stack implements AsyncDisposable {
  /** The number of the stack, for the raw operations. */
  readonly handle: number;
  private down_: boolean;

  constructor(handle: number) {
    if (!Number.isSafeInteger(handle)) throw refused("stack", "a Stack or its handle");
    this.handle = handle;
    this.down_ = false;
  }

  /** Takes the stack down. Volumes stay unless `volumes` is true. What could not be removed is in the report's errors. */
  async down(options?: DownOptions): Promise<CleanupReport> {
    return json<CleanupReport>(raw.compose_down(this.handle, document(options))).then((report) => {
      this.down_ = report.errors.length === 0;
      return report;
    });
  }

  /** The containers of the stack. */
  async ps(): Promise<ServiceStatus[]> {
    return json<ServiceStatus[]>(raw.compose_ps(this.handle));
  }

  /** The state of the stack, service by service. */
  async status(): Promise<StackStatus> {
    return json<StackStatus>(raw.compose_status(this.handle));
  }

  /** The logs of the stack so far. */
  async logs(options?: StackLogOptions): Promise<LogRecord[]> {
    return json<LogRecord[]>(raw.compose_logs(this.handle, logOptions(options)));
  }

  /** Follows the logs: `for await (const line of await stack.followLogs())`. */
  async followLogs(options?: StackLogOptions): Promise<RecordStream<LogRecord>> {
    return settled(raw.compose_followLogs(this.handle, logOptions(options))).then(
      (handle) => new RecordStream<LogRecord>(handle),
    );
  }

  /** What happens to the stack, from now on. */
  async events(): Promise<RecordStream<StackEvent>> {
    return settled(raw.compose_events(this.handle)).then((handle) => new RecordStream<StackEvent>(handle));
  }

  /** Runs a command in a service's container. */
  async exec(service: string, cmd: string[], options?: ExecOptions): Promise<ExecResult> {
    return json<ExecResult>(raw.compose_exec(this.handle, text(service, "service"), document(cmd), document(options)));
  }

  /** Runs a one-off container of a service. */
  async run(service: string, options?: RunOptions): Promise<RunResult> {
    return json<RunResult>(raw.compose_run(this.handle, text(service, "service"), document(options)));
  }

  /** The resolved project as YAML. */
  async config(): Promise<string> {
    return json<string>(raw.compose_config(this.handle));
  }

  /** The dependency graph. */
  async graph(): Promise<DependencyGraph> {
    return json<DependencyGraph>(raw.compose_graph(this.handle));
  }

  /** Starts services and what they depend on, dependencies first. Absent means all, [] none; so also below. */
  async start(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_start(this.handle, document(services), document(options)));
  }

  /** Stops services, dependents first. */
  async stop(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_stop(this.handle, document(services), document(options)));
  }

  /** Restarts services, those that ask to restart with them (restart: true), and those in their namespaces. */
  async restart(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_restart(this.handle, document(services), document(options)));
  }

  async pause(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_pause(this.handle, document(services), document(options)));
  }

  async unpause(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_unpause(this.handle, document(services), document(options)));
  }

  /** Sends a signal to services. */
  async kill(services?: string[], options?: LifecycleOptions): Promise<void> {
    return settled(raw.compose_kill(this.handle, document(services), document(options)));
  }

  /** Changes the number of containers of services: `scale({ web: 3 })`. */
  async scale(replicas: Record<string, number>): Promise<void> {
    return settled(raw.compose_scale(this.handle, document(replicas)));
  }

  /** Pulls the images of the stack. */
  async pullImages(options?: ImagesOptions): Promise<ImagesReport> {
    return json<ImagesReport>(raw.compose_pull(this.handle, document(options)));
  }

  /** Builds the images of the stack. */
  async buildImages(options?: ImagesOptions): Promise<ImagesReport> {
    return json<ImagesReport>(raw.compose_build(this.handle, document(options)));
  }

  /** Pushes the images of the stack. */
  async pushImages(options?: ImagesOptions): Promise<ImagesReport> {
    return json<ImagesReport>(raw.compose_push(this.handle, document(options)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.down_ ? undefined : this.down().then(() => undefined);
  }
}

/** Brings a project up, as a transaction: all of it, or what was there before. */
export async function composeUp(spec: ComposeSpec, options?: UpOptions): Promise<Stack> {
  return settled(raw.container_composeUp(document(spec), document(options))).then((handle) => new Stack(handle));
}
