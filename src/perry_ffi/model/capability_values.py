"""Values of a hardened run, each with its bounds: what is outside of them is refused before an engine is asked."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from perry_ffi.model import mounts, values
from perry_ffi.model.container_values import is_built_in
from perry_ffi.model.mounts import Mount
from perry_ffi.model.values import bad, clean, within

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
MAX_TIMEOUT = 3600.0
MAX_WORD = 128 * KIB - 1
"""Bytes of the longest argument or variable that a kernel takes (execve(2))."""
MAX_WORDS = MIB
MAX_STDIN = 16 * MIB
MAX_INPUT = 32 * MIB
MAX_FILES, MAX_BINDS = 1024, 32
MAX_ID = 65535
_FOREIGN = ("/proc", "/sys", "/dev")
"""File systems of the kernel's."""
_SYSTEM = frozenset(
    ("/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv",
     "/usr", "/var", "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/local", "/usr/sbin", "/usr/share", "/var/lib", "/var/run")
)  # fmt: skip
"""Directories that hold what an image is made of: one that is mounted over would hide it."""


def seconds(value: Any) -> float:
    """Seconds as a number, or a duration: from 0.1 s to one hour."""
    found = values.duration(value) / 1e9
    if not 0.1 <= found <= MAX_TIMEOUT:
        bad("a duration from 100ms to 1h", value)
    return found


def size(low: int, high: int) -> Callable[[Any], int]:
    """The parser of a size within bounds."""

    def read(value: Any) -> int:
        found = values.size(value)
        if not low <= found <= high:
            bad(f"a size from {_shown(low)} to {_shown(high)}", value)
        return found

    return read


def _shown(size: int) -> str:
    for unit, text in ((GIB, "g"), (MIB, "m"), (KIB, "k")):
        if size >= unit:
            return f"{size // unit}{text}"
    return str(size)


def cpus(value: Any) -> float:
    """A share of processors, from a hundredth."""
    found = values.cpus(value)
    if not 0.01 <= found <= 1024:
        bad("a number of processors from 0.01 to 1024", value)
    return found


def user(value: Any) -> tuple[int, int]:
    """``uid`` or ``uid:gid``, by number: what a name means only the image tells. The group is the user's number unless given."""
    if isinstance(value, tuple):
        value = ":".join(map(str, value))
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else clean(value, "uid:gid by number")
    match = re.match(r"([0-9]{1,5})(?::([0-9]{1,5}))?\Z", text)
    if not match:
        bad("uid:gid by number, such as 65534:65534", value)
    uid, gid = int(match[1]), int(match[2] or match[1])
    if max(uid, gid) > MAX_ID:
        bad(f"numbers up to {MAX_ID}", value)
    return uid, gid


def command(value: Any) -> list[str]:
    """Arguments, within what a kernel takes."""
    found: list[str] = values.command(value)
    sizes = [len(item.encode()) for item in found]
    if len(found) > 4096 or sum(sizes) > MAX_WORDS or max(sizes, default=0) > MAX_WORD:
        bad("at most 4096 arguments, of 128 KiB each and 1 MiB in all")
    return found


def env(value: Any) -> dict[str, str]:
    """Variables, within what a kernel takes. Never shown."""
    found: dict[str, str] = values.env(value)
    sizes = [len(f"{name}={text}".encode()) for name, text in found.items()]
    if len(found) > 4096 or sum(sizes) > MAX_WORDS or max(sizes, default=0) > MAX_WORD:
        bad("at most 4096 variables, of 128 KiB each and 1 MiB in all")
    return found


def path(value: Any) -> str:
    """An absolute path without ``.`` and ``..``, and not of the kernel's own file systems."""
    text = values.absolute(value)
    clear = posixpath.normpath("/" + text.strip("/"))
    if ".." in text.split("/") or "." in text.split("/") or len(text.encode()) > 4000 or ":" in text or "," in text:
        bad("an absolute path without . and .., : and ,", value)
    if is_below(clear, _FOREIGN):
        bad("a path that is not below /proc, /sys or /dev", value)
    return clear


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Whether ``path`` is one of ``places``, or in one."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


def network(value: Any) -> str:
    """false, true, or the name of a network: ``none`` for no network, ``""`` for the engine's default one."""
    if isinstance(value, bool):
        return "" if value else "none"
    name = values.network_name(value)
    if is_built_in(name) and name not in ("none", "bridge"):
        bad("true, false or the name of a network: a run is in no namespace of the host or of another container", value)
    return "" if name == "bridge" else name


def seccomp(value: Any) -> str:
    """``strict``, ``default``, or the absolute path of a profile. There is no way to go without."""
    text = clean(value, "strict, default or the path of a profile")
    if text not in ("strict", "default") and not text.startswith("/"):
        bad("strict, default or the absolute path of a profile", value)
    return text


def content(value: Any, expected: str = "text, or an object of base64") -> bytes:
    """Text, or ``{base64}`` for any bytes. Never shown."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return _utf8(value)
    if not isinstance(value, Mapping) or set(value) != {"base64"} or not isinstance(value["base64"], str):
        bad(expected)
    try:
        return base64.b64decode(value["base64"], validate=True)
    except (binascii.Error, ValueError):
        bad("base64", at=".base64")


def _utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        bad("whole Unicode text, without lone surrogates")


def stdin(value: Any) -> bytes:
    """What the command reads."""
    found = content(value)
    if len(found) > MAX_STDIN:
        bad(f"at most {MAX_STDIN // MIB} MiB")
    return found


def inputs(value: Any) -> dict[str, bytes]:
    """Files by their absolute paths. Their directories are new ones: none that an image is made of, and none that is a memory."""
    if not isinstance(value, Mapping):
        bad("an object of paths and what the files hold")
    found: dict[str, bytes] = {}
    for name, item in value.items():
        place = within(".(name)", path, name)
        folder = posixpath.dirname(place)
        if folder in _SYSTEM or is_below(folder, ("/tmp",)) or str(name).endswith("/"):
            bad("a file in a directory of its own, such as /input/data.json, not of the system's and not below /tmp", str(name))
        found[place] = within(f".{name}", content, item)
    if any(is_below(posixpath.dirname(place), tuple(found)) for place in found):
        bad("files, none of which is a directory of another")
    if len(found) > MAX_FILES or sum(map(len, found.values())) > MAX_INPUT:
        bad(f"at most {MAX_FILES} files, {MAX_INPUT // MIB} MiB in all")
    return found


def binds(value: Any) -> list[Mount]:
    """Bind mounts that are only read: ``/source:/target:ro``, or the long form."""
    found = mounts.mounts(value)
    if len(found) > MAX_BINDS:
        bad(f"at most {MAX_BINDS} mounts")
    for index, item in enumerate(found):
        at = f"[{index}]"
        if item.type != "bind":
            bad("a bind mount, /source:/target:ro", at=at)
        if not item.read_only:
            bad("a mount that is read-only (:ro)", item.target, at=at)
        if item.selinux:
            bad("a mount without z and Z: they would change the labels of the host's files", item.target, at=at)
        if item.propagation not in ("", "private", "rprivate"):
            bad("no propagation from or to the host", item.propagation, at=at)
        if not item.source.startswith("/") or ".." in item.source.split("/"):
            bad("an absolute source", item.source, at=at)
        target = within(f"{at}.target", path, item.target)
        if target in _SYSTEM or target == "/tmp":
            bad("a target that is none of the system's directories", item.target, at=at)
    return found


def name(value: Any) -> str:
    """A name to recognise the run by: at most 40 characters."""
    found = values.name(value)
    if len(found) > 40:
        bad("a name of at most 40 characters", value)
    return found
