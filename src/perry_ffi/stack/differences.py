"""What of a service its container was not made from: which members, what they were as far as anybody still knows, and what they are.

Values that may be secret are never told: that they changed is. Pure.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import one_line
from perry_ffi.stack import identity
from perry_ffi.stack.members import changed
from perry_ffi.stack.shape import text

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerInfo
    from perry_ffi.model.why import MemberChange

_SECRET = r"pass(?!ive|through)|pwd|secret|token|key|cred|auth|private|cert|dsn|salt|signature|cookie|session"
"""In the names of values that are not shown."""
_HIDDEN = ("contents", "secrets", "configs", "credential_spec")
"""Members that are never shown, or whose parts tell nothing."""
WIDTH = 200
UNKNOWN = "it does not tell what it was made from, member by member: another program made it, or an older version of this one"


def differences(parts: Mapping[str, Any], info: ContainerInfo) -> tuple[list[MemberChange], str | None]:
    """What differs between ``parts`` (as ``members`` has them) and the container, and what cannot be known of that."""
    rows = changed(info.labels.get(identity.MEMBERS, ""), parts)
    if rows is None:
        return [_change(path, "changed", parts, info) for path in _seen_to_differ(parts, info)], UNKNOWN
    return [_change(path, change, parts, info) for path, change in rows.items()], None


def is_secret(path: str, value: Any) -> bool:
    """Whether a value may be one that nobody is to see."""
    if path.partition(".")[0] in _HIDDEN or re.search(_SECRET, path, re.IGNORECASE):
        return True
    return not isinstance(value, bool | int | float) and bool(re.search(rf"({_SECRET})\S*\s*[=:\"]", text(value), re.IGNORECASE))


def _change(path: str, change: str, parts: Mapping[str, Any], info: ContainerInfo) -> MemberChange:
    old = None if change == "added" else _old(path, info)
    new = parts.get(path)
    hidden = is_secret(path, new) or is_secret(path, old)
    before, now = _bounded(old), _bounded(_words(path, new))
    hidden = hidden or (before == now and change == "changed")  # What differs was left out of both.
    return {"path": path, "change": change, "old": None if hidden else before, "new": None if hidden else now, "hidden": hidden}


def _bounded(value: str | None) -> str | None:
    if value is None:
        return None
    line = one_line(value)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _seen_to_differ(parts: Mapping[str, Any], info: ContainerInfo) -> list[str]:
    """Of what the engine tells in the same words."""
    return [path for path, value in parts.items() if _comparable(path) and (old := _old(path, info)) is not None
            and old != _words(path, value)]  # fmt: skip


def _comparable(path: str) -> bool:
    name, _, rest = path.partition(".")
    return name in ("environment", "labels") if rest else name in _SETTINGS and name not in ("image", "cap_add", "cap_drop")


# -- what it is -------------------------------------------------------------------------------------


def _words(path: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if path == "ports":
        return ", ".join(map(_port, value))
    if path == "volumes":
        return ", ".join(map(_mount, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(row, str) for row in value):
        return shlex.join(value)
    return str(value) if isinstance(value, int | float) else text(value)


def _port(row: Mapping[str, Any]) -> str:
    ahead = f"{row['host_ip']}:" if row.get("host_ip") else ""
    published = f"{ahead}{row['published']}->" if row.get("published") else ahead
    return f"{published}{row.get('target')}/{row.get('protocol', 'tcp')}"


def _mount(row: Mapping[str, Any]) -> str:
    return f"{row.get('source') or row.get('type')}:{row.get('target')}" + (":ro" if row.get("read_only") else "")


# -- what it was ------------------------------------------------------------------------------------

_Reader = Callable[["ContainerInfo"], "str | None"]


def _setting(name: str) -> _Reader:
    return lambda info: None if info.settings is None else _words(name, getattr(info.settings, name)) or None


_SETTINGS: Mapping[str, _Reader] = {
    "image": lambda info: info.image,
    "command": _setting("command"),
    "entrypoint": _setting("entrypoint"),
    "user": _setting("user"),
    "working_dir": _setting("working_dir"),
    "hostname": _setting("hostname"),
    "domainname": _setting("domainname"),
    "stop_signal": _setting("stop_signal"),
    "tty": _setting("tty"),
    "stdin_open": _setting("stdin_open"),
    "privileged": _setting("privileged"),
    "read_only": _setting("read_only"),
    "cap_add": _setting("cap_add"),
    "cap_drop": _setting("cap_drop"),
}
"""What is told in the words of the file."""


def _old(path: str, info: ContainerInfo) -> str | None:
    """What it was, in words; None where the engine does not tell it."""
    name, _, rest = path.partition(".")
    if reader := _SETTINGS.get(path):
        return reader(info)
    if path == "ports":
        return ", ".join(info.ports)
    if path == "volumes":
        return ", ".join(f"{row.name or row.kind}:{row.target}" + (":ro" if row.read_only else "") for row in info.mounts)
    if path == "restart":
        return f"{info.restart.name}:{info.restart.retries}" if info.restart.retries else info.restart.name
    if name == "environment" and info.settings is not None:
        return info.settings.environment.get(rest)
    if name == "labels":
        return info.labels.get(rest)
    if name == "healthcheck" and info.health_check is not None:
        return _check(rest, info)
    return None


def _check(member: str, info: ContainerInfo) -> str | None:
    check = info.health_check
    assert check is not None
    if member == "test":
        return shlex.join(check.test)
    if member == "retries":
        return str(check.retries)
    seconds = {"interval": check.interval, "timeout": check.timeout, "start_period": check.start_period}.get(member)
    return None if seconds is None else f"{seconds:g}s"
