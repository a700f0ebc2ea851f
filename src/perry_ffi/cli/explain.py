"""An error as a person reads it: what, then the evidence, then what can be done. At most one screen.

What containers and engines said is shown as words: colours and movements of a terminal are left out of it, and whatever else
would act on one is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import folded, plain
from perry_ffi.errors import (
    BackendNotAvailable,
    ContainerError,
    InternalError,
    NoBackendFound,
    NotFound,
    ServiceStartupFailed,
    Timeout,
    VerificationFailed,
)

LINES = 12
"""How much of a log or an output is shown."""
PROBE_LINES = 4
"""How much of what a probe said."""
WIDTH = 200
"""How much of a line."""

_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, movements of the cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
"""A control sequence of a terminal (ECMA-48)."""
_ID = re.compile(r"(?<![:\w])[0-9a-f]{64}(?!\w)")
"""Of a container or of what belongs to one; digests have their kind before them."""
_ID_LEAST = 12
"""How much of it people are shown."""
_NUMBER = re.compile(r"\d+")
_WAITS = {"completed": "to complete", "healthy": "to be healthy", "ready": "to be ready", "started": "to start"}


def explain(error: ContainerError, following: str = "", columns: int | None = None) -> str:
    """The message and, indented below it, what the details add, in so many columns.

    following: the command that is to be typed next; it stays whole.
    """
    lines = [f"perry-compose: {_what(error)}", *(f"  {line}" for line in _evidence(error))]
    lines = [part for line in lines for part in folded(line, columns, 6 if line.startswith("    | ") else 4)]
    return "\n".join([*lines, *([f"  next: {following}"] if following else [])])


def _what(error: ContainerError) -> str:
    """The message, behind the service that it is about; of several images that failed only how many, for each has a line of its own
    below.
    """
    details = error.details
    failures = details.get("failures") or ()
    if len(failures) > 1:
        return f"{details.get('operation')}: {len(failures)} images failed"
    told, service = _ID.sub(lambda found: found[0][:_ID_LEAST], spelled(error.message)), details.get("service")
    of_work = details.get("operation") is not None or details.get("rolledBack") is not None
    return f"services.{service}: {told}" if service and of_work and f"services.{service}" not in told else told


def as_object(error: ContainerError, following: str = "") -> dict[str, Any]:
    """The same for a program: what docker compose says (``message``), what went wrong, where, and what more is known."""
    known = {name: spelled(value) if isinstance(value, str) else value for name, value in error.details.items()}
    told = {
        "message": spelled(error.message), "code": error.code, "kind": error.kind, "service": known.pop("service", None),
        "path": known.pop("path", None), "next": following or None, "details": known or None,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def next_words(error: ContainerError, typed: Sequence[str]) -> list[str]:
    """The words, behind the flags of the program, of the command that shows more. typed: those that failed."""
    details, service = error.details, error.details.get("service")
    if isinstance(error, (NoBackendFound, BackendNotAvailable)):
        return [] if typed[:1] == ["doctor"] else ["doctor"]
    if str(details.get("operation") or "").partition(" ")[0] in ("pull", "build"):
        return _of_image(error, typed)
    if not isinstance(error, (ServiceStartupFailed, Timeout)) or not service or not details.get("container"):
        return []
    if details.get("rolledBack") is None:
        return ["logs", str(service)]
    if details.get("rollouts"):
        return []  # The one that failed is gone in any case.
    if typed[:1] == ["up"] and "--no-rollback" not in typed:
        return ["up", "--no-rollback", *typed[1:]]
    return []


def _of_image(error: ContainerError, typed: Sequence[str]) -> list[str]:
    """Where an image could not be had: with the one that is there; its name as it was read; the build alone."""
    details, service = error.details, error.details.get("service")
    if details.get("present") and typed[:1] == ["up"]:
        return ["up", "--pull", "missing", *_without_pull(typed[1:])]
    if isinstance(error, NotFound):
        return ["config", "--images", *([str(service)] if service else [])]
    return ["build", str(service)] if details.get("step") and service and typed[:1] != ["build"] else []


def _without_pull(words: Sequence[str]) -> list[str]:
    """What was typed, less ``--pull`` and its value."""
    left, found = list(words), list[str]()
    while left:
        word = left.pop(0)
        if word == "--pull":
            del left[:1]
        elif not word.startswith("--pull="):
            found.append(word)
    return found


def without_sequences(text: str) -> str:
    """``text`` without what a terminal would act on and not show."""
    return _SEQUENCE.sub("", text)


def _evidence(error: ContainerError) -> Iterator[str]:
    details = error.details
    if isinstance(error, InternalError):
        yield f"at {details.get('where')}"
    failures = details.get("failures") or ()
    yield from failures if len(failures) > 1 else ()
    if failures and details.get("done"):
        yield f"{details.get('operation')} of the others is done: {', '.join(map(str, details['done']))}"
    if waiting := details.get("waitedBy"):
        verb = "waits" if len(waiting) == 1 else "wait"
        yield f"{_listed(waiting)} {verb} for it {_WAITS.get(details.get('condition', ''), '')}".rstrip()
    code = details.get("exitCode")
    if code is not None and str(code) not in _NUMBER.findall(error.message):
        yield f"exit code: {code}"
    if (probe := details.get("probe")) and not (code is not None and _says_nothing(probe)):
        yield from _probe(probe)
    yield from _block("its last log lines", details.get("logs"))
    if details.get("step"):  # The message of a build has its last words; what came before them explains.
        yield from _block("the last lines of the build", _of_build(str(details.get("output") or "")))
    rows = details.get("probes") or ()
    for row in rows if len(rows) > 1 else ():  # Of one alone the message has told.
        told = [row.get("reason") if str(row.get("reason")) not in error.message else None, row.get("remedy")]
        if any(told):
            yield f"{row.get('name')}: {'; '.join(filter(None, told))}"
    yield from (f"and {row['path']}: {row['reason']}" for row in (details.get("obstacles") or ())[1:])
    if isinstance(error, VerificationFailed):
        yield from _signatures(details)
    yield from _left(error)
    if details.get("rolledBack") and not details.get("leftOver"):
        yield "everything is as it was"
    if details.get("remedy"):
        yield f"remedy: {spelled(details['remedy'])}"


def _of_build(output: str) -> list[str]:
    from perry_ffi.cli.show.words import is_bookkeeping

    return [line for line in output.splitlines() if not is_bookkeeping(without_sequences(line))]


def _signatures(details: dict[str, Any]) -> Iterator[str]:
    """Of an image that is not signed as a policy asks: which digest, by which rule, what was wanted and what was found."""
    if details.get("digest"):
        yield f"digest: {details['digest']}"
    if details.get("rule"):
        yield f"rule: {details['rule']} ({details.get('policy')})"
    wanted = details.get("wanted") or {}
    for row in (*wanted.get("keys", ()), *wanted.get("digests", ())):
        yield f"wanted: {_line(str(row))}"
    for row in wanted.get("identities", ()):
        yield "wanted: " + _line(f"{row['subject']} (issuer {row['issuer']})")
    for name, value in (wanted.get("annotations") or {}).items():
        yield "wanted: " + _line(f"{name}={value}")
    for row in details.get("refused") or ():
        yield f"found: {row['format']} {row['id']}  {_line(row['message'])}"


def _left(error: ContainerError) -> Iterator[str]:
    """What could not be put back, and why, where that is another reason than the error's own."""
    rows = [_without_reason(str(row), spelled(error.message)) for row in error.details.get("leftOver") or ()]
    more = [f"and {len(rows) - LINES + 1} more: see perry-compose ps -a"] if len(rows) > LINES else []
    yield from _block("could not be put back", [*rows[: LINES - 1], *more] if more else rows)


def _without_reason(row: str, message: str) -> str:
    """``row``, less the end that the message has, too: an engine that has gone is told of once."""
    parts = row.split(": ")
    at = next((at for at in range(1, len(parts)) if message.endswith(": " + ": ".join(parts[at:]))), len(parts))
    # Between what was not put back and the reason stands how that was tried.
    return row if at == len(parts) else parts[0]


def _says_nothing(probe: dict[str, Any]) -> bool:
    """Whether it died with its container, and so tells nothing."""
    return probe.get("exitCode") in (None, -1) or (probe["exitCode"] == 137 and not str(probe.get("output") or "").strip())


def _probe(probe: dict[str, Any]) -> Iterator[str]:
    """What was run, how it ended, and what it said."""
    command = _command(probe.get("test") or [])
    code = probe.get("exitCode")
    ended = f"ended with exit code {code}" if code is not None else "did not end"
    title = f"its health check{f', {command},' if command else ''} {ended}"
    if not str(probe.get("output") or "").strip():
        yield f"{title} and printed nothing"
    else:
        yield from _block(f"{title} and printed", probe["output"], PROBE_LINES)


def _command(test: list[str]) -> str:
    if test[:1] == ["CMD-SHELL"]:
        return _line(" ".join(test[1:]))
    import shlex

    return _line(shlex.join(test[1:] if test[:1] == ["CMD"] else test))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _block(title: str, text: Any, most: int = LINES) -> Iterator[str]:
    lines = [str(line) for line in text] if isinstance(text, list) else str(text or "").splitlines()
    if lines:
        yield f"{title}:"
        yield from (f"  | {_line(line)}" for line in lines[-most:])


def _line(text: str) -> str:
    """One line as words, of a bounded width."""
    words = plain(_SEQUENCE.sub("", text)).replace("\n", "\\n").rstrip()
    return words if len(words) <= WIDTH else f"{words[: WIDTH - 3]}..."
