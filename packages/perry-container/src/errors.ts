/** What the members of an error's `details` are: evidence such as `status`, `exitCode`, `path`, `probes`, `remedy`. */
export type ErrorDetails = Record<string, unknown>;

/** The kinds of errors, each with its code. */
export type ErrorKind =
  | "ValidationError" // 400
  | "VerificationFailed" // 403
  | "NotFound" // 404
  | "Conflict" // 409
  | "DependencyCycle" // 422
  | "Cancelled" // 499
  | "BackendError" // 500
  | "ServiceStartupFailed" // 500
  | "InternalError" // 500
  | "Unsupported" // 501
  | "NoBackendFound" // 503
  | "BackendNotAvailable" // 503
  | "RegistryNotAvailable" // 503
  | "Timeout"; // 504

/** What every operation of this package rejects with. */
export class ContainerError extends Error {
  /** As HTTP counts: 404 is "not found", 409 a conflict, 503 no engine, or a registry that could not be asked. */
  readonly code: number;
  readonly kind: ErrorKind;
  readonly details: ErrorDetails;

  constructor(code: number, kind: ErrorKind, message: string, details: ErrorDetails) {
    super(message);
    this.name = "ContainerError";
    this.code = code;
    this.kind = kind;
    this.details = details;
  }
}

function parsed(text: string): ContainerError | null {
  if (!text.startsWith("{")) return null;
  try {
    const members = JSON.parse(text) as Record<string, unknown>;
    const details: ErrorDetails = {};
    for (const name of Object.keys(members)) {
      if (name !== "code" && name !== "kind" && name !== "message") details[name] = members[name];
    }
    return new ContainerError(
      Number(members["code"]),
      members["kind"] as ErrorKind,
      String(members["message"]),
      details,
    );
  } catch {
    return null;
  }
}

/** The typed error for what a raw promise was rejected with; anything else comes back as it is. */
export function typed(reason: unknown): unknown {
  if (reason instanceof ContainerError || !(reason instanceof Error)) return reason;
  return parsed(reason.message) ?? reason;
}

/** The error of an argument that is not what the declarations say. */
export function refused(path: string, expected: string): ContainerError {
  return new ContainerError(400, "ValidationError", `${path}: expected ${expected}`, { path, expected });
}
