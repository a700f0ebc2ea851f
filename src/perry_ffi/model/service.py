"""One container of a Compose service: all that a service can ask of an engine, resolved."""

from typing import Annotated, Self

from perry_ffi.model import host_values as host
from perry_ffi.model import service_values as service
from perry_ffi.model import values
from perry_ffi.model.base import Count, Field, contradiction, model_validator, no_items, no_members, parsed
from perry_ffi.model.container import ContainerSpec


class ServiceSpec(ContainerSpec):
    """A ContainerSpec and every further member of a service.

    Names are the engine's own: services in ``network_mode``, ``volumes_from``, ``links`` and the namespaces are
    resolved to containers, networks and volumes to their names. ``networks`` may hold ``ServiceAttachment``, ``volumes``
    ``ServiceMount``. What an engine cannot honour is named when the spec is turned into its payload, and there only.
    """

    env_unset: Annotated[list[str], parsed(values.names)] = Field(default_factory=no_items)
    """Variables of the image that the container does not get."""
    domainname: Annotated[str | None, parsed(host.host_name)] = None
    group_add: Annotated[list[str], parsed(values.list_of(lambda value: values.word(values.scalar(value))))] = Field(
        default_factory=no_items
    )
    tty: bool = False
    stdin_open: bool = False
    stdin_once: bool = False
    """The input ends with that of the first who attaches."""

    pid: Annotated[str | None, parsed(service.namespace("host"))] = None
    ipc: Annotated[str | None, parsed(service.namespace("host", "none", "private", "shareable"))] = None
    uts: Annotated[str | None, parsed(service.namespace("host", container=False))] = None
    cgroup: Annotated[str | None, parsed(service.namespace("host", "private", container=False))] = None
    cgroup_parent: Annotated[str | None, parsed(values.word)] = None
    userns_mode: Annotated[str | None, parsed(values.word)] = None

    cpu_count: Count | None = None
    """Of Windows containers, as ``cpu_percent``."""
    cpu_percent: Annotated[float | None, parsed(service.percent)] = None
    cpu_shares: Annotated[int | None, parsed(values.integer(0))] = None
    cpu_quota: Annotated[int | None, parsed(values.or_unlimited)] = None
    """Microseconds in each ``cpu_period``; -1 for no limit."""
    cpu_period: Annotated[int | None, parsed(service.microseconds)] = None
    cpu_rt_period: Annotated[int | None, parsed(service.microseconds)] = None
    cpu_rt_runtime: Annotated[int | None, parsed(service.microseconds)] = None
    cpuset: Annotated[str | None, parsed(service.cpu_set)] = None
    mem_reservation: Annotated[int | None, parsed(values.size)] = None
    mem_swappiness: Annotated[int | None, parsed(values.integer(-1, 100))] = None
    memswap_limit: Annotated[int | None, parsed(service.memory_or_unlimited)] = None
    """Memory and swap together; -1 for no limit of swap."""
    oom_kill_disable: bool = False
    oom_score_adj: Annotated[int | None, parsed(values.integer(-1000, 1000))] = None
    blkio_config: Annotated[service.BlkioConfig | None, parsed(service.blkio)] = None

    device_cgroup_rules: Annotated[list[str], parsed(values.list_of(service.cgroup_rule))] = Field(default_factory=no_items)
    cdi_devices: Annotated[list[str], parsed(values.list_of(service.cdi_device))] = Field(default_factory=no_items)
    credential_spec: Annotated[str | None, parsed(values.word)] = None
    """``file://…``, ``registry://…`` or ``config://…``, of Windows containers."""
    isolation: Annotated[str | None, parsed(values.word)] = None
    """``default``, ``process`` or ``hyperv``, of Windows containers."""
    storage_opt: Annotated[dict[str, str], parsed(values.text_map)] = Field(default_factory=no_members)
    logging: Annotated[service.Logging | None, parsed(service.logging)] = None
    annotations: Annotated[dict[str, str], parsed(values.labels)] = Field(default_factory=no_members)

    mac_address: Annotated[str | None, parsed(host.mac_address)] = None
    """Of the first network."""
    dns_opt: Annotated[list[str], parsed(values.words)] = Field(default_factory=no_items)
    dns_search: Annotated[list[str], parsed(values.words)] = Field(default_factory=no_items)
    links: Annotated[list[str], parsed(values.list_of(service.link))] = Field(default_factory=no_items)
    """``container:alias`` on the engine's default network; on others they stand in ``networks``."""
    expose: Annotated[list[str], parsed(values.list_of(service.exposed))] = Field(default_factory=no_items)
    volumes_from: Annotated[list[str], parsed(values.list_of(service.volume_source))] = Field(default_factory=no_items)
    port_index: Count = 0
    """Which replica this is, from 0: the port of a range that it takes where the engine does not choose."""

    @model_validator(mode="after")
    def _own_stack(self) -> Self:
        shared = (self.network or "").startswith("container:") or self.network == "host"
        if shared and self.mac_address:
            raise contradiction("mac_address", "a network stack of its own beside it")
        return self
