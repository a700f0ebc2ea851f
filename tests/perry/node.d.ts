// What the programs and the examples use of Node's globals, which Perry has too.
declare const process: {
  readonly argv: string[];
  readonly env: Record<string, string | undefined>;
  exit(status?: number): never;
  on(event: string, listener: () => void): void;
};
declare const console: { log(...values: unknown[]): void; error(...values: unknown[]): void };
declare function setTimeout(callback: () => void, milliseconds: number): number;
declare function clearTimeout(timer: number): void;
declare function setInterval(callback: () => void, milliseconds: number): number;
declare function clearInterval(timer: number): void;
declare const performance: { now(): number };
