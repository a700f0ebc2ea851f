// What crosses the border: JSON texts in and out, flags as 0 and 1, errors made typed.
import { refused, typed } from "./errors";

/** The JSON of an argument; nothing at all reads as absent. */
export function document(value: unknown): string {
  return value === undefined || value === null ? "" : JSON.stringify(value);
}

/** A text argument. Throws a ValidationError that names it for anything but a string. */
export function text(value: unknown, name: string): string {
  if (typeof value !== "string") throw refused(name, "a string");
  return value;
}

/** A flag. */
export function flag(value: boolean | undefined): number {
  return value ? 1 : 0;
}

function rethrow(reason: unknown): never {
  throw typed(reason);
}

// No function of this package awaits: all of them chain. Where a function that was suspended in an await is awaited by an
// async closure, programs of Perry 0.5.1182 may get the value of an inner promise in place of the closure's own.

/** What a promise of the raw module settles with; its rejection as a ContainerError. */
export function settled<T>(pending: Promise<T>): Promise<T> {
  return pending.catch(rethrow);
}

/** The same, for an operation that settles with JSON. */
export function json<T>(pending: Promise<string>): Promise<T> {
  return pending.then((text) => JSON.parse(text) as T, rethrow);
}
