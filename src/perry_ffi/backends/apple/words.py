"""The words of its commands that make something: a container, a network, a volume, an image."""

from __future__ import annotations

import math
import os.path
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from perry_ffi.backends.apple import labels
from perry_ffi.backends.apple.characters import begins_apart, option, pairs
from perry_ffi.backends.command_line import environment
from perry_ffi.backends.command_line.arguments import image_named, new_name, without_colon
from perry_ffi.errors import Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec, ExecOptions
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.network import NetworkSpec
    from perry_ffi.model.ports import Port
    from perry_ffi.model.volume import VolumeSpec

NAME = "apple/container"
MIB = 1024 * 1024
LEAST_MEMORY = 200 * MIB
"""Of a machine: it makes none with less."""
JSON = "--format=json"


def refuse(member: str, reason: str, remedy: str | None = None) -> NoReturn:
    """Raises Unsupported for a member that cannot be said."""
    raise Unsupported(f"{member}: {NAME} cannot honour it: {reason}", member=member, backend=NAME, reason=reason, remedy=remedy)


def create(spec: ContainerSpec, name: str, image: str, kept: str | None) -> list[str]:
    """``create``. image: by a name that the engine has. kept: the label of ``kept``, None for none. Ports are all chosen.

    Of its variables these words have what ``parted`` leaves for words.
    """
    command = _command(spec)
    memory = [f"--memory={math.ceil(max(LEAST_MEMORY, spec.memory) / MIB)}M"] if spec.memory else []
    marks = {**spec.labels, **({labels.KEPT: kept} if kept else {})}
    return [
        "create",
        option("name", new_name(name, "container", NAME)),
        *pairs("label", {key: labels.encoded(value) for key, value in marks.items()}),
        *pairs("env", parted(spec.env)[1]),
        *([option("workdir", spec.workdir)] if spec.workdir else []),
        *([option("user", spec.user)] if spec.user else []),
        *(option("ulimit", f"{it.name}={_limit(it.soft)}:{_limit(it.hard)}") for it in spec.ulimits),
        *([f"--cpus={math.ceil(spec.cpus)}"] if spec.cpus else []),
        *memory,
        *([f"--shm-size={spec.shm_size}b"] if spec.shm_size else []),
        *(option("cap-add", it) for it in spec.cap_add),
        *(option("cap-drop", it) for it in spec.cap_drop),
        *(option("dns", it) for it in spec.dns),
        *(option("dns-option", it) for it in getattr(spec, "dns_opt", ())),
        *(option("dns-search", it) for it in getattr(spec, "dns_search", ())),
        *(option("publish", published(port)) for port in spec.ports),
        *(_mounted(index, mount) for index, mount in enumerate(spec.volumes)),
        *(_in_memory(path, options) for path, options in spec.tmpfs.items()),
        *_networks(spec),
        *([option("platform", spec.platform)] if spec.platform else []),
        *(["--read-only"] if spec.read_only else []),
        *(["--init"] if spec.init else []),
        *(["--interactive"] if getattr(spec, "stdin_open", False) else []),
        *(["--tty"] if getattr(spec, "tty", False) else []),
        *(["--rm"] if spec.rm else []),
        *([option("entrypoint", command[0])] if spec.entrypoint is not None else []),
        image_named(image, NAME),
        *command[1 if spec.entrypoint is not None else 0 :],
    ]


def _command(spec: ContainerSpec) -> list[str]:
    """The words of its process that the image does not say. An entrypoint is one word, and what follows it are arguments."""
    words = [*(spec.entrypoint or []), *(spec.cmd or [])]
    if spec.entrypoint is not None and (not words or not words[0]):
        refuse("ContainerSpec.entrypoint", "it starts no container without a program", "name the command in cmd")
    return words


def _limit(value: int) -> str:
    return "unlimited" if value < 0 else str(value)


def published(port: Port) -> str:
    """``[address:]port:port/protocol``."""
    address = f"[{port.host_ip}]:" if ":" in port.host_ip else f"{port.host_ip}:" if port.host_ip else ""
    return f"{address}{port.published}:{port.target}/{port.protocol}"


def _mounted(index: int, mount: Mount) -> str:
    """A bind mount, a volume, or memory."""
    if mount.type == "tmpfs":
        fields = [*([f"size={mount.size}b"] if mount.size else []), *([f"mode={mount.mode:o}"] if mount.mode is not None else [])]
        return _memory(f"ContainerSpec.volumes[{index}].target", mount.target, fields)
    if mount.type not in ("bind", "volume"):
        refuse(f"ContainerSpec.volumes[{index}].type", f"it has no mounts of the kind {mount.type}")
    where = f"ContainerSpec.volumes[{index}]"
    source = mount.source and (os.path.abspath(mount.source) if mount.type == "bind" else new_name(mount.source, "volume", NAME))
    parts = [without_colon(path, where) for path in (source, mount.target) if path]
    return option("volume", ":".join([*parts, *(["ro"] if source and mount.read_only else [])]), where)


def _in_memory(path: str, options: str) -> str:
    """A tmpfs; of its options the size and the mode are left by then."""
    return _memory("ContainerSpec.tmpfs", path, [word for word in options.split(",") if word.startswith(("size=", "mode="))])


def _memory(where: str, path: str, fields: Sequence[str]) -> str:
    if not fields:
        return option("tmpfs", path)
    if "," in path or "=" in path:
        refuse(where, "a path with , or = cannot stand beside a size or a mode")
    return option("mount", ",".join(["type=tmpfs", f"target={path}", *fields]))


def _networks(spec: ContainerSpec) -> list[str]:
    mac = getattr(spec, "mac_address", "") or ""
    if spec.networks:
        first, *others = [(item.name, item.mac_address) for item in spec.networks]
        places = [(first[0], first[1] or mac), *others]
    else:
        network = spec.network or ""
        if network == "host" or network.startswith("container:"):
            refuse("ContainerSpec.network", "each container has a machine of its own, and no other's network")
        if network in ("", "bridge", "default"):
            return [option("network", f"default,mac={mac}")] if mac else []
        places = [(network, mac)]
    return [
        option("network", new_name(name, "network", NAME) + (f",mac={mac}" if mac and name != "none" else ""))
        for name, mac in places
    ]


def parted(variables: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The lines of those that are given beside the words, and the others: one that would melt into its name is refused as a word."""
    apart = {name: text for name, text in variables.items() if begins_apart(text) and begins_apart(name)}
    lines, rest = environment.parted(apart)
    return lines, {name: text for name, text in variables.items() if name in rest or name not in apart}


def execute(name: str, command: Sequence[str], options: ExecOptions) -> list[str]:
    """``exec``: what follows the name is the command's own."""
    return [
        "exec",
        *(["--interactive"] if options.stdin is not None else []),
        *pairs("env", parted(options.env)[1]),
        *([option("workdir", options.workdir)] if options.workdir else []),
        *([option("user", options.user)] if options.user else []),
        name,
        *command,
    ]


def network(name: str, spec: NetworkSpec) -> list[str]:
    """``network create``."""
    pools = [pool.subnet for pool in (spec.ipam.config if spec.ipam else ()) if pool.subnet]
    return [
        "network", "create",
        *pairs("label", spec.labels, bare=True),
        *(option("subnet-v6" if ":" in subnet else "subnet", subnet) for subnet in pools),
        *(["--internal"] if spec.internal else []),
        new_name(name, "network", NAME),
    ]  # fmt: skip


def volume(name: str, spec: VolumeSpec) -> list[str]:
    """``volume create``."""
    marks, options = pairs("label", spec.labels, bare=True), pairs("opt", spec.driver_opts, bare=True)
    return ["volume", "create", *marks, *options, new_name(name, "volume", NAME)]


def build(spec: BuildSpec, tags: Sequence[str], dockerfile: str, secrets: Mapping[str, str]) -> list[str]:
    """``build``. tags: at least one. dockerfile: an absolute path. secrets: by id, the file of each."""
    return [
        "build", "--progress=plain",
        *(option("tag", image_named(tag, NAME)) for tag in tags),
        option("file", dockerfile),
        *pairs("build-arg", spec.args),
        *pairs("label", spec.labels),
        *([option("target", spec.target)] if spec.target else []),
        *([option("platform", spec.platform)] if spec.platform else []),
        *(["--no-cache"] if spec.no_cache else []),
        *(["--pull"] if spec.pull else []),
        *(option("secret", f"id={_field(ident)},src={path}") for ident, path in secrets.items()),
        *(["--ssh=default"] if spec.ssh else []),
        os.path.abspath(spec.context),
    ]  # fmt: skip


def _field(ident: str) -> str:
    if "," in ident or "=" in ident:
        refuse("BuildSpec.secrets", "an id with , or = cannot be told from what follows it")
    return ident


__all__ = [
    "JSON",
    "LEAST_MEMORY",
    "MIB",
    "NAME",
    "build",
    "create",
    "execute",
    "network",
    "parted",
    "published",
    "refuse",
    "volume",
]
