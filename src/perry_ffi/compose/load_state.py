"""What one load carries through its passes: variables, options, warnings, and the text of every file it read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from perry_ffi.compose.composer import Document
from perry_ffi.compose.fault import fault, placed, too_many_values
from perry_ffi.compose.paths import is_remote
from perry_ffi.compose.reader import read_documents
from perry_ffi.compose.template import Substitution
from perry_ffi.compose.tree import copy_tree
from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.bounds import MAX_BYTES, MAX_NODES
from perry_ffi.model.files import open_file

T = TypeVar("T")

MAX_FILES = 1000
_SECRET = 3  # shorter values hide nothing, and their letters stand everywhere


class LoadOptions(NamedTuple):
    """Which passes run. All do by default; ``config`` has a flag against each."""

    interpolate: bool = True
    """Substitute variables."""
    normalize: bool = True
    """Add implicit networks, names, builds' Dockerfile and dependencies that other attributes imply."""
    resolve_paths: bool = True
    """Make relative paths absolute."""
    check_consistency: bool = True
    """Refuse undefined references, cycles and conflicts."""
    resolve_environment: bool = True
    """Read ``env_file`` and ``label_file`` into ``environment`` and ``labels``."""
    all_resources: bool = False
    """Keep networks, volumes, configs and secrets that no enabled service uses."""


class LoadState:
    """The state of one load; nothing of it outlives the load."""

    def __init__(
        self, options: LoadOptions, stdin: Callable[[], str | bytes] | None = None, looked: dict[str, None] | None = None
    ) -> None:
        self.options = options
        self.looked: dict[str, None] = {} if looked is None else looked
        """Every path that was looked for, whether it is there or not: what is loaded follows from these, and from variables."""
        self.stdin = stdin
        self.warnings: dict[tuple[str, str], None] = {}
        """Code and text of each, in the order in which they came up."""
        self.missing: dict[str, None] = {}
        self._used: dict[str, str] = {}
        self.contents: dict[tuple[str, str], tuple[str, str]] = {}
        """Variable and value of secrets and configs that included files declare, by section and key."""
        self._inclusions = 0
        self._nodes = 0
        self.texts: dict[str, str | bytes] = {}
        self._given: dict[str, Document] = {}
        self._parsed: dict[str, list[Document]] = {}

    def adopt(self, name: str, tree: Any) -> None:
        """Let ``tree`` be the one document of a file called ``name``."""
        self._given[name] = Document(tree, [])

    def substitution(self, env: Mapping[str, str]) -> Substitution:
        """A substitution from ``env`` that reports missing names to this load."""
        return Substitution(env, self.missing, self._used)

    def warn(self, code: str, message: str) -> None:
        """Note a warning, once."""
        self.warnings[(code, message)] = None

    def count_inclusion(self) -> None:
        """Note one more included project. Raises ValidationError for too many: files may include each other twice."""
        self._inclusions += 1
        if self._inclusions > MAX_FILES:
            raise fault("include", f"more than {MAX_FILES} files are included and the project is refused")

    def count_nodes(self, number: int) -> None:
        """Notes so many more values. Raises ValidationError where the project has too many: files repeat each other's."""
        self._nodes += number
        if self._nodes > MAX_NODES:
            raise too_many_values()

    def read(self, file: str) -> str | bytes:
        """The content of a Compose file (``-`` is standard input), read once a load.

        Raises NotFound where there is no such file, Unsupported for remote ones, ValidationError otherwise.
        """
        if file not in self.texts:
            if len(self.texts) >= MAX_FILES:
                raise fault("", f"the project is made of more than {MAX_FILES} files and is refused")
            self.texts[file] = self._read(file)
        return self.texts[file]

    def _read(self, file: str) -> str | bytes:
        if file == "-":
            if self.stdin is None:
                raise ValidationError("-: there is no standard input to read a Compose file from", file=file)
            return self.stdin()
        refuse_remote(file)
        self.looked[file] = None
        try:
            with open_file(file) as handle:
                return handle.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"{file}: no such file", file=file) from None
        except (OSError, ValueError) as error:
            raise ValidationError(f"{file}: cannot be read: {getattr(error, 'strerror', error)}", file=file) from None

    def exists(self, path: str) -> bool:
        """Whether there is anything at ``path``, of which the load takes note."""
        self.looked[path] = None
        return os.path.exists(path)

    def is_file(self, path: str) -> bool:
        """The same of a file."""
        self.looked[path] = None
        return os.path.isfile(path)

    def documents(self, file: str) -> list[Document]:
        """The YAML documents of a file, for the caller to change. Raises as ``read``, and ValidationError."""
        if file in self._given:
            return [Document(copy_tree(self._given[file].value), [])]
        return self._parsed.pop(file, None) or self._parse(file)

    def peek(self, file: str) -> list[Document]:
        """The same documents, for the caller to look at only; the next ``documents`` hands them out."""
        if file in self._given:
            return [self._given[file]]
        if file not in self._parsed:
            self._parsed[file] = self._parse(file)
        return self._parsed[file]

    def _parse(self, file: str) -> list[Document]:
        content = self.read(file)
        found = self.within(file, lambda: read_documents(content, MAX_NODES - self._nodes))
        self.count_nodes(sum(document.nodes for document in found))
        return found

    def within(self, file: str, work: Callable[[], T]) -> T:
        """Do ``work``; its errors get the file, line and column they belong to."""
        try:
            return work()
        except (ValidationError, Unsupported) as error:
            raise placed(self._redacted(error), file, self.texts.get(file)) from None

    def locate(self, error: ContainerError, files: list[str]) -> ContainerError:
        """``error`` about the merged model, with the last of ``files`` that holds its path."""
        error = self._redacted(error)
        path = error.details.get("path")
        if not path or "file" in error.details:
            return error
        from perry_ffi.compose.locate import locate

        for file in reversed(files):
            found = locate(self.texts.get(file, ""), path)
            if found:
                error.details.update(line=found[0], column=found[1])
                return placed(error, file, None)
        return error

    def _redacted(self, error: ContainerError) -> ContainerError:
        """``error`` with the variable's name for every value that was substituted: it may be a secret."""
        if "file" in error.details:
            return error
        values = {value: name for name, value in self._used.items() if len(value) >= _SECRET}
        texts = {"": error.message, **{key: text for key, text in error.details.items() if type(text) is str}}
        if not any(value in text for value in values for text in texts.values()):
            return error
        for value in sorted(values, key=len, reverse=True):
            texts = {key: text.replace(value, f"${{{values[value]}}}") for key, text in texts.items()}
        return type(error)(texts.pop(""), **{**error.details, **texts})


def refuse_remote(name: str) -> None:
    """Raise Unsupported for a Compose file that a git or OCI address names: nothing is fetched by default."""
    if is_remote(name):
        raise Unsupported(
            f"{name}: Compose files from git or OCI are not fetched; clone or pull it and name the local file",
            member="include",
            operation="load",
        )
