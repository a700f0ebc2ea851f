"""What the orchestration reads of a container, in no engine's words. Each backend fills it in; programs are not told it."""

from typing import NamedTuple

from perry_ffi.model.answer import Answer, Count


class PublishedPort(NamedTuple):
    """A port of the engine's machine that leads into a container. address: without brackets; empty for all addresses."""

    address: str
    port: int
    protocol: str


class TaskPlace(NamedTuple):
    """Of a container that an engine of services runs as a task: which task, and where. container: there is one already, so that
    the node's own engine can be asked for it.
    """

    task: str
    node: str = ""
    """The node's id; empty while nobody knows where."""
    node_name: str = ""
    container: bool = False


class RestartPolicy(NamedTuple):
    """When the engine starts a container again that ended."""

    name: str = "no"
    """``no``, ``always``, ``unless-stopped`` or ``on-failure``."""
    retries: int = 0
    """How often after a failure; 0 for without bound."""


class HealthCheckInfo(Answer):
    """A container's health check, from its specification or its image; there is none where it was switched off.

    Times in seconds. A time, or a count, that is 0 is the engine's default.
    """

    test: list[str]
    interval: float = 0.0
    timeout: float = 0.0
    start_period: float = 0.0
    retries: Count = Count(0)


class ContainerSettings(Answer):
    """How a container was asked for, its image's part included: what the engine keeps of it."""

    command: list[str] = []
    entrypoint: list[str] = []
    environment: dict[str, str] = {}
    user: str = ""
    working_dir: str = ""
    hostname: str = ""
    domainname: str = ""
    stop_signal: str = ""
    tty: bool = False
    stdin_open: bool = False
    privileged: bool = False
    read_only: bool = False
    cap_add: list[str] = []
    cap_drop: list[str] = []
    extra_hosts: list[str] = []
    dns: list[str] = []
    dns_search: list[str] = []
    group_add: list[str] = []
    security_opt: list[str] = []
    sysctls: dict[str, str] = {}
    ulimits: dict[str, str] = {}
    """By name ``SOFT:HARD``, or one number where both are the same."""
    init: bool | None = None
    memory: int = 0
    """Bytes, as those that follow; 0 without a bound."""
    memory_swap: int = 0
    memory_reservation: int = 0
    shm_size: int = 0
    cpus: float = 0.0
    """How many processors' time; 0 without a bound."""
    cpu_shares: int = 0
    cpuset: str = ""
    pids_limit: int = 0
    oom_score_adj: int = 0
    log_driver: str = ""
    log_options: dict[str, str] = {}
    stop_seconds: float | None = None
    """How long it gets to stop, where it was asked for."""


class Probe(NamedTuple):
    """A health probe that has ended. end: seconds since 1970, by the engine's clock; 0 where it is not told."""

    end: float
    passed: bool
