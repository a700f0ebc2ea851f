"""What it says when it refuses, and what that means. Read in the sources of release 1.2; none was heard on a Mac.

It ends with 1 for every failure and with 64 for a command line that it does not take. Its words stand behind ``Error:``, or in
a line of its log, or alone where several errors are told at once, so they are looked for anywhere.
"""

from __future__ import annotations

from perry_ffi.backends.command_line.refusal import Saying, Table
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, NotFound, Unsupported, ValidationError

START = "container system start --enable-kernel-install"
"""How it is started: without the option it asks whether it may fetch a kernel, and nobody would answer."""
_ON = "1.0 on"

SAYINGS = Table(
    (
        Saying(BackendNotAvailable, r"XPC connection error|has been started with `container system start`", _ON, remedy=START),
        Saying(Conflict, r"hostname\(s\) already exist", _ON),
        Saying(Conflict, r"container already exists: |container with id \S+ already exists", _ON),
        Saying(Conflict, r"is (?:running|stopping) and can not be deleted", _ON),
        Saying(Conflict, r"container \S+ is not running", _ON),
        Saying(Conflict, r"attach is currently unsupported on already running", _ON),
        Saying(Conflict, r"network \S+ (?:already exists|has a pending operation)", _ON),
        Saying(Conflict, r"subnet \S+ overlaps an existing network", _ON),
        Saying(Conflict, r"cannot delete subnet \S+ with referring containers", _ON),
        Saying(Conflict, r"volume '[^']*' already exists|volume '[^']*' is currently in use", _ON),
        Saying(BackendError, r"failed to find target executable", _ON, exit_code=127),
        Saying(NotFound, r"(?:container|network|volume|image) not found: ", _ON),
        Saying(NotFound, r"container with ID \S+ not found|no such container: |no network for id|volume '[^']*' not found", _ON),
        Saying(NotFound, r"mount source path '[^']*' does not exist|path '[^']*' does not exist", _ON),
        Saying(NotFound, r"image with reference \S+|notFound: ", _ON),
        Saying(ValidationError, r"invalid_label_key|invalid_label_length", _ON),
        Saying(ValidationError, r"invalidArgument: |invalid (?:publish|volume|label|ulimit|mount|network|property)", _ON),
        Saying(ValidationError, r"minimum memory amount allowed", _ON),
        Saying(Unsupported, r"requires macOS 26|unsupported: ", _ON),
    )
)
"""The first row that matches counts."""


def words(stderr: str) -> str:
    """Its own words, without ``Error:`` before them, and without the usage that follows a command line it does not take."""
    text = stderr.partition("\nUsage:")[0].strip()
    return text.removeprefix("Error: ")


__all__ = ["SAYINGS", "START", "words"]
