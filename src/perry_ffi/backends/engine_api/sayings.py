"""What engines say and what it means: one table for each family of them, each row with the versions that say it.

Statuses mean what they say on docker, with few exceptions, and little on podman's compatible API, which answers 500 for much;
where a status does not tell, words do. They change between versions: whoever matches some adds a row here, with the versions
where they were seen, and asks ``says``. Seen were docker 20.10, 26.1 and 28.5, and podman 4.3, 5.4 and 5.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from functools import cache
from typing import NamedTuple


class Meaning(Enum):
    """What is said."""

    CONFLICT = auto()  # What was asked for and what is there exclude each other.
    NOT_FOUND = auto()  # What it is about is not there.
    INVALID = auto()  # It is asked wrongly.
    UNSUPPORTED = auto()  # The engine cannot do it.
    RUNTIME = auto()  # A runtime failed, whatever else the words are like.
    NO_COMMAND = auto()  # Of a runtime: there is no such program.
    NO_EXECUTABLE = auto()  # Of a runtime: what is there is no program that may be run.
    NAMELESS_VOLUME = auto()  # The engine lost the name of an anonymous volume.
    HELD = auto()  # A network is not removed because something is on it.
    MOMENTARY = auto()  # Something went away at that moment: asked again, it is answered.
    GONE = auto()  # One of many went away while they were listed.
    SAME_NAME = auto()  # A container has the name already that it is to have.
    PAUSED = auto()  # It is frozen already.
    NOT_PAUSED = auto()  # It is not frozen.
    REMOVAL = auto()  # Somebody else removes it already.
    NOT_CONNECTED = auto()  # A container is not on the network.
    PROBE_TIMEOUT = auto()  # A health probe took too long.
    NO_DIRECTORY = auto()  # A path leads through, or to, what is no directory.
    READ_ONLY = auto()  # Nothing can be written there.
    CROSSED = auto()  # Somebody else wrote the same file at that moment.


class Saying(NamedTuple):
    """words: a regular expression, found in any case of letters. versions: which of the family say so."""

    meaning: Meaning
    words: str
    versions: str


_DOCKER_ON, _PODMAN_ON = "20.10 on", "4.3 on"

DOCKER: tuple[Saying, ...] = (
    Saying(Meaning.CONFLICT, r"already in use|already exists|volume is in use|volume is being used", _DOCKER_ON),
    Saying(Meaning.CONFLICT, r"has active endpoints|is being used|in use by|being used by", _DOCKER_ON),
    Saying(Meaning.CONFLICT, r"is not running|is already running|container is running", _DOCKER_ON),
    Saying(Meaning.CONFLICT, r"you cannot remove a running container", "20.10"),
    Saying(Meaning.CONFLICT, r"network with name .* already|has child images", _DOCKER_ON),
    Saying(Meaning.NOT_FOUND, r"no such (?:container|image|network|volume|exec|object)", _DOCKER_ON),
    Saying(Meaning.NOT_FOUND, r"(?:container|image|network|volume) (?:\S+ )?not (?:found|known)", _DOCKER_ON),
    Saying(Meaning.NOT_FOUND, r"manifest unknown|repository does not exist|pull access denied|name unknown", _DOCKER_ON),
    Saying(Meaning.INVALID, r"invalid (?:reference|argument|container name|mount|port|value|filter|format)", _DOCKER_ON),
    Saying(Meaning.INVALID, r"invalid (?:hostname|ip|subnet|restart|capability)|unknown capability", _DOCKER_ON),
    Saying(Meaning.INVALID, r"not a valid|is an invalid|must be (?:lower|upper)case|invalid.*: parameter", _DOCKER_ON),
    Saying(Meaning.UNSUPPORTED, r"logging driver does not support reading", _DOCKER_ON),
    Saying(
        Meaning.RUNTIME, r"oci runtime|\brunc\b|failed to create (?:shim )?task|executable file|exec format error", _DOCKER_ON
    ),
    Saying(Meaning.NO_COMMAND, r"executable file .*not found|exec: .*no such file or directory", _DOCKER_ON),
    Saying(Meaning.NO_EXECUTABLE, r"exec: .*permission denied|exec format error", _DOCKER_ON),
    Saying(Meaning.NAMELESS_VOLUME, r"get: no such volume\Z", "25.0.8, and 27.4 on"),
    Saying(Meaning.HELD, r"has active endpoints", _DOCKER_ON),
    Saying(Meaning.MOMENTARY, r"can not get logs from container which is dead or marked for removal", _DOCKER_ON),
    Saying(Meaning.MOMENTARY, r"container does not exist\s*: unknown|ttrpc: closed", _DOCKER_ON),
    Saying(Meaning.MOMENTARY, r"layer does not exist|unrecognized image id", _DOCKER_ON),
    Saying(Meaning.GONE, r"no such (?:container|image|network|volume)", _DOCKER_ON),
    Saying(Meaning.SAME_NAME, r"same name as its current name", _DOCKER_ON),
    Saying(Meaning.PAUSED, r"already paused", _DOCKER_ON),
    Saying(Meaning.NOT_PAUSED, r"not paused", _DOCKER_ON),
    Saying(Meaning.REMOVAL, r"already in progress", _DOCKER_ON),
    Saying(Meaning.NOT_CONNECTED, r"not connected", _DOCKER_ON),
    Saying(Meaning.NO_DIRECTORY, r"not a directory", "20.10 on; with status 400 from 28 on, 500 before"),
    Saying(Meaning.READ_ONLY, r"marked read-only", "20.10 on; with status 400 from 28 on, 500 before"),
    Saying(Meaning.CROSSED, r": (?:file exists|no such file or directory)", "26.1 on, perhaps before"),
)
PODMAN: tuple[Saying, ...] = (
    Saying(Meaning.CONFLICT, r"already in use|already exists|already used|already connected", _PODMAN_ON),
    Saying(Meaning.CONFLICT, r"container state improper|can only (?:create exec|kill|stop)|is being used|in use by", _PODMAN_ON),
    Saying(Meaning.CONFLICT, r"has associated containers|dependent containers|being used by|container is running", _PODMAN_ON),
    Saying(Meaning.CONFLICT, r"unique constraint failed", "5 on: a name that its database has already"),
    Saying(Meaning.NOT_FOUND, r"no such (?:container|image|network|volume|exec|object)|image not known", _PODMAN_ON),
    Saying(Meaning.NOT_FOUND, r"(?:container|image|network|volume) (?:\S+ )?not (?:found|known)|network not found", _PODMAN_ON),
    Saying(Meaning.NOT_FOUND, r"manifest unknown|name unknown|unable to find network|does not exist in the registry", _PODMAN_ON),
    Saying(Meaning.INVALID, r"invalid (?:reference|argument|container name|mount|port|value|filter|format)", _PODMAN_ON),
    Saying(Meaning.INVALID, r"names must match|unsupported restart policy|unable to parse|not a valid", _PODMAN_ON),
    Saying(Meaning.UNSUPPORTED, r"this container is not logging output", _PODMAN_ON),
    Saying(Meaning.RUNTIME, r"oci runtime|\bcrun\b|\brunc\b|executable file|exec format error", _PODMAN_ON),
    Saying(Meaning.NO_COMMAND, r"executable file .*not found|command that was not found", _PODMAN_ON),
    Saying(Meaning.NO_COMMAND, r"exec: .*no such file or directory", _PODMAN_ON),
    Saying(Meaning.NO_EXECUTABLE, r"exec: .*permission denied|open executable: permission denied", _PODMAN_ON),
    Saying(Meaning.NO_EXECUTABLE, r"exec: .*is a directory", "5 on: of a directory, where 4.3 says permission denied"),
    Saying(Meaning.NO_EXECUTABLE, r"exec format error", _PODMAN_ON),
    Saying(Meaning.HELD, r"has associated containers|network is being used", _PODMAN_ON),
    # Files of a process, or of its control group, that has just ended.
    Saying(Meaning.MOMENTARY, r"/proc/\d+/\S*: no such (?:process|file or directory)", _PODMAN_ON),
    Saying(Meaning.MOMENTARY, r"/sys/fs/cgroup/\S*: no such (?:device|file or directory)|cgroup deleted", _PODMAN_ON),
    Saying(Meaning.MOMENTARY, r"cannot get cgroup path unless container \S+ is running", _PODMAN_ON),
    # A container that is being taken out of its tables.
    Saying(Meaning.MOMENTARY, r"container has already been removed|does not exist in database: no such container", _PODMAN_ON),
    Saying(Meaning.MOMENTARY, r"getting graph driver info|cannot remove container \S+ as it could not be stopped", _PODMAN_ON),
    # A removal that comes while podman's own clean-up of a process that has ended takes the same container down.
    Saying(Meaning.MOMENTARY, r"unlinkat \S+/userdata/shm: device or resource busy", "4.3"),
    Saying(Meaning.MOMENTARY, r"database is locked", "4.8 on: two of its processes at the same table"),
    # An image that is being removed while images are listed.
    Saying(Meaning.MOMENTARY, r"layer not known|locating item named \S+ for image", _PODMAN_ON),
    Saying(Meaning.GONE, r"no such (?:container|image|network|volume)", _PODMAN_ON),
    Saying(Meaning.GONE, r"(?:container|image|network|volume) (?:\S+ )?not (?:found|known)", _PODMAN_ON),
    Saying(Meaning.PAUSED, r"already paused", _PODMAN_ON),
    Saying(Meaning.NOT_PAUSED, r"not paused", _PODMAN_ON),
    Saying(Meaning.NOT_CONNECTED, r"not connected", _PODMAN_ON),
    Saying(Meaning.NOT_CONNECTED, r"invalid network mode", "4.3 on: of one in another's namespace"),
    Saying(Meaning.PROBE_TIMEOUT, r"exceeded timeout", _PODMAN_ON),
    Saying(Meaning.NO_DIRECTORY, r"not a directory", _PODMAN_ON),
    Saying(Meaning.READ_ONLY, r"read-only file system", _PODMAN_ON),
    Saying(Meaning.CROSSED, r": (?:file exists|no such file or directory)", _PODMAN_ON),
)


def says(text: str, meaning: Meaning) -> bool:
    """Whether an engine's words mean that. Both tables count: an engine passes on words of what it is made of."""
    return _compiled(meaning).search(text) is not None


@cache
def _compiled(meaning: Meaning) -> re.Pattern[str]:
    rows: Iterable[Saying] = (row for row in (*DOCKER, *PODMAN) if row.meaning is meaning)
    return re.compile("|".join(dict.fromkeys(f"(?:{row.words})" for row in rows)), re.IGNORECASE | re.DOTALL)
