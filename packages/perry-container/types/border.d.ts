/** The JSON of an argument; nothing at all reads as absent. */
export declare function document(value: unknown): string;
/** A text argument. Throws a ValidationError that names it for anything but a string. */
export declare function text(value: unknown, name: string): string;
/** A flag. */
export declare function flag(value: boolean | undefined): number;
/** What a promise of the raw module settles with; its rejection as a ContainerError. */
export declare function settled<T>(pending: Promise<T>): Promise<T>;
/** The same, for an operation that settles with JSON. */
export declare function json<T>(pending: Promise<string>): Promise<T>;
