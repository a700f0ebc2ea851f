"""Configs and secrets as a cluster keeps them: objects that cannot change, and so are named by their content.

A changed content is another object, and with it another definition of the services that use it, and of no other. The contents stand
in no name, label, error or repr; what stands in a name is a digest over the content and the place that it is declared at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from perry_ffi.errors import Unsupported
from perry_ffi.stack.cluster.naming import checked_file_name, file_name
from perry_ffi.stack.translate.archive import read_files
from perry_ffi.stack.translate.covers import covers
from perry_ffi.stack.translate.document import entries, mapping, project_name, service_of, unquoted, unsupported, wrong
from perry_ffi.stack.translate.files import FileMount, asked_file, from_variable

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

_SECTIONS = {"config": "configs", "secret": "secrets"}
_OF_DRIVERS = {
    "driver": "a driver of its own would fetch it, and here contents come from the project",
    "driver_opts": "a driver of its own would fetch it, and here contents come from the project",
    "template_driver": "a content is given to the tasks as it is, nothing is filled in",
}
"""Members of a declaration that would have somebody else make the content."""


@dataclass(frozen=True)
class ClusterFile:
    """A config or secret of the tasks of a service.

    key: under which the project declares it. name: of the object in the engine. content: ``None`` where it is external, and has to
    be there. target: absolute path in the tasks. mode: its bits.
    """

    kind: Literal["config", "secret"]
    key: str
    name: str
    content: bytes | None = field(repr=False)
    target: str
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True)
class _Use:
    """A file that a service asks for at ``where``. base: what its object's name begins with; of an external one the whole of it."""

    where: str
    base: str
    file: FileMount
    external: bool

    @property
    def at(self) -> str:
        """Where the project declares it."""
        return f"{_SECTIONS[self.file.kind]}.{self.file.key}"

    @property
    def owner(self) -> tuple[int, int, int]:
        return self.file.uid, self.file.gid, self.file.mode


def cluster_files(project: Project, document: Mapping[str, Any]) -> dict[str, list[ClusterFile]]:
    """The configs and secrets of each service of ``document``, in its order, with their contents; blocking.

    document: the resolved project. Raises ValidationError and NotFound with the path inside the project, Unsupported for what
    is not the project's to give.
    """
    known: dict[str, bytes] = {}
    return {
        service: _named(list(_uses(document, service, project.contents, known)))
        for service in mapping(document.get("services"), "services")
    }


@unquoted
def _uses(document: Mapping[str, Any], service: str, contents: Mapping[str, str], known: dict[str, bytes]) -> Iterator[_Use]:
    tree = service_of(document, service)
    taken = {cover.target for cover in covers(document, tree, f"services.{service}")}
    for section in _SECTIONS.values():
        for index, item in enumerate(entries(tree.get(section), f"services.{service}.{section}")):
            where = f"services.{service}.{section}[{index}]"
            use = _use(document, section, item, where)
            if use.file.target in taken:
                wrong(f"{where}.target", "a target where nothing else is")
            taken.add(use.file.target)
            yield use if use.external else replace(use, file=_read(document, use, contents, known))


def _use(document: Mapping[str, Any], section: str, item: Any, where: str) -> _Use:
    file = asked_file(document, section, item, where)
    declared, at = document[section][file.key], f"{section}.{file.key}"
    for member, reason in _OF_DRIVERS.items():
        if declared.get(member):
            unsupported(f"{at}.{member}", reason)
    external = bool(declared.get("external"))
    base = declared.get("name") or (file.key if external else f"{project_name(document)}_{file.key}")
    return _Use(where, str(base), file, external)


def _read(document: Mapping[str, Any], use: _Use, contents: Mapping[str, str], known: dict[str, bytes]) -> FileMount:
    """With its content, which is read once however many services ask for it."""
    if use.at not in known:
        file = use.file if use.file.file or use.file.content is not None else from_variable(document, use.file, contents)
        known[use.at] = read_files([file])[0].content or b""
    return replace(use.file, content=known[use.at])


def _named(uses: list[_Use]) -> list[ClusterFile]:
    """With the names of their objects. One object has one owner and one mode in a container, so where it is asked for with several
    each is an object of its own.
    """
    owners: dict[tuple[str, str], set[tuple[int, int, int]]] = {}
    for use in uses:
        owners.setdefault((use.file.kind, _name(use, False)), set()).add(use.owner)
    found = []
    for use in uses:
        several = len(owners[use.file.kind, _name(use, False)]) > 1
        if several and use.external:
            raise Unsupported(
                f"{use.where}: an external one has one owner and one mode in a container, and it is asked for with several",
                path=use.where, member=use.where, remedy="give it the same uid, gid and mode wherever the service uses it",
            )  # fmt: skip
        file = use.file
        kind: Literal["config", "secret"] = "config" if file.kind == "config" else "secret"
        content = None if use.external else file.content
        found.append(ClusterFile(kind, file.key, _name(use, several), content, file.target, file.uid, file.gid, file.mode))
    return found


def _name(use: _Use, with_owner: bool) -> str:
    if use.external:
        return checked_file_name(use.base, f"{use.at}.name")
    found = hashlib.sha256(f"{use.file.kind}\0{use.base}\0".encode("utf-8", "surrogateescape"))
    if with_owner:
        found.update("{}\0{}\0{}\0".format(*use.owner).encode())
    found.update(use.file.content or b"")
    return file_name(use.base, found.hexdigest(), use.at)


__all__ = ["ClusterFile", "cluster_files"]
