"""What a program says about a workload graph. What it hears is in ``workload_status``."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from perry_ffi.model import container_values, reference, values
from perry_ffi.model import workload_values as own
from perry_ffi.model.base import Model, Text, contradiction, parsed, validate
from perry_ffi.model.container import ContainerSpec, LogOptions

Seconds = Annotated[float | None, parsed(container_values.wait_seconds)]
Pull = Literal["always", "missing", "never"]


class Dependency(Model):
    """An edge of ``depends_on``. condition: absent for ready of a service, succeeded of a job."""

    condition: Annotated[own.Condition | None, parsed(own.condition)] = None
    required: bool = True
    """false: where it can never hold it counts as held, with a warning."""


class Retry(Model):
    """How often a node is tried again, and when: after ``delay * factor ** n`` seconds, at most ``max_delay``."""

    limit: Annotated[int, parsed(values.integer(0, 1000))]
    """Tries after the first one."""
    delay: Seconds = None
    """Absent: 1 s."""
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    max_delay: Seconds = Field(None, alias="maxDelay")
    """Absent: 60 s."""
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1
    """The part of a delay by which it may be shorter or longer."""
    exit_codes: list[Annotated[int, Field(ge=0, le=255)]] | None = Field(None, alias="exitCodes")
    """Only an end with one of these is tried again; absent: any failure."""


class Ready(Model):
    """When a service is ready, beside its health check. log: text in a line of its output. timeout: seconds for it."""

    log: Text | None = None
    timeout: Seconds = None


class Output(Model):
    """What a job gives: its standard output, or a file of its container."""

    source: Literal["stdout", "file"] = Field("stdout", alias="from")
    path: Annotated[str | None, parsed(values.absolute)] = None
    json_: bool = Field(False, alias="json")
    """It is JSON, so that a reference may name a member of it: ``report.total``."""
    sensitive: bool = False
    """It is told in no event, error, label or plan."""

    @model_validator(mode="after")
    def _with_path(self) -> Self:
        if (self.source == "file") != (self.path is not None):
            raise contradiction("path", "the path of a file, where from is file, and only there")
        return self


class PolicySpec(Model):
    """How strictly a node is held. A tier is a floor; flags add to it and take nothing away.

    egress: false for the graph's inner network only. isolation: the least that is acceptable.
    """

    tier: own.Tier = "default"
    no_network: bool = Field(False, alias="noNetwork")
    read_only_root: bool = Field(False, alias="readOnlyRoot")
    seccomp: bool = False
    egress: bool = True
    isolation: Literal["container", "gvisor", "microvm"] | None = None
    user: Annotated[str | None, parsed(lambda value: values.word(values.scalar(value)))] = None


class RuntimeSpec(Model):
    """Where a node runs. config, module: of a virtual machine or a WebAssembly module."""

    type: Annotated[own.RuntimeType, parsed(own.spelled(own.RUNTIMES))] = "auto"
    config: Any = None
    module: Text | None = None


class Resources(Model):
    """cpu: processors. memory: bytes, or text such as ``512m``."""

    cpu: Annotated[float | None, parsed(values.cpus)] = None
    memory: Annotated[int | None, parsed(values.size)] = None


def _depends_on(value: Any) -> Any:
    return {name: {} for name in value} if isinstance(value, list) and all(isinstance(name, str) for name in value) else value


class WorkloadNode(ContainerSpec):
    """A service or a job: a container with what it depends on. Every member of a ContainerSpec, and these.

    ``id`` and ``name`` are taken, and must equal the node's key.
    """

    image: Annotated[str | None, parsed(reference.image)] = None  # type: ignore[assignment]
    """Required, but of a WebAssembly module."""
    id: Text | None = None
    kind: Literal["service", "job"] | None = None
    """Absent: a job if another node waits for its completion, or reads its output or exit code."""
    depends_on: dict[str, Dependency] = Field(default_factory=dict)
    env: Annotated[dict[str, own.Value], parsed(own.env_values)] = Field(default_factory=dict)  # type: ignore[assignment]
    cmd: Annotated[list[own.Value] | None, parsed(own.command_values)] = None  # type: ignore[assignment]
    entrypoint: Annotated[list[own.Value] | None, parsed(own.command_values)] = None  # type: ignore[assignment]
    expose: Annotated[list[str], parsed(values.list_of(values.scalar))] = Field(default_factory=list)
    """Ports of the container that others may use and that are not published."""
    runtime: str | RuntimeSpec | None = None  # type: ignore[assignment]
    """Text: an OCI runtime that the engine is configured with."""
    policy: PolicySpec = Field(default_factory=lambda: validate(PolicySpec, {}))
    resources: Resources = Resources()
    retry: Retry | None = None
    timeout: Seconds = None
    """Of one try of a job."""
    ready: Ready = Ready()
    outputs: dict[str, Output] = Field(default_factory=dict)
    keep: bool = True
    """false: a service that stops when no job needs it any more."""

    @model_validator(mode="before")
    @classmethod
    def _spellings(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "dependsOn" in value and "depends_on" in value:
            raise contradiction("dependsOn", "depends_on alone, which says the same")
        given = {("depends_on" if key == "dependsOn" else key): item for key, item in value.items()}
        return {**given, "depends_on": _depends_on(given["depends_on"])} if "depends_on" in given else given


class WorkloadEdge(Model):
    """``source`` (``from``) depends on ``target`` (``to``)."""

    source: Text = Field(alias="from")
    target: Text = Field(alias="to")
    condition: Annotated[own.Condition | None, parsed(own.condition)] = None
    required: bool = True


class WorkloadGraph(Model):
    """Nodes by name, further edges, and networks and volumes as a Compose document has them."""

    name: Text
    nodes: dict[str, WorkloadNode]
    edges: list[WorkloadEdge] = []
    networks: dict[str, Any] = {}
    volumes: dict[str, Any] = {}


class RunGraphOptions(Model):
    """How a graph is run.

    parallel: nodes at once. timeout: seconds for all. until: when the promise settles. resume: what is done and unchanged is not
    run again. only: these nodes and what they need. stopRunning: haltGraph ends the jobs that run. strict: what the engine leaves
    out is refused instead of warned of. pull: for nodes without a ``pull_policy``.
    """

    strategy: Annotated[own.Strategy, parsed(own.spelled(own.STRATEGIES))] = "dependencyAware"
    on_failure: Annotated[own.OnFailure, parsed(own.spelled(own.FAILURE_STRATEGIES))] = Field("rollbackAll", alias="onFailure")
    parallel: Annotated[int | None, parsed(values.integer(1, 10_000))] = None
    timeout: Seconds = None
    until: Literal["started", "settled"] = "settled"
    resume: bool = False
    only: list[Text] | None = None
    stop_running: bool = Field(False, alias="stopRunning")
    strict: bool = False
    pull: Pull | None = None


class WaitGraphOptions(Model):
    """timeout: seconds until the wait is given up; absent: without bound."""

    timeout: Seconds = None


class GraphLogOptions(LogOptions):
    """nodes: absent for all. attempts: the containers of earlier tries too."""

    nodes: list[Text] | None = None
    attempts: bool = False


__all__ = [
    "Dependency", "GraphLogOptions", "Output", "PolicySpec", "Ready", "Resources", "Retry", "RunGraphOptions", "RuntimeSpec",
    "WaitGraphOptions", "WorkloadEdge", "WorkloadGraph", "WorkloadNode",
]  # fmt: skip
