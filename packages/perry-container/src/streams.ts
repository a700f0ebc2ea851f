/// <reference lib="esnext.disposable" />
import { json, settled } from "./border";
import { container_streamClose, container_streamNext } from "./raw";

/**
 * Records that arrive one after the other: `for await (const record of stream)`.
 *
 * Nothing is read ahead: a slow reader slows the engine and loses nothing. Leaving the loop closes the stream.
 */
export class RecordStream<T> implements AsyncIterable<T>, AsyncDisposable {
  /** The number of the stream, for the raw operations. */
  readonly handle: number;
  private open: boolean;

  constructor(handle: number) {
    this.handle = handle;
    this.open = true;
  }

  /** The next records, at least one; null at the end, and once the stream is closed. */
  async read(): Promise<T[] | null> {
    if (!this.open) return null;
    return json<T[] | null>(container_streamNext(this.handle)).then((records) =>
      records === null ? this.close().then(() => null) : records,
    );
  }

  /** Gives the engine's connection back. A read that is pending answers null. May be called twice. */
  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    return settled(container_streamClose(this.handle));
  }

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    return new Records<T>(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Hands out the records of a stream one by one. */
class Records<T> implements AsyncIterator<T, void, undefined> {
  private readonly stream: RecordStream<T>;
  private batch: T[];
  private at: number;

  constructor(stream: RecordStream<T>) {
    this.stream = stream;
    this.batch = [];
    this.at = 0;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.at < this.batch.length) return Promise.resolve(this.taken());
    return this.stream.read().then((records) => {
      if (records === null) return { value: undefined, done: true };
      this.batch = records;
      this.at = 0;
      return this.taken();
    });
  }

  return(): Promise<IteratorResult<T, void>> {
    return this.stream.close().then(() => ({ value: undefined, done: true }));
  }

  private taken(): IteratorResult<T, void> {
    return { value: this.batch[this.at++] as T, done: false };
  }
}
