/** What the members of an error's `details` are: evidence such as `status`, `exitCode`, `path`, `probes`, `remedy`. */
export type ErrorDetails = Record<string, unknown>;
/** The kinds of errors, each with its code. */
export type ErrorKind = "ValidationError" | "VerificationFailed" | "NotFound" | "Conflict" | "DependencyCycle" | "Cancelled" | "BackendError" | "ServiceStartupFailed" | "InternalError" | "Unsupported" | "NoBackendFound" | "BackendNotAvailable" | "RegistryNotAvailable" | "Timeout";
/** What every operation of this package rejects with. */
export declare class ContainerError extends Error {
    /** As HTTP counts: 404 is "not found", 409 a conflict, 503 no engine, or a registry that could not be asked. */
    readonly code: number;
    readonly kind: ErrorKind;
    readonly details: ErrorDetails;
    constructor(code: number, kind: ErrorKind, message: string, details: ErrorDetails);
}
/** The typed error for what a raw promise was rejected with; anything else comes back as it is. */
export declare function typed(reason: unknown): unknown;
/** The error of an argument that is not what the declarations say. */
export declare function refused(path: string, expected: string): ContainerError;
