"""What nerdctl says and what it means, and how it says it: the one table of its words.

It ends with 1 for every failure; what went wrong is a line for a log on its error output, ``time="…" level=fatal msg="…"``.
Lines of ``level=warning`` and ``level=error`` also come with a command that succeeds, so they are no failure by themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from perry_ffi.backends.command_line.refusal import Saying, Table
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, NotFound, Unsupported, ValidationError

_SEEN = "2.3"
_RUNTIME = r"oci runtime|\brunc\b|failed to create (?:shim )?task|exec format error"

TABLE = Table(
    [
        Saying(
            BackendNotAvailable, r"cannot access containerd socket|failed to dial|rootless containerd not running", _SEEN,
            remedy="start containerd: systemctl start containerd (or containerd-rootless-setuptool.sh install)",
        ),
        Saying(BackendError, r"executable file not found|exec: .*no such file or directory", _SEEN, exit_code=127),
        Saying(BackendError, r"exec: .*(?:is a directory|permission denied)|exec format error", _SEEN, exit_code=126),
        Saying(BackendError, _RUNTIME, _SEEN),
        Saying(Conflict, r"is already used by id|already exists|already in use|port is already allocated", _SEEN),
        Saying(Conflict, r"is in running status|is in paused status|container is not running|is already paused", _SEEN),
        Saying(Conflict, r"is not paused|is not running|cannot exec in a (?:stopped|paused|created) state", _SEEN),
        Saying(Conflict, r"is in use|being used by|no running task found|overlaps with other one", _SEEN),
        Saying(Conflict, r"has no health check configured|cannot copy into read-only location", _SEEN),
        Saying(Conflict, r"cannot start a container that is (?:paused|running)", _SEEN),
        Saying(NotFound, r"no such (?:container|image|network|volume|object)", _SEEN),
        Saying(NotFound, r"(?:image|network|volume|container)\b.{0,200}? not found", _SEEN),
        Saying(NotFound, r"no network found matching|unable to find any network|no container found for", _SEEN),
        Saying(NotFound, r"volume-store error\s+not found", _SEEN),
        Saying(NotFound, r"image not available|source does not exist|destination parent does not exist", _SEEN),
        Saying(NotFound, r"pull access denied|manifest unknown|failed to resolve (?:reference|source metadata) .*: not found", _SEEN),
        Saying(Unsupported, r"failed to load logging config|unknown (?:shorthand )?flag|unknown (?:sub)?command", _SEEN),
        Saying(
            BackendError, r"no buildkit host is available|buildctl.*not found", _SEEN,
            remedy="start buildkitd with a containerd worker in the namespace of nerdctl, and put buildctl on the search path",
        ),
        Saying(ValidationError, r"invalid (?:reference|argument|identifier|name|port|value|format)|must match", _SEEN),
        Saying(ValidationError, r"greater than maximum size|identifier .* must match", _SEEN),
    ]
)  # fmt: skip

_LINE = re.compile(r'time="[^"]*" level=(?P<level>\w+) msg=(?P<msg>"(?:[^"\\]|\\.)*"|\S*)')
_UNTOLD = re.compile(r"some volumes could not be")
_BUILDER, _STEP = "error: ", "error: failed to solve: process "
_EXEC_CODE = re.compile(r"exec failed with exit code (\d+)\Z")


class Word(NamedTuple):
    """One line of its log: ``fatal``, ``error``, ``warning``, and what is said."""

    level: str
    message: str


def words_of(said: str) -> Iterator[Word]:
    """The lines of its log in its error output; what is not one is passed over."""
    for line in said.split("\n"):
        if match := _LINE.match(line.strip()):
            yield Word(match["level"], _unquoted(match["msg"]))


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text)) if text.startswith('"') else text
    except ValueError:
        return text[1:-1]


def failure(said: str) -> str:
    """Why a command failed, out of its error output: what was fatal, with the errors before it; else all of it.

    Of volumes it says only that some failed, and why in warnings.
    """
    words = list(words_of(said))
    told = ("fatal", "error", "warning") if any(_UNTOLD.search(word.message) for word in words) else ("fatal", "error")
    found = [word.message for word in words if word.level in told]
    return "\n".join(found) if found else said.strip()


def build_failure(lines: Sequence[str]) -> str:
    """Those words of a failed build that tell of what kind it is: the builder's last, unless it is that a step failed."""
    last = next((line for line in reversed(lines) if _LINE.match(line) or line.startswith(_BUILDER)), "")
    return "" if last.startswith(_STEP) else failure(last)


def errors(said: str) -> str:
    """What a command that succeeded says of what it could not do."""
    return "\n".join(word.message for word in words_of(said) if word.level in ("fatal", "error"))


def exec_code(line: str) -> int | None:
    """The exit code of a command inside a container, from the last line of the error output; ``None`` if it has none."""
    match = _LINE.fullmatch(line.strip())
    if match is None or match["level"] != "fatal":
        return None
    code = _EXEC_CODE.fullmatch(_unquoted(match["msg"]))
    return int(code[1]) if code else None


__all__ = ["TABLE", "Word", "build_failure", "errors", "exec_code", "failure", "words_of"]
