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

/** What a promise of the raw module settles with; its rejection as a ContainerError. */
export async function settled<T>(pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (reason) {
    throw typed(reason);
  }
}

/** The same, for an operation that settles with JSON. */
export async function json<T>(pending: Promise<string>): Promise<T> {
  return JSON.parse(await settled(pending)) as T;
}
