"""``include``: other projects' files as part of this one.

Each entry is loaded as a project of its own, with its own folder and its own
``.env`` below the caller's variables, and its resources are added. A resource
that both define is a conflict unless both say the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from perry_ffi.compose.dotenv import read_env_file
from perry_ffi.compose.extends import relative_folder
from perry_ffi.compose.fault import fault
from perry_ffi.compose.load_state import LoadState, refuse_remote
from perry_ffi.compose.paths import join
from perry_ffi.errors import NotFound

MAX_NESTED = 50
_SECTIONS = ("services", "volumes", "networks", "secrets", "configs", "models")


class Inclusion:
    """One entry of ``include``, ready to load.

    ``files``: absolute paths; the first is the main file, the others override it. ``folder``: the included
    project's folder relative to that of the includer; ``base``: the same, absolute. ``env``: variables.
    """

    __slots__ = ("base", "env", "files", "folder")

    def __init__(self, files: list[str], folder: str, base: str, env: dict[str, str]) -> None:
        self.files, self.folder, self.base, self.env = files, folder, base, env


Load = Callable[[Inclusion], dict[str, Any]]


def apply_include(
    tree: dict[str, Any], base: str, env: Mapping[str, str], included: Sequence[str], state: LoadState, load: Load
) -> None:
    """Add to ``tree`` what its ``include`` names, and drop the attribute. ``base`` is the includer's absolute folder.

    ``included`` are the files on the way here. Raises ValidationError, NotFound and Unsupported.
    """
    entries = tree.pop("include", None)
    if entries is None:
        return
    if type(entries) is not list:
        raise fault("include", "has the wrong type", "a list")
    if len(included) > MAX_NESTED:
        raise fault("include", f"files include each other deeper than {MAX_NESTED} levels and are refused")
    for index, entry in enumerate(entries):
        path = f"include[{index}]"
        state.count_inclusion()
        inclusion = _inclusion(entry, path, base, env, state)
        if inclusion.files and inclusion.files[0] in included:
            circle = " includes ".join([*included[included.index(inclusion.files[0]) :], inclusion.files[0]])
            raise fault(path, f"files include each other in a circle: {circle}")
        _import(load(inclusion), tree, path)


def _inclusion(entry: Any, path: str, base: str, env: Mapping[str, str], state: LoadState) -> Inclusion:
    entry = {"path": entry} if type(entry) is str else entry if entry is not None else {}
    if type(entry) is not dict:
        raise fault(path, "has the wrong type", "a path or a mapping")
    names = _texts(entry.get("path"), f"{path}.path")
    for name in names:
        refuse_remote(name)
    files = [name if name.startswith("/") else join(base, name) for name in names]
    folder, project = _project_folder(entry.get("project_directory") or "", files, base, path)
    env_files = _texts(entry.get("env_file"), f"{path}.env_file")
    if env_files:
        env_files = [_env_file(name, base, f"{path}.env_file", state) for name in env_files]
    elif project and state.is_file(join(project, ".env")):
        env_files = [join(project, ".env")]
    return Inclusion(files, folder, project, _variables(env, env_files, state))


def _texts(value: Any, path: str) -> list[str]:
    if value is None:
        return []
    values = [value] if type(value) is str else value
    if type(values) is not list or any(type(item) is not str for item in values):
        raise fault(path, "has the wrong type", "a path or a list of paths")
    return list(values)


def _project_folder(named: Any, files: list[str], base: str, path: str) -> tuple[str, str]:
    """The included project's folder: relative to ``base``, and absolute."""
    if type(named) is not str:
        raise fault(f"{path}.project_directory", "has the wrong type", "a path")
    if not files:
        return "", named
    if not named:
        return relative_folder(files[0], base), os.path.dirname(files[0])
    if named.startswith("/"):
        return named, named
    return relative_folder(named, base), join(base, named)


def _env_file(name: str, base: str, path: str, state: LoadState) -> str:
    file = name if name.startswith("/") else join(base, name)
    if os.path.isdir(file):
        raise fault(path, f"{file} is a directory", "a file")
    if not state.exists(file):
        raise NotFound(f"{path}: {file}: no such file", path=path, file=file)
    return file


def _variables(env: Mapping[str, str], files: list[str], state: LoadState) -> dict[str, str]:
    own: dict[str, str] = {}
    for file in files:
        read_env_file(file, own, env.get, state.missing)
    return {**own, **env}


def _import(source: dict[str, Any], target: dict[str, Any], path: str) -> None:
    for section in _SECTIONS:
        rows = source.get(section)
        if rows is None:
            continue
        known = target.setdefault(section, {})
        if type(known) is not dict:
            raise fault(section, "has the wrong type", "a mapping")
        for name, row in rows.items():
            if name in known and known[name] != row:
                raise fault(path, f"{section}.{name} is defined here and, differently, in the included files")
            known[name] = row
