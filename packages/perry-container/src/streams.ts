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
    const records = await json<T[] | null>(container_streamNext(this.handle));
    if (records === null) await this.close();
    return records;
  }

  /** Gives the engine's connection back. A read that is pending answers null. May be called twice. */
  async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await settled(container_streamClose(this.handle));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        const records = await this.read();
        if (records === null) return;
        for (const record of records) yield record;
      }
    } finally {
      await this.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
