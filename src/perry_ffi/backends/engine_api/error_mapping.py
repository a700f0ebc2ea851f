"""From an engine's refusal to the error family: the one place that reads statuses; what words mean, ``sayings`` tells.

Docker's statuses say what they mean, with few exceptions. Podman's compatible API answers 500 for
many conflicts and unreadable values and names the reason in ``cause`` (tried on 4.3 and 5.4), so
the cause decides there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.registry_words import remedy
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
    """Without the middle of a long one: an engine says first what it did, and at the end why that failed."""
    half = MAX_WORDS // 2
    return text if len(text) <= MAX_WORDS else f"{text[:half]} ... {text[-half:]}"


_KIND_OF_STATUS: dict[int, type[ContainerError]] = {
    400: ValidationError,
    404: NotFound,
    409: Conflict,
    501: Unsupported,
}

_REMEDY = (
    "the engine keeps no name of an anonymous volume of the container, and will not start it again; its data is in the volume "
    "that the folder in the container's Mounts names: up makes the container anew with it, and so does a container that "
    "mounts that volume by its name"
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
        remedy=_remedy(words, said, doing, backend, subject),
    )


def _remedy(words: Words, said: str, doing: str, backend: str, subject: str | None) -> str | None:
    from perry_ffi.backends.start_words import remedy_of_start

    if says(words.message, Meaning.NAMELESS_VOLUME):
        return _REMEDY
    return remedy(said, doing, backend, subject) or remedy_of_start(said, doing, backend)


def is_held(error: ContainerError) -> bool:
    """Whether a network was not removed because, in the engine's words, something is on it."""
    return isinstance(error, Conflict) and says(f"{error.details.get('output')}\n{error.details.get('cause')}", Meaning.HELD)


def _exit_code(said: str) -> int | None:
    """What a shell would end with where a command cannot be run; ``None`` where the words are about something else."""
    if not says(said, Meaning.RUNTIME):
        return None
    if says(said, Meaning.NO_COMMAND):
        return 127
    return 126 if says(said, Meaning.NO_EXECUTABLE) else None


def _kind(status: int, words: Words, *, in_stream: bool) -> type[ContainerError]:
    said = f"{words.message}\n{words.cause}"
    if says(said, Meaning.RUNTIME) or says(words.message, Meaning.NAMELESS_VOLUME):
        return BackendError
    if says(said, Meaning.UNSUPPORTED):
        return Unsupported
    if status == 403 and says(said, Meaning.CONFLICT):
        return Conflict
    if not in_stream and status in _KIND_OF_STATUS:
        return _KIND_OF_STATUS[status]
    if says(said, Meaning.CONFLICT):
        return Conflict
    if says(said, Meaning.NOT_FOUND):
        return NotFound
    if says(said, Meaning.INVALID):
        return ValidationError
    return BackendError
