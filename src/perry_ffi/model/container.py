"""What a program says about a container. What it hears is in ``container_info``, and can be had from here too."""

from typing import Annotated, Any, ClassVar, Literal, Self

from perry_ffi.model import container_values as own
from perry_ffi.model import host_values as host
from perry_ffi.model import mounts as mount_values
from perry_ffi.model import ports as port_values
from perry_ffi.model import reference, values
from perry_ffi.model import resource_values as resources
from perry_ffi.model.base import Field, Model, Text, contradiction, model_validator, no_items, no_members, parsed
from perry_ffi.model.container_info import (
    ContainerHandle,
    ContainerInfo,
    ContainerLogs,
    ContainerStats,
    Endpoint,
    ExecResult,
    LogChunk,
    Status,
    WaitResult,
)
from perry_ffi.model.platform import platform as read_platform
from perry_ffi.model.verify import VerifyPolicy

PullPolicy = Literal["always", "missing", "if_not_present", "never"]


class ContainerSpec(Model):
    """One container to run or create. Only ``image`` is required.

    What an engine cannot honour is refused by name when the spec is turned into its payload; nothing
    here depends on an engine.
    """

    image: Annotated[str, parsed(reference.image)]
    """Reference or whole id."""
    name: Annotated[str | None, parsed(values.name)] = None
    """Absent: ``{first 8 hex of md5(image)}-{8 random hex}``."""
    ports: Annotated[list[port_values.Port], parsed(port_values.ports)] = Field(default_factory=no_items)
    """``8080:80``, ``127.0.0.1:8080:80/udp``, ranges, or objects of target, published, host_ip, protocol."""
    volumes: Annotated[list[mount_values.Mount], parsed(mount_values.mounts)] = Field(default_factory=no_items)
    """``source:target[:options]``, ``/target``, or objects of the long form."""
    env: Annotated[dict[str, str], parsed(values.env)] = Field(default_factory=no_members)
    cmd: Annotated[list[str] | None, parsed(values.command)] = None
    """Arguments in place of the image's; never a shell line."""
    entrypoint: Annotated[list[str] | None, parsed(values.command)] = None
    """In place of the image's; ``[]`` clears it."""
    network: Annotated[str | None, parsed(own.network_mode)] = None
    """``bridge``, ``host``, ``none``, ``container:<id>`` or the name of a network."""
    rm: bool = False
    """Removed, with its anonymous volumes, when it ends."""
    labels: Annotated[dict[str, str], parsed(values.labels)] = Field(default_factory=no_members)
    read_only: bool = False
    """The root file system is mounted read-only."""
    privileged: bool = False
    user: Annotated[str | None, parsed(lambda value: values.word(values.scalar(value)))] = None
    """``uid``, ``name``, ``uid:gid``."""
    workdir: Annotated[str | None, parsed(values.absolute)] = None
    cap_add: Annotated[list[str], parsed(values.names)] = Field(default_factory=no_items)
    cap_drop: Annotated[list[str], parsed(values.names)] = Field(default_factory=no_items)
    seccomp: Annotated[str | None, parsed(values.word)] = None
    """``default``, ``unconfined``, or the path of a JSON profile."""
    no_new_privileges: bool = False

    networks: Annotated[list[own.Attachment], parsed(own.attachments)] = Field(default_factory=no_items)
    """Names, or an object of name to ``{aliases, ipv4_address, ipv6_address, link_local_ips, mac_address,
    driver_opts}``."""
    aliases: Annotated[list[str], parsed(host.aliases)] = Field(default_factory=no_items)
    """Names of the container on each of its user-defined networks."""
    hostname: Annotated[str | None, parsed(host.host_name)] = None
    restart: Annotated[tuple[str, int] | None, parsed(values.restart)] = None
    """``no``, ``always``, ``unless-stopped``, ``on-failure[:retries]``: kept as (policy, retries)."""
    healthcheck: Annotated[own.HealthCheck | None, parsed(own.health_check)] = None
    memory: Annotated[int | None, parsed(values.size)] = None
    """Bytes, or text such as ``512m``."""
    cpus: Annotated[float | None, parsed(values.cpus)] = None
    pids_limit: Annotated[int | None, parsed(values.or_unlimited)] = None
    """Processes at most; -1 for no limit."""
    tmpfs: Annotated[dict[str, str], parsed(own.tmpfs)] = Field(default_factory=no_members)
    """Path to mount options; also ``["/run:size=64m"]``."""
    devices: Annotated[list[resources.Device], parsed(values.list_of(resources.device))] = Field(default_factory=no_items)
    extra_hosts: Annotated[list[str], parsed(host.extra_hosts)] = Field(default_factory=no_items)
    """``host:address`` each; ``host-gateway`` is an address too."""
    dns: Annotated[list[str], parsed(values.list_of(host.name_server))] = Field(default_factory=no_items)
    init: bool | None = None
    """A small init process that reaps children and forwards signals."""
    stop_signal: Annotated[str | None, parsed(own.stop_signal)] = None
    stop_timeout: Annotated[int | None, parsed(values.grace)] = None
    """Seconds, or a duration, between the stop signal and the kill; a negative one is without end."""
    ulimits: Annotated[list[resources.Ulimit], parsed(resources.ulimits)] = Field(default_factory=no_items)
    sysctls: Annotated[dict[str, str], parsed(values.text_map)] = Field(default_factory=no_members)
    shm_size: Annotated[int | None, parsed(values.size)] = None
    platform: Annotated[str | None, parsed(read_platform)] = None
    pull_policy: PullPolicy | None = None
    """Absent: ``missing``."""
    runtime: Annotated[str | None, parsed(values.word)] = None
    """An OCI runtime that the engine is configured with."""
    gpus: Annotated[list[own.GpuRequest], parsed(own.gpus)] = Field(default_factory=no_items)
    security_opt: Annotated[list[str], parsed(values.names)] = Field(default_factory=no_items)
    isolation_level: Literal["container", "microvm"] | None = None
    """The least isolation that is acceptable; a backend that gives less refuses."""
    verify: VerifyPolicy | None = None
    """Whose signature the image must have, in addition to the machine's policy."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.rm and self.restart and self.restart[0] != "no":
            raise contradiction("rm", "no restart policy beside it: the container is removed when it ends")
        if self.networks and self.network and self.network not in {item.name for item in self.networks}:
            raise contradiction("network", "one of networks, where both are given")
        if self.aliases and not self.networks and own.is_built_in(self.network):
            raise contradiction("aliases", "a network of the user's own beside them, the built-in ones have no names")
        return self


class LogOptions(Model):
    """Which part of a log. ``tail``: last lines, negative (or ``"all"``) for all of them."""

    tail: Annotated[int | None, parsed(lambda value: -1 if value == "all" else values.integer(-(2**31))(value))] = None
    since: Annotated[own.Moment | None, parsed(own.moment)] = None
    until: Annotated[own.Moment | None, parsed(own.moment)] = None
    timestamps: bool = False


class _Bounded(Model):
    timeout: Annotated[float | None, parsed(own.wait_seconds)] = None
    """Seconds, or a duration such as ``1m30s``."""

    @model_validator(mode="before")
    @classmethod
    def _bare_number(cls, value: Any) -> Any:
        return {"timeout": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class StopOptions(_Bounded):
    """``timeout``: until the kill; absent for the container's own. A bare number of seconds is taken too."""


class WaitOptions(_Bounded):
    """``timeout``: until the wait is given up; absent to wait without bound."""


class ExecOptions(Model):
    free_text: ClassVar[frozenset[str]] = frozenset({"stdin"})

    env: Annotated[dict[str, str], parsed(values.env)] = Field(default_factory=no_members)
    workdir: Annotated[str | None, parsed(values.absolute)] = None
    user: Annotated[str | None, parsed(lambda value: values.word(values.scalar(value)))] = None
    stdin: str | None = None
    """Text that the command reads, then the end of its input."""
    privileged: bool = False


__all__ = [
    "ContainerHandle", "ContainerInfo", "ContainerLogs", "ContainerSpec", "ContainerStats", "Endpoint", "ExecOptions",
    "ExecResult", "LogChunk", "LogOptions", "PullPolicy", "Status", "StopOptions", "Text", "WaitOptions", "WaitResult",
]  # fmt: skip
