"""From an engine's refusal to the error family: the one place that reads statuses and engines' words.

Docker's statuses say what they mean, with few exceptions. Podman's compatible API answers 500 for
many conflicts and unreadable values and names the reason in ``cause`` (tried on 4.3 and 5.4), so
the cause decides there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Unsupported, ValidationError

MAX_WORDS = 2000
"""Characters of the engine's own words that an error carries."""


@dataclass(frozen=True)
class Words:
    """What the engine said: its message, and podman's root cause beside it."""

    message: str
    cause: str = ""

    @classmethod
    def of(cls, body: bytes) -> Words:
        """Reads an error body of either engine; anything else is taken as text."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            message = document.get("message") or document.get("error") or ""
            cause = document.get("cause") or ""
            if isinstance(message, str) and isinstance(cause, str) and (message or cause):
                return cls(_clip(message or cause), _clip(cause))
        return cls(_clip(body.decode("utf-8", "replace").strip()))


def _clip(text: str) -> str:
    return text if len(text) <= MAX_WORDS else text[:MAX_WORDS] + "..."


_KIND_OF_STATUS: dict[int, type[ContainerError]] = {
    400: ValidationError,
    404: NotFound,
    409: Conflict,
    501: Unsupported,
}

_CONFLICT = re.compile(
    r"already in use|already exists|already used|already connected|has active endpoints|"
    r"container state improper|is not running|is already running|is being used|in use by|being used by|"
    r"container is running|has dependent containers|has child images|can only (?:create exec|kill|stop)|"
    r"network with name .* already|you cannot remove a running container|volume is being used|"
    r"dependent containers|has associated containers|"
    r"unique constraint failed",  # podman 5: a name that its database has already
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"no such (?:container|image|network|volume|exec|object)|(?:container|image|network|volume) (?:\S+ )?not (?:found|known)|"
    r"image not known|network not found|manifest unknown|repository does not exist|pull access denied|"
    r"name unknown|unable to find network|does not exist in the registry",
    re.IGNORECASE,
)
_INVALID = re.compile(
    r"invalid (?:reference|argument|container name|mount|port|value|filter|format|hostname|ip|subnet|restart|capability)|"
    r"unknown capability|names must match|unsupported restart policy|not a valid|is an invalid|unable to parse|"
    r"must be (?:lower|upper)case|invalid.*: parameter",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(r"this container is not logging output|logging driver does not support reading", re.IGNORECASE)
_NAMELESS = re.compile(r"get: no such volume\Z")
_HELD = re.compile(r"has active endpoints|has associated containers|network is being used", re.IGNORECASE)
_RUNTIME = re.compile(
    r"oci runtime|\bcrun\b|\brunc\b|failed to create (?:shim )?task|executable file|exec format error", re.IGNORECASE
)

_REMEDY = (
    "the engine keeps no name of an anonymous volume of the container, and will not start it again; its data is in the volume "
    "that the folder in the container's Mounts names: up makes the container anew with it, and so does a container that "
    "mounts that volume by its name"
)

_NO_COMMAND = re.compile(
    r"executable file .*not found|command that was not found|exec: .*no such file or directory", re.IGNORECASE | re.DOTALL
)
_NO_EXECUTABLE = re.compile(
    r"exec: .*(?:permission denied|is a directory)|open executable: permission denied|exec format error",
    re.IGNORECASE | re.DOTALL,
)


def refusal(
    status: int, body: bytes, *, doing: str, backend: str, subject: str | None = None, in_stream: bool = False
) -> ContainerError:
    """The error for an answer that is none.

    status: the HTTP status. body: the answer. doing: the operation, for the message. subject: the name or
    id it was about. in_stream: the error came as a line of a 200 answer, where only the words tell.
    """
    words = Words.of(body)
    kind = _kind(status, words, in_stream=in_stream)
    said = words.message or f"HTTP status {status}"
    if words.cause and words.cause not in said:
        said = f"{said} ({words.cause})"
    return kind(
        f"{doing}: {said}",
        backend=backend,
        status=status,
        operation=doing,
        output=words.message or None,
        cause=words.cause or None,
        subject=subject,
        exitCode=_exit_code(f"{words.message}\n{words.cause}"),
        remedy=_REMEDY if _NAMELESS.search(words.message) else None,
    )


def is_held(error: ContainerError) -> bool:
    """Whether a network was not removed because, in the engine's words, something is on it."""
    return isinstance(error, Conflict) and bool(_HELD.search(f"{error.details.get('output')}\n{error.details.get('cause')}"))


def _exit_code(said: str) -> int | None:
    """What a shell would end with where a command cannot be run; ``None`` where the words are about something else."""
    if not _RUNTIME.search(said):
        return None
    if _NO_COMMAND.search(said):
        return 127
    return 126 if _NO_EXECUTABLE.search(said) else None


def _kind(status: int, words: Words, *, in_stream: bool) -> type[ContainerError]:
    said = f"{words.message}\n{words.cause}"
    if _RUNTIME.search(said) or _NAMELESS.search(words.message):
        return BackendError
    if _UNSUPPORTED.search(said):
        return Unsupported
    if status == 403 and _CONFLICT.search(said):
        return Conflict
    if not in_stream and status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    if _CONFLICT.search(said):
        return Conflict
    if _NOT_FOUND.search(said):
        return NotFound
    if _INVALID.search(said):
        return ValidationError
    return BackendError
