/**
 * Records that arrive one after the other: `for await (const record of stream)`.
 *
 * Nothing is read ahead: a slow reader slows the engine and loses nothing. Leaving the loop closes the stream.
 */
export declare class RecordStream<T> implements AsyncIterable<T>, AsyncDisposable {
    /** The number of the stream, for the raw operations. */
    readonly handle: number;
    private open;
    constructor(handle: number);
    /** The next records, at least one; null at the end, and once the stream is closed. */
    read(): Promise<T[] | null>;
    /** Gives the engine's connection back. A read that is pending answers null. May be called twice. */
    close(): Promise<void>;
    [Symbol.asyncIterator](): AsyncIterator<T, void, undefined>;
    [Symbol.asyncDispose](): Promise<void>;
}
