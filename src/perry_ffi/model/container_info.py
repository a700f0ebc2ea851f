"""What a program hears of a container: its state, its output, its use of the machine."""

from typing import Any, Literal

from perry_ffi.model.answer import Answer, Count, told
from perry_ffi.model.container_facts import ContainerSettings, HealthCheckInfo, Probe, PublishedPort, RestartPolicy, TaskPlace

Status = Literal["created", "running", "paused", "restarting", "exited", "dead"]
LIVE = ("running", "paused", "restarting")
"""The states in which a run goes on, or is about to."""
ENDED = ("exited", "dead")
"""Those after a run."""
Health = Literal["starting", "healthy", "unhealthy"]


class ContainerHandle(Answer):
    id: str
    name: str | None = None
    warnings: list[str] = told(default=[], json=None)
    """The engine's words on what it leaves out, for its kernel has it not, say. Not told to programs."""


class Endpoint(Answer):
    """A container's place on one network."""

    ip_address: str = told(default="", json="ipAddress")
    ipv6_address: str = told(default="", json="ipv6Address")
    gateway: str = ""
    mac_address: str = told(default="", json="macAddress")
    aliases: list[str] = []
    network_id: str = told(default="", json=None)
    """The network that it was made for: another of the same name is not it. Not told to programs."""


class Mounted(Answer):
    """What is mounted into a container, and where."""

    kind: str
    """``volume``, ``bind``, ``tmpfs``, ``image``, or another word of the engine."""
    target: str
    name: str = ""
    """The volume's."""
    read_only: bool = False
    anonymous: bool = False
    """The engine made the volume's name up: nobody gave it one."""
    nameless: bool = False
    """The engine itself keeps no name of the volume; only the folder that it is in tells ``name``."""
    source: str = ""
    """Where it is on the engine's machine, if the engine tells it."""
    driver: str = ""
    """The volume's."""


class ContainerInfo(Answer):
    """A container as the engine tells it; a list leaves out what only inspection knows."""

    id: str
    name: str
    image: str
    status: Status
    ports: list[str] = []
    """``0.0.0.0:8080->80/tcp``, or ``80/tcp`` where it is not published."""
    created: str
    """ISO 8601, UTC."""
    labels: dict[str, str] = {}
    health: Health | None = None
    """Absent where there is no health check."""
    exit_code: int | None = told(default=None, json="exitCode")
    """Of the last run; absent while it runs and before it ever ran."""
    networks: dict[str, Endpoint] = {}
    image_id: str | None = told(default=None, json="imageId")
    started_at: str | None = told(default=None, json="startedAt")
    finished_at: str | None = told(default=None, json="finishedAt")
    restart_count: int | None = told(default=None, json="restartCount")
    oom_killed: bool | None = told(default=None, json="oomKilled")
    error: str | None = None
    """The engine's words where it could not start."""
    raw: dict[str, Any] | None = None
    """The engine's own document; only when inspected."""
    stopping: bool = told(default=False, json=None)
    """It runs, and somebody's stop of it is under way, where the engine tells (podman does). Not told to programs."""
    words: str = told(default="", json=None)
    """The engine's own of its state and for how long (``Up 5 seconds (healthy)``); a list alone has them. Not told to programs."""
    command: str = told(default="", json=None)
    """What its process is, as a line. Not told to programs."""
    network_mode: str = told(default="", json=None)
    """``host``, ``none`` or another word of the engine. Not told to programs."""
    mounts: list[Mounted] = told(default=[], json=None)
    """Without tmpfs that are no mounts of their own. Not told to programs."""
    published: list[PublishedPort] = told(default=[], json=None)
    """What ``ports`` says of those that are published, in parts. Not told to programs."""
    restart: RestartPolicy = told(default=RestartPolicy(), json=None)
    """Only when inspected, like all that follows. Not told to programs."""
    health_check: HealthCheckInfo | None = told(default=None, json=None)
    """``None`` where there is none, or it is switched off. Not told to programs."""
    probes: list[Probe] = told(default=[], json=None)
    """The latest ones that the engine keeps, oldest first. Not told to programs."""
    failing: Count = told(default=Count(0), json=None)
    """How many probes failed one after the other up to now. Not told to programs."""
    settings: ContainerSettings | None = told(default=None, json=None)
    """``None`` where the engine does not tell. Not told to programs."""
    place: TaskPlace | None = told(default=None, json=None)
    """``None`` of a container that is no task. Not told to programs."""
    joined: dict[str, str] = told(default={}, json=None)
    """Whose namespaces it is in, by their kind (``network``, ``ipc``, ``pid``): ids of containers, or the names that it was
    created with. Not told to programs."""


class ContainerLogs(Answer):
    stdout: str
    stderr: str


class LogChunk(Answer):
    stream: Literal["stdout", "stderr"]
    text: str
    fresh: bool = told(default=False, json=None)
    """It begins a line, also where the stream's last one has no end: that was of an earlier run. Not told to programs."""
    part: str | None = told(default=None, json=None)
    """The engine's time of a part that goes on with an unfinished line, where it has one of its own, else ``""``; ``None``
    where it cannot be told whether a time at the beginning is the engine's. Not told to programs."""


class WaitResult(Answer):
    exit_code: int = told(json="exitCode")


class ExecResult(Answer):
    stdout: str
    stderr: str
    exit_code: int = told(json="exitCode")


class ProcessTable(Answer):
    """What runs inside a container, as the engine's ``ps`` tells it: the heads of the columns, and a row for each process."""

    titles: list[str]
    processes: list[list[str]]


class ContainerStats(Answer):
    """One sample. Sizes in bytes, counters since the start of the container."""

    id: str
    name: str
    read: str
    """When the sample was taken: ISO 8601."""
    cpu_percent: float = told(json="cpuPercent")
    """Of one processor: 200 is two of them busy."""
    online_cpus: Count = told(json="onlineCpus")
    memory_usage: Count = told(json="memoryUsage")
    """Without the page cache that can be given back."""
    memory_limit: Count = told(json="memoryLimit")
    memory_percent: float = told(json="memoryPercent")
    network_rx: Count = told(json="networkRx")
    network_tx: Count = told(json="networkTx")
    block_read: Count = told(json="blockRead")
    block_write: Count = told(json="blockWrite")
    pids: Count
