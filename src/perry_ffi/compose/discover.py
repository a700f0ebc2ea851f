"""Which files make up a project, its folder, its variables, and its name.

The caller's variables always win over those of env files. Order, as in docker
compose: the env file of the working directory, COMPOSE_FILE, the default names
there and in the folders above, then the env file of the project's folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.go_values import parse_bool
from perry_ffi.compose.load_state import LoadState
from perry_ffi.compose.paths import is_remote, join
from perry_ffi.compose.template import TemplateError
from perry_ffi.errors import NotFound, ValidationError

DEFAULT_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDE_NAMES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip

_NAME_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")


class Sources:
    """What discovery found.

    ``files``: absolute paths of the Compose files in the order in which they override; ``-`` is standard input.
    ``folder``: the project's folder, absolute. ``env``: variables for interpolation. ``final_name``: whether a ``name`` of
    theirs wins over COMPOSE_PROJECT_NAME.
    """

    __slots__ = ("env", "files", "final_name", "folder")

    def __init__(self, files: list[str], folder: str, env: dict[str, str], final_name: bool = False) -> None:
        self.files, self.folder, self.env, self.final_name = files, folder, env, final_name


def discover(
    files: Iterable[str],
    project_directory: str | None,
    env_files: Sequence[str],
    env: Mapping[str, str],
    working_directory: str,
    state: LoadState,
) -> Sources:
    """Find the project. Raises NotFound where there are no Compose files or an env file is missing."""
    search = _Search([str(file) for file in files], project_directory, dict(env), working_directory, state)
    search.env.setdefault("PWD", working_directory)
    if not env_files and env.get("COMPOSE_ENV_FILES"):
        env_files = [name for name in env["COMPOSE_ENV_FILES"].split(",") if name]
    search.read_env_files(env_files, env)
    if not search.files:
        search.from_variable()
    if not search.files:
        search.from_folders()
    search.read_env_files(env_files, env)
    if not search.files:
        raise NotFound(f"no Compose file in {search.folder()} or the folders above it (expected {', '.join(DEFAULT_NAMES)})")
    return Sources([search.absolute(file) for file in search.files], search.folder(), search.env)


def discover_document(
    name: str,
    project_directory: str | None,
    env_files: Sequence[str],
    env: Mapping[str, str],
    working_directory: str,
    state: LoadState,
) -> Sources:
    """The sources of a document that ``state`` has adopted as ``name``: nothing is searched for.

    Where the program runs says nothing about the document: of env files only those are read that are named, or that lie in
    a named project directory. Raises NotFound for one that is missing.
    """
    search = _Search([name], project_directory, dict(env), working_directory, state)
    search.env.setdefault("PWD", working_directory)
    if env_files or project_directory:
        search.read_env_files(env_files, env)
    return Sources([name], search.folder(), search.env, final_name=True)


class _Search:
    """The state of one discovery."""

    def __init__(self, files: list[str], project_directory: str | None, env: dict[str, str], cwd: str, state: LoadState) -> None:
        self.files, self.env, self.state = files, env, state
        self._cwd = cwd
        self._project = self.absolute(project_directory) if project_directory else None

    def absolute(self, path: str) -> str:
        """``path`` from the working directory; ``-`` and remote names stay."""
        if path == "-" or path.startswith("/") or is_remote(path):
            return path
        return join(self._cwd, path)

    def folder(self) -> str:
        """The project's folder as far as it is known."""
        if self._project:
            return self._project
        for file in self.files:
            if file != "-":
                return self._cwd if is_remote(file) else os.path.dirname(self.absolute(file))
        return self._cwd

    def read_env_files(self, named: Sequence[str], caller: Mapping[str, str]) -> None:
        """Add the variables of the named env files, or else of the folder's ``.env``."""
        files = [self.absolute(name) for name in named] or self._default_env_file(caller)
        if not files:
            return
        from perry_ffi.compose.dotenv import read_env_file

        own: dict[str, str] = {}
        for file in files:
            if not self.state.exists(file):
                raise NotFound(f"{file}: no such env file", file=file)
            read_env_file(file, own, self.env.get, self.state.missing)
        self.env = {**own, **self.env}

    def _default_env_file(self, caller: Mapping[str, str]) -> list[str]:
        disabled = caller.get("COMPOSE_DISABLE_ENV_FILE")
        if disabled is not None:
            try:
                if parse_bool(disabled):
                    return []
            except ValueError as error:
                raise ValidationError(f"COMPOSE_DISABLE_ENV_FILE: expected {error}") from None
        default = join(self.folder(), ".env")
        return [default] if self.state.is_file(default) else []

    def from_variable(self) -> None:
        """Take the files that COMPOSE_FILE lists."""
        listed = self.env.get("COMPOSE_FILE")
        if listed is None:
            return
        self.files = [self.absolute(name) for name in listed.split(self.env.get("COMPOSE_PATH_SEPARATOR") or ":")]
        for file in self.files:
            if file != "-" and not is_remote(file) and not self.state.exists(file):
                raise NotFound(f"{file}: no such file (COMPOSE_FILE names it)", file=file)

    def from_folders(self) -> None:
        """Take the first default name found here or above, and its override beside it."""
        folder = self.folder()
        while True:
            found = self._present(DEFAULT_NAMES, folder)
            if found:
                overrides = self._present(OVERRIDE_NAMES, folder)
                for names in (found, overrides):
                    if len(names) > 1:
                        self.state.warn("ambiguous", f"several files could be meant: {', '.join(names)}; using {names[0]}")
                self.files = found[:1] + overrides[:1]
                return
            parent = os.path.dirname(folder)
            if parent == folder:
                return
            folder = parent

    def _present(self, names: Sequence[str], folder: str) -> list[str]:
        return [path for path in (join(folder, name) for name in names) if self.state.exists(path)]


def normalize_name(text: str) -> str:
    """``text`` as a project name: lower case, only letters, digits, ``_`` and ``-``, led by a letter or digit."""
    return "".join(char for char in text.lower() if char in _NAME_LETTERS).lstrip("_-")


def project_name(explicit: str | None, sources: Sources, state: LoadState) -> str:
    """The project's name: given, else COMPOSE_PROJECT_NAME, else ``name`` of the files, else the folder's.

    Where the sources' own name is final, it comes before COMPOSE_PROJECT_NAME. Raises ValidationError for a given name that
    is not one, and where none can be made.
    """
    from_variable = sources.env.get("COMPOSE_PROJECT_NAME")
    if explicit or (from_variable and not sources.final_name):
        return _checked_name(explicit or from_variable or "")
    name = name_of_files(sources, state)
    if name is None and from_variable:
        return _checked_name(from_variable)
    name = normalize_name(os.path.basename(sources.folder) if name is None else name)
    if not name:
        raise ValidationError("the project has no name (expected a project name, or `name` in the Compose file)")
    return name


def _checked_name(given: str) -> str:
    if normalize_name(given) != given:
        raise ValidationError(
            f"{given!r} is not a project name (expected lower-case letters, digits, '-' and '_', a letter or digit first)"
        )
    return given


def name_of_files(sources: Sources, state: LoadState) -> str | None:
    """The last ``name`` that a file gives, its variables substituted; None where none does."""
    name: Any = None
    for file in sources.files:
        for document in state.peek(file):
            if type(document.value) is dict and document.value.get("name"):
                name = document.value["name"]
    if type(name) is not str:
        return None
    if not state.options.interpolate:
        return name
    try:
        return state.substitution(sources.env)(name)
    except TemplateError as error:
        raise fault("name", str(error)) from None
