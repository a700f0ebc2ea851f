"""Configs and secrets whose ``file`` is no regular file: a directory, ``/dev/null``. They are mounted, as docker compose does."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.stack.translate.files import target_of

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

_SECTIONS = ("configs", "secrets")


def with_mounted(project: Project) -> tuple[Project, list[str]]:
    """The project with such grants as read-only bind mounts, and what of them says nothing then; blocking.

    Owner and permissions of what is mounted are its own. What does not exist is left to whoever reads it.
    """
    sources = {section: _irregular(getattr(project, section)) for section in _SECTIONS}
    if not any(sources.values()):
        return project, []
    services, notes = {}, []
    for name, service in project.services.items():
        services[name], told = _mounted(name, service, sources)
        notes += told
    return project.replace(services=services), notes


def _irregular(declared: Mapping[str, Any]) -> dict[str, str]:
    """The files that are no regular ones, by key."""
    files = {key: (row or {}).get("file") for key, row in declared.items()}
    return {key: file for key, file in files.items() if file and _is_irregular(file)}


def _is_irregular(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return False


def _mounted(name: str, service: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> tuple[dict[str, Any], list[str]]:
    changed, notes, mounts = dict(service), [], []
    for section in _SECTIONS:
        kept = []
        for index, grant in enumerate(service.get(section) or ()):
            where = f"services.{name}.{section}[{index}]"
            key = grant.get("source")
            if key not in sources[section]:
                kept.append(grant)
                continue
            target = target_of(section, key, grant.get("target"), where)
            mounts.append({"type": "bind", "source": sources[section][key], "target": target, "read_only": True, "bind": {}})
            said = [member for member in ("uid", "gid", "mode") if grant.get(member) not in (None, "")]
            notes += [f"{where}.{member}: {section}.{key}.file is no regular file and is mounted as it is" for member in said]
        if len(kept) < len(service.get(section) or ()):
            changed[section] = kept
    if mounts:
        changed["volumes"] = [*(service.get("volumes") or ()), *mounts]
    return changed, notes
