"""Relative paths made absolute (or relative to the project of the file that includes this one)."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.rules import compile_rules, rewrite

_REMOTE_CONTEXTS = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")


def clean(path: str) -> str:
    """A path without ``.``, ``..`` and doubled slashes, as Go cleans it; but the empty path stays empty."""
    if not path:
        return ""
    short = posixpath.normpath(path)
    return short[1:] if short.startswith("//") else short


def join(base: str, path: str) -> str:
    """``path`` below ``base``, cleaned; either may be empty."""
    return clean("/".join(part for part in (base, path) if part))


def expand_home(path: str, env: Mapping[str, str]) -> str:
    """``path`` with a leading ``~`` replaced by HOME of ``env``; unchanged where there is no HOME."""
    if path.startswith("~") and env.get("HOME"):
        return join(env["HOME"], path[1:])
    return path


def is_windows_absolute(path: str) -> bool:
    """Whether the path is absolute on Windows: ``C:\\x``, ``C:/x`` or ``\\\\host\\share``."""
    if len(path) > 2 and path[1] == ":":
        return path[2] in "\\/"
    return len(path) > 1 and path[0] in "\\/" and path[1] in "\\/"


class _Base:
    """What a rule needs: the folder that relative paths start from, and the variables (for HOME)."""

    __slots__ = ("env", "folder")

    def __init__(self, folder: str, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env


def resolve_paths(tree: dict[str, Any], folder: str, env: Mapping[str, str]) -> dict[str, Any]:
    """``tree`` with its paths resolved against ``folder``, in place. Raises ValidationError."""
    changed: dict[str, Any] = rewrite(tree, _RULES, "", _Base(folder, env))
    return changed


def _path(value: Any, path: str, base: _Base) -> Any:
    if type(value) is not str:
        raise fault(path, "has the wrong type", "a path")
    value = expand_home(value, base.env)
    if not value or value.startswith("/"):
        return value
    return join(base.folder, value)


def _host_path(value: Any, path: str, base: _Base) -> Any:
    """A path of the engine's host, which may be Windows."""
    if type(value) is not str:
        return value
    value = expand_home(value, base.env)
    if value.startswith("/") or is_windows_absolute(value):
        return value
    return join(base.folder, value)


def _context(value: Any, path: str, base: _Base) -> Any:
    if type(value) is not str:
        raise fault(path, "has the wrong type", "a path or an address")
    if "://" in value or value.startswith("service:") or value.startswith(_REMOTE_CONTEXTS):
        return value
    return _path(value, path, base)


def _extended_file(value: Any, path: str, base: _Base) -> Any:
    return value if type(value) is str and is_remote(value) else _path(value, path, base)


def is_remote(name: str) -> bool:
    """Whether a Compose file is named by a git or OCI address rather than a path."""
    return name.startswith(("oci://", *_REMOTE_CONTEXTS))


def _mount(value: Any, path: str, base: _Base) -> Any:
    if type(value) is not dict or value.get("type") != "bind":
        return value
    if type(value.get("source")) is not str:
        raise fault(path, "a bind mount has no source", "source: a path of the host")
    value["source"] = _host_path(value["source"], path, base)
    return value


def _local_volume(value: Any, path: str, base: _Base) -> Any:
    """The device of a local volume that is a bind mount in disguise."""
    if type(value) is dict and value.get("driver") == "local" and type(value.get("driver_opts")) is dict:
        options = value["driver_opts"]
        if options.get("o") == "bind" and "device" in options:
            options["device"] = _host_path(options["device"], path, base)
    return value


def _watched(value: Any, path: str, base: _Base) -> Any:
    """A watched path, with the first symbolic link of it followed, so that events match."""
    value = _path(value, path, base)
    step = "/" if value.startswith("/") else ""
    for part in value.split("/"):
        step = os.path.join(step, part) if part else step
        if part and os.path.islink(step):
            return value.replace(step, os.path.realpath(step), 1)
    return value


_RULES = compile_rules(
    {
        "services.*.build.context": _context,
        "services.*.build.additional_contexts.*": _context,
        "services.*.build.ssh.*": _host_path,
        "services.*.env_file.*.path": _path,
        "services.*.label_file.*": _path,
        "services.*.extends.file": _extended_file,
        "services.*.develop.watch.*.path": _watched,
        "services.*.volumes.*": _mount,
        "configs.*.file": _host_path,
        "secrets.*.file": _host_path,
        "volumes.*": _local_volume,
    }
)
