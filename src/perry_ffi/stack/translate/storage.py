"""What is mounted into the container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from perry_ffi.model import container_values as own
from perry_ffi.model import reference, values
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.stack.translate.document import entries, mapping, service_of, unsupported, wrong
from perry_ffi.stack.translate.names import object_name

_PROPAGATION = ("shared", "rshared", "slave", "rslave", "private", "rprivate")
_RECURSIVE = ("enabled", "disabled", "writable", "readonly")
_CONSISTENCY = ("consistent", "cached", "delegated")
_SHARED = {"volume": ("selinux",)}
"""Options of other sections that a kind of mount has as well."""


def storage(project: Mapping[str, Any], service: str, api_socket: ApiSocket | None) -> dict[str, Any]:
    """``volumes``, ``tmpfs`` and ``storage_opt`` of the spec; two mounts at one target are refused."""
    document, where = service_of(project, service), f"services.{service}"
    tmpfs = values.within(f"{where}.tmpfs", own.tmpfs, document.get("tmpfs") or [])
    found: dict[str, ServiceMount] = {}
    for index, item in enumerate(entries(document.get("volumes"), f"{where}.volumes")):
        at = f"{where}.volumes[{index}]"
        entry = mount(project, item, at)
        if entry.target in found or entry.target in tmpfs:
            wrong(f"{at}.target", "one mount at each target")
        found[entry.target] = entry
    if document.get("use_api_socket"):
        if not api_socket:
            unsupported(f"{where}.use_api_socket", "the engine has no socket on its own machine that is known")
        at = api_socket.target
        found.setdefault(at, ServiceMount("bind", at, api_socket.source, create_host_path=False))
    options = values.within(f"{where}.storage_opt", values.text_map, document.get("storage_opt") or {})
    return {"volumes": list(found.values()), "tmpfs": tmpfs, "storage_opt": options}


def mount(project: Mapping[str, Any], value: Any, where: str) -> ServiceMount:
    """One mount in the long form, its volume by the engine's name.

    A bind's missing source becomes a directory where ``create_host_path`` says so or no ``bind`` is written at all, and is
    an error where ``bind`` is there without it: as docker compose reads its canonical form. Options of another kind than the
    mount's are left out (``of_another_kind`` names them), but for the labels of SELinux, which a volume has too.
    """
    document = mapping(value, where)
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in _SOURCES:
        wrong(f"{where}.type", "bind, volume, tmpfs, image, npipe or cluster")
    for key in document:
        if key not in ("type", "source", "target", "read_only", "consistency") and key not in _OPTIONS:
            wrong(f"{where}.{key}", "a member of a mount")
    options = values.within(f"{where}.{kind}", _options(kind), mapping(document.get(kind), f"{where}.{kind}"))
    source = values.within(f"{where}.source", _SOURCES[kind], document.get("source") or "")
    if kind == "volume" and source:
        source = object_name(project, "volumes", source)
    if kind == "bind":
        options.setdefault("create_host_path", document.get("bind") is None)
    if kind == "volume":
        options |= _volume_only(document, source, where)
    return ServiceMount(
        kind,
        values.within(f"{where}.target", target, document.get("target")),
        source,
        values.within(f"{where}.read_only", values.boolean, document.get("read_only") or False),
        consistency=_consistency(document, where),
        **options,
    )


def of_another_kind(value: Any, where: str) -> list[tuple[str, str]]:
    """The options of a mount that mean nothing for its kind, by path, and why: docker compose leaves them out, too."""
    document = mapping(value, where)
    kind, found = document.get("type"), []
    for section in _OPTIONS:
        if section == kind or not document.get(section):
            continue
        for member, given in mapping(document[section], f"{where}.{section}").items():
            if given and not member.startswith("x-") and member not in _SHARED.get(str(kind), ()):
                found.append(
                    (f"{where}.{section}.{member}", f"only a mount of type {section} has it, this one is of type {kind}")
                )
    if document.get("consistency") and not _consistency(document, where):
        found.append((f"{where}.consistency", f"there are {', '.join(_CONSISTENCY)}"))
    return found


def _volume_only(document: Mapping[str, Any], source: str, where: str) -> dict[str, Any]:
    """The label of a volume; refused is what no engine takes with one."""
    bind = mapping(document.get("bind"), f"{where}.bind")
    if source and bind.get("propagation"):
        wrong(f"{where}.bind.propagation", "a bind mount where mounts below it are to be seen, volumes have no propagation")
    if not source:
        for member, given in (
            ("read_only", document.get("read_only")),
            ("volume.subpath", mapping(document.get("volume"), f"{where}.volume").get("subpath")),
        ):
            if given:
                wrong(f"{where}.{member}", "a named volume, nobody fills an anonymous one before")
    label = bind.get("selinux")
    return {"selinux": values.within(f"{where}.bind.selinux", _one_of("z", "Z"), label)} if label else {}


def _consistency(document: Mapping[str, Any], where: str) -> str:
    """What engines know of it; anything else is left out."""
    text = values.within(f"{where}.consistency", values.clean, document.get("consistency") or "")
    return text if text in _CONSISTENCY else ""


def target(value: Any) -> str:
    """An absolute path in the container, not its root, that no engine reads anything else into."""
    path = values.absolute(value)
    if not path.strip("/"):
        values.bad("a target other than /", value)
    if ":" in path or ".." in path.split("/"):
        values.bad("a path without : and ..", value)
    return path


def _options(kind: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: values.members(value, _OPTIONS[kind])


def _bind_source(value: Any) -> str:
    path = values.absolute(value)
    if ":" in path:
        values.bad("a path without :", value)
    return path


def _no_source(value: Any) -> str:
    if value:
        values.bad("no source, a tmpfs has none", value)
    return ""


def _subpath(value: Any) -> str:
    text = values.clean(value)
    if text.startswith("/") or ".." in text.split("/"):
        values.bad("a relative path inside the volume", value)
    return text


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            values.bad("one of " + ", ".join(allowed), value)
        return str(value)

    return read


def _permissions(value: Any) -> int:
    return values.integer(0, 0o7777)(value)


_SOURCES: dict[str, Callable[[Any], str]] = {
    "bind": _bind_source,
    "volume": values.clean,
    "tmpfs": _no_source,
    "image": reference.image,
    "npipe": values.word,
    "cluster": values.word,
}
_OPTIONS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "bind": {
        "propagation": _one_of(*_PROPAGATION),
        "create_host_path": values.boolean,
        "selinux": _one_of("z", "Z"),
        "recursive": _one_of(*_RECURSIVE),
    },
    "volume": {"nocopy": values.boolean, "subpath": _subpath, "labels": values.labels},
    "tmpfs": {"size": values.size, "mode": _permissions},
    "image": {"subpath": _subpath},
    "npipe": {},
    "cluster": {},
}


__all__ = ["mount", "of_another_kind", "storage", "target"]
