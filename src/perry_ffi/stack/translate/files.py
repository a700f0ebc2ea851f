"""Configs and secrets: which files a container gets, and how they come there.

A file is copied into the created container before its start, as a tar with owner and permissions: it works with an
engine on another machine, gives ``uid``, ``gid`` and ``mode`` their meaning, and a changed content is a changed
container. Where a volume lies over its target the copy goes into that; a file without owner and permissions is mounted there
instead, for nothing of the volume is written over by it. Where a mount would hide the copy or the root file system is read-only,
the file's directory becomes an anonymous volume that the copy goes into, or the file itself is mounted. Contents stand in no spec,
label, variable, argument, error or repr.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model import values
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.stack.translate.covers import Cover, covers, is_below, over
from perry_ffi.stack.translate.document import entries, mapping, service_of, shown, unquoted, unsupported, wrong

SECRETS_DIRECTORY = "/run/secrets"
DEFAULT_MODE = 0o444
_KINDS = {"configs": "config", "secrets": "secret"}
_LARGEST_ID = 2**31 - 1

Delivery = Literal["copy", "volume", "bind"]


@dataclass(frozen=True)
class FileMount:
    """One config or secret of a container.

    kind: ``config`` or ``secret``. key: under which the project declares it. target: absolute path in the container.
    delivery: ``copy`` (into the container's own file system, or what is mounted there), ``volume`` (copied into the anonymous
    volume that the spec has at ``directory``) or ``bind`` (the spec mounts ``file``, there is nothing to copy).
    file: a path on this machine; ``""`` where ``content`` holds what it says. cover: the service's mount that it is in.
    """

    kind: str
    key: str
    target: str
    uid: int = 0
    gid: int = 0
    mode: int = DEFAULT_MODE
    delivery: Delivery = "copy"
    file: str = ""
    content: bytes | None = field(default=None, repr=False)
    cover: Cover | None = None

    @property
    def place(self) -> str:
        """The directory of the created container that the copy is put at, as far as the document tells."""
        if self.delivery == "volume":
            return self.directory
        return self.cover.target if self.cover else "/"

    @property
    def directory(self) -> str:
        """Where a volume that carries the file lies: one for all below ``/run/secrets``, else the target's directory."""
        ours = self.target.startswith(SECRETS_DIRECTORY + "/")
        return SECRETS_DIRECTORY if ours else posixpath.dirname(self.target)


@unquoted
def file_mounts(
    project: Mapping[str, Any],
    service: str,
    *,
    contents: Mapping[str, str] | None = None,
    api_socket: ApiSocket | None = None,
    credentials: bytes | None = None,
) -> list[FileMount]:
    """The configs and secrets of ``service``, in the order of the document.

    contents: what variables hold of those that take one, by path (``secrets.token``); a resolved ``content`` wins.
    api_socket, credentials: what the engine declares, and a registry configuration (JSON), for a service with
    ``use_api_socket``; absent: none is given.

    Pure: files are not read (``archive.read_files`` does). Raises ValidationError with the path inside the project,
    Unsupported for what only a swarm has.
    """
    found = [
        entry if entry.file or entry.content is not None else from_variable(project, entry, contents or {})
        for entry in _declared(project, service)
    ]
    document = service_of(project, service)
    if api_socket and credentials is not None and wants_credentials(document, api_socket):
        added = FileMount("secret", "use_api_socket", _credentials(api_socket), mode=0o400, content=credentials)
        found.append(_delivered(added, project, document, f"services.{service}.use_api_socket"))
    return found


def wants_credentials(service: Mapping[str, Any], api_socket: ApiSocket) -> bool:
    """Whether a service has ``use_api_socket``, and leaves the place of its registry configuration to us."""
    own = mapping(service.get("environment"), "environment")
    return bool(service.get("use_api_socket")) and api_socket.variable not in own


def _credentials(api_socket: ApiSocket) -> str:
    return f"{api_socket.folder}/config.json"


@unquoted
def carriers(project: Mapping[str, Any], service: str, api_socket: ApiSocket | None = None) -> list[ServiceMount]:
    """The mounts that the spec needs for its files: of those that cannot be copied, and the volumes for those that are."""
    found: dict[str, ServiceMount] = {}
    document = service_of(project, service)
    files = _declared(project, service)
    if api_socket and wants_credentials(document, api_socket):
        added = FileMount("secret", "", _credentials(api_socket), content=b"")
        files.append(_delivered(added, project, document, f"services.{service}.use_api_socket"))
    for entry in files:
        if entry.delivery == "bind":
            found[entry.target] = ServiceMount("bind", entry.target, entry.file, True, create_host_path=False)
        elif entry.delivery == "volume":
            found[entry.directory] = ServiceMount("volume", entry.directory, own_files=True)
    return list(found.values())


# -- declarations ---------------------------------------------------------------------------------


@unquoted
def with_a_difference(project: Mapping[str, Any], service: str) -> list[tuple[str, str]]:
    """What of the files of ``service`` a bind mount over their targets allows only in part: by path, and how."""
    found = []
    for where, entry in _by_path(project, service).items():
        if entry.cover is None or entry.cover.kind != "bind":
            continue
        if entry.delivery == "copy":
            found.append((f"{where}.target", "a bind mount is there, and the file is written into its folder"))
        elif entry.delivery == "bind":
            given = {"uid": entry.uid, "gid": entry.gid, "mode": entry.mode != DEFAULT_MODE}
            found += [
                (f"{where}.{member}", "a bind mount is there, and the file is mounted as it is")
                for member in given
                if given[member]
            ]
    return found


def _declared(project: Mapping[str, Any], service: str) -> list[FileMount]:
    return list(_by_path(project, service).values())


def _by_path(project: Mapping[str, Any], service: str) -> dict[str, FileMount]:
    """The files, without the contents of variables, by where the service asks for them."""
    document = service_of(project, service)
    found: dict[str, FileMount] = {}
    for section in _KINDS:
        for index, item in enumerate(entries(document.get(section), f"services.{service}.{section}")):
            where = f"services.{service}.{section}[{index}]"
            entry = _delivered(_entry(project, section, item, where), project, document, where)
            if any(entry.target == other.target for other in found.values()):
                wrong(f"{where}.target", "one file at each target")
            found[where] = entry
    return found


def _entry(project: Mapping[str, Any], section: str, item: Any, where: str) -> FileMount:
    entry = asked_file(project, section, item, where)
    at = f"{section}.{entry.key}"
    for member in ("external", "driver", "driver_opts", "template_driver"):
        if project[section][entry.key].get(member):
            unsupported(f"{at}.{member}", "only a swarm has it")
    return entry


def asked_file(project: Mapping[str, Any], section: str, item: Any, where: str) -> FileMount:
    """One config or secret that a service asks for at ``where``, however it comes there; without the contents of a variable.

    section: ``configs`` or ``secrets``. Raises ValidationError with the path inside the project.
    """
    use = {"source": item} if isinstance(item, str) else mapping(item, where)
    key = values.within(f"{where}.source", values.word, use.get("source"))
    declared = mapping(project.get(section), section)
    if key not in declared:
        wrong(f"{where}.source", f"a declaration under {section}")
    at = f"{section}.{key}"
    source = mapping(declared[key], at)
    content = source.get("content")
    file = source.get("file") or ""
    return FileMount(
        _KINDS[section],
        key,
        values.within(f"{where}.target", _file_target, target_of(section, key, use.get("target"), where)),
        values.within(f"{where}.uid", _owner, _number(use.get("uid"), file)),
        values.within(f"{where}.gid", _owner, _number(use.get("gid"), file)),
        DEFAULT_MODE if use.get("mode") is None else values.within(f"{where}.mode", _mode, use["mode"]),
        file=values.within(f"{at}.file", values.absolute, file) if file else "",
        content=None if content is None else _bytes(content, f"{at}.content"),
    )


def target_of(section: str, key: str, written: Any, where: str) -> str:
    """Where a config or secret lies. A bare name is one in the directory of its kind: ``/`` for configs."""
    target = values.within(f"{where}.target", values.clean, written) if written else key
    path = posixpath.normpath(posixpath.join(SECRETS_DIRECTORY if section == "secrets" else "/", target))
    return "/" + path.lstrip("/")


def _file_target(value: Any) -> str:
    """An absolute path in the container, not its root."""
    if not values.absolute(value).strip("/"):
        values.bad("a target other than /", value)
    return str(value)


def _number(value: Any, file: str) -> Any:
    """An owner that is written as a name: Compose reads none of a file, and none is known before the container is there."""
    digits = value.removeprefix("+") if isinstance(value, str) else value
    named = bool(file) and isinstance(digits, str) and not re.match(r"-?[0-9]+\Z", digits)
    return 0 if named else digits or 0


def _owner(value: Any) -> int:
    """An id; a negative one leaves the owner as it is, who is 0."""
    return max(0, values.integer(-(2**31), _LARGEST_ID)(value))


def _mode(value: Any) -> int:
    """Permission bits: octal digits as text, or the number itself; of a file's whole mode (0100644) its permissions."""
    if isinstance(value, str):
        digits = value.removeprefix("0o")
        digits = digits[1:] if digits.startswith("0-") else digits  # As the canonical form has a negative one.
        if not re.match(r"[+-]?[0-7]{1,20}\Z", digits):
            values.bad("octal permissions such as 0440", value)
        value = int(digits, 8)
    return values.integer(-(2**63))(value) & 0o7777


def _bytes(content: Any, where: str) -> bytes:
    if isinstance(content, bytes):
        return content
    if not isinstance(content, str):
        wrong(where, "text")
    try:
        return content.encode()
    except UnicodeEncodeError:
        wrong(where, "whole Unicode text, without lone surrogates")


def from_variable(project: Mapping[str, Any], entry: FileMount, contents: Mapping[str, str]) -> FileMount:
    """``entry``, which comes neither from a file nor from the document, with its content. contents: as of ``file_mounts``."""
    section = "secrets" if entry.kind == "secret" else "configs"
    at = f"{section}.{entry.key}"
    variable = mapping(mapping(project.get(section), section)[entry.key], at).get("environment")
    if section == "configs" and not variable:
        return replace(entry, content=b"")  # The canonical form leaves an empty content out.
    if not isinstance(variable, str) or not variable:
        wrong(at, "one of file, content and environment")
    if at not in contents:
        raise ValidationError(
            f"{at}.environment: the variable {shown(variable)} is not set",
            path=f"{at}.environment", expected="a variable that is set", remedy="set it, or declare a file",
        )  # fmt: skip
    return replace(entry, content=contents[at].encode("utf-8", "surrogateescape"))


# -- delivery -------------------------------------------------------------------------------------


_FROM_THE_KERNEL = ("/proc", "/sys", "/dev")


def _delivered(entry: FileMount, project: Mapping[str, Any], service: Mapping[str, Any], where: str) -> FileMount:
    found = covers(project, service, where.rpartition(".")[0])
    if any(entry.target == cover.target for cover in found):
        wrong(f"{where}.target", "a target where nothing else is mounted")
    cover = over(entry.target, found)
    delivery = _delivery(entry, found, cover, bool(service.get("read_only")), where)
    if delivery != "copy" and ":" in entry.target:
        wrong(f"{where}.target", "a path without :, where the file is not copied into the container")
    return replace(entry, cover=cover, delivery=delivery)


def _delivery(entry: FileMount, found: Sequence[Cover], cover: Cover | None, read_only: bool, where: str) -> Delivery:
    if cover is None and any(is_below(entry.target, place) for place in _FROM_THE_KERNEL):
        if is_plain(entry) and is_below(entry.target, "/dev"):
            return "bind"
        raise Unsupported(
            f"{where}.target: a container that starts gets a file system of the kernel there, which hides the file",
            member=f"{where}.target", path=f"{where}.target", remedy="give it a target elsewhere",
        )  # fmt: skip
    if cover is None and not read_only:
        return "copy"
    around = [other.target for other in found if is_below(entry.target, other.target)]
    free = entry.directory != "/" and not any(is_below(path + "/", entry.directory) for path in around)
    if free and entry.directory == SECRETS_DIRECTORY:
        return "volume"
    if is_plain(entry) or (entry.file and cover is not None and cover.kind == "bind"):
        return "bind"
    if cover is not None and cover.takes_files:
        return "copy"
    # A volume over a part of another mount would hide what that has there.
    if free and (cover is None or not cover.keeps):
        return "volume"
    raise Unsupported(
        f"{where}.target: the file system there is read-only or another mount, and no file can be put into it",
        member=f"{where}.target", path=f"{where}.target",
        remedy="give it a target in a directory of its own, or take a file without uid, gid and mode",
    )  # fmt: skip


def is_plain(entry: FileMount) -> bool:
    """Whether it may as well be mounted as it is: a file that is given no owner and no permissions."""
    return bool(entry.file) and (entry.uid, entry.gid, entry.mode) == (0, 0, DEFAULT_MODE)
