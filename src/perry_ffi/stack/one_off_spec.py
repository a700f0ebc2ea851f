"""What a container of ``run`` is made of: its service's spec, and what was asked for beside it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.model import mounts, ports, values
from perry_ffi.model.service import ServiceSpec
from perry_ffi.stack import identity
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.container import service_spec

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.api_socket import ApiSocket
    from perry_ffi.model.stack import RunOptions


@dataclass(frozen=True)
class OneOff:
    """What a container of ``run`` is asked for, beside what its service says.

    cmd, entrypoint: in place of the service's. env, labels: beside its own. ports, volumes: as on a command line, beside its
    own; of ports its own only with service_ports. use_aliases: it answers to the service's names. tty, stdin: a terminal and an
    input, whatever the service says; ``None`` what it says. rm: the engine removes it when it ends. dependencies: what the
    service depends on is brought up first, and with no_recreate left as it is where it is there. build, pull: as of ``Up``.
    """

    cmd: Sequence[str] | None = None
    entrypoint: Sequence[str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    workdir: str | None = None
    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Sequence[str] = ()
    service_ports: bool = False
    volumes: Sequence[str] = ()
    cap_add: Sequence[str] = ()
    cap_drop: Sequence[str] = ()
    use_aliases: bool = False
    tty: bool | None = None
    stdin: bool | None = None
    rm: bool = False
    dependencies: bool = True
    no_recreate: bool = True
    build: bool = False
    pull: str | None = None
    remove_orphans: bool = False


def one_off_of(options: RunOptions) -> OneOff:
    """The same of a program, which hears the result when it has ended."""
    return OneOff(
        cmd=options.cmd,
        entrypoint=options.entrypoint,
        env=options.env,
        user=options.user,
        workdir=options.workdir,
        name=options.name,
        labels=options.labels,
        service_ports=options.service_ports,
        dependencies=options.dependencies,
    )


def spec_of(project: Project, service: str, options: OneOff, api_socket: ApiSocket | None) -> ServiceSpec:
    """Raises ValidationError for ports, volumes and other values that cannot be meant."""
    document = project.to_dict()
    name = options.name or identity.one_off_name(project.name, service, secrets.token_hex(6))
    labels = identity.container_labels(
        project.name, service, 1, digest="", image_id="", depends_on={}, working_dir=project.working_dir,
        files=[str(file) for file in project.files], one_off=True,
    )  # fmt: skip
    spec = service_spec(
        document, service, 1, image=image_name(document, service), labels=labels, name=name, use_aliases=options.use_aliases,
        api_socket=api_socket, working_dir=project.working_dir or None,
    )  # fmt: skip
    return asked_for(spec, options, project.working_dir)


def asked_for(spec: ServiceSpec, options: OneOff, working_dir: str) -> ServiceSpec:
    """``spec`` with what was asked for in place of what the service says. working_dir: the project's. Raises as ``spec_of``."""
    asked: dict[str, Any] = {
        "cmd": None if options.cmd is None else list(options.cmd),
        "entrypoint": None if options.entrypoint is None else list(options.entrypoint),
        "user": options.user,
        "workdir": options.workdir,
        "tty": options.tty,
        "stdin_open": options.stdin,
        "stdin_once": options.stdin,
    }
    changes = {key: value for key, value in asked.items() if value is not None}
    if options.entrypoint is not None and options.cmd is None:
        changes["cmd"] = None
    changes |= {
        "env": {**spec.env, **options.env},
        "env_unset": [name for name in spec.env_unset if name not in options.env],
        "labels": {**options.labels, **spec.labels},
        "ports": [*(spec.ports if options.service_ports else ()), *_ports(options)],
        "volumes": _mounts(spec, options, working_dir),
        "cap_add": [*spec.cap_add, *_names("cap-add", options.cap_add)],
        "cap_drop": [*spec.cap_drop, *_names("cap-drop", options.cap_drop)],
        "restart": None,
        "rm": options.rm,
    }
    return spec.model_copy(update=changes)


def _ports(options: OneOff) -> list[ports.Port]:
    return values.within("publish", ports.ports, list(options.ports)) if options.ports else []


def _mounts(spec: ServiceSpec, options: OneOff, folder: str) -> list[Any]:
    """Its own but those whose places are taken by one that was asked for."""
    asked = [_absolute(text, folder) for text in options.volumes]
    added = values.within("volume", mounts.mounts, asked) if asked else []
    taken = {mount.target for mount in added}
    return [*(mount for mount in spec.volumes if mount.target not in taken), *added]


def _absolute(text: str, folder: str) -> str:
    """A volume whose source is a path beside the files, or below the user's home, with its whole path."""
    if text.startswith("~"):
        return os.path.expanduser(text)
    source, colon, rest = text.partition(":")
    if not colon or not (source in (".", "..") or source.startswith(("./", "../"))):
        return text
    return f"{os.path.normpath(os.path.join(folder or os.getcwd(), source))}:{rest}"


def _names(path: str, found: Any) -> list[str]:
    return values.within(path, values.names, list(found)) if found else []


__all__ = ["OneOff", "asked_for", "one_off_of", "spec_of"]
