"""Values of what a container may take of its host: limits of its processes, and devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from perry_ffi.model.values import bad, clean, integer, list_of, within


@dataclass(frozen=True)
class Ulimit:
    """One resource limit; -1 is "no limit"."""

    name: str
    soft: int
    hard: int


_limit = integer(-1)


def ulimits(value: Any) -> list[Ulimit]:
    """``{"nofile": 1024, "nproc": {"soft": 1, "hard": 2}}``, or a list of ``nofile=1024:2048``; names in any case."""
    if isinstance(value, Mapping):
        return [within(f".{key}", partial(_ulimit, key), item) for key, item in value.items()]
    return list_of(_ulimit_text, "an object of limits, or a list of name=soft:hard")(value)


def _ulimit(key: Any, value: Any) -> Ulimit:
    if not isinstance(key, str) or not re.match(r"[a-z]{2,16}\Z", key.lower()):
        bad("the name of a limit such as nofile", key)
    if isinstance(value, Mapping):
        if set(value) != {"soft", "hard"}:
            bad("a number, or an object of soft and hard")
        soft, hard = (within(f".{side}", _limit, value[side]) for side in ("soft", "hard"))
    else:
        soft = hard = _limit(value)
    if hard != -1 and (soft == -1 or soft > hard):
        bad("a soft limit that is not above the hard one", f"{soft}:{hard}")
    return Ulimit(key.lower(), soft, hard)


def _ulimit_text(value: Any) -> Ulimit:
    if isinstance(value, Ulimit):
        return value
    key, sign, limits = clean(value, "name=soft:hard").partition("=")
    soft, _, hard = limits.partition(":")
    if not sign:
        bad("name=soft:hard", value)
    return _ulimit(key, {"soft": soft, "hard": hard or soft})


@dataclass(frozen=True)
class Device:
    """A device of the engine's host, its path inside, and what of ``rwm`` is allowed."""

    source: str
    target: str
    permissions: str = "rwm"


def device(value: Any) -> Device:
    """``/dev/a``, ``/dev/a:/dev/b``, ``/dev/a:/dev/b:r``, or an object of source, target and permissions.

    A target that is no absolute path is one from the container's root.
    """
    if isinstance(value, Device):
        return value
    if isinstance(value, Mapping):
        if not {"source"} <= set(value) <= {"source", "target", "permissions"}:
            bad("an object of source, target and permissions")
        parts = [value["source"], value.get("target", value["source"]), value.get("permissions", "rwm")]
    else:
        parts = clean(value, "a device such as /dev/fuse:/dev/fuse:rwm").split(":")
        if len(parts) == 2 and re.match(r"[rwm]{1,3}\Z", parts[1]):
            parts.insert(1, parts[0])
        parts += [parts[0], "rwm"][len(parts) - 1 :] if len(parts) < 3 else []
    source, target, permissions = [*parts, ""][:3] if len(parts) == 3 else ("", "", "")
    target = target if not isinstance(target, str) or not target or target.startswith("/") else f"/{target}"
    if not _absolute(source) or not _absolute(target) or not re.match(r"[rwm]{1,3}\Z", str(permissions).lower()):
        bad("a device such as /dev/fuse:/dev/fuse:rwm", value)
    return Device(source, target, str(permissions).lower())


def _absolute(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("/") and ":" not in value and "\0" not in value
