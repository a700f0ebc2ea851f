"""What a program says about a workload graph. What it hears is in ``workload_status``."""

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic_core import PydanticCustomError

from perry_ffi.errors import ValidationError
from perry_ffi.model import container_values, mounts, reference, values
from perry_ffi.model import workload_values as own
from perry_ffi.model.base import Field, M, Model, Text, contradiction, model_validator, no_items, no_members, parsed, validate
from perry_ffi.model.container import ContainerSpec, LogOptions
from perry_ffi.model.jsontext import join, load
from perry_ffi.model.service_values import exposed

MAX_GRAPH_NODES = 10_000
"""What no engine of one machine runs would only fill its memory."""
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

    tier: Annotated[own.Tier, parsed(own.spelled(own.TIERS))] = "default"
    no_network: bool = Field(False, alias="noNetwork")
    read_only_root: bool = Field(False, alias="readOnlyRoot")
    seccomp: bool = False
    egress: bool = True
    isolation: Annotated[Literal["container", "gvisor", "microvm"] | None, parsed(own.spelled(own.LEVELS))] = None
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


def _runtime(value: Any) -> str | RuntimeSpec:
    """Text is the name of an OCI runtime; what kind of one is wanted is said by ``{type}``."""
    if isinstance(value, RuntimeSpec):
        return value
    if not isinstance(value, str):
        return _inner(RuntimeSpec, value)
    if own.is_spelling(value, own.RUNTIMES):
        values.bad("the name of a runtime of the engine, or {type: ...} for a kind of runtime", value)
    return values.word(value)


def _inner(model: type[RuntimeSpec], value: Any) -> RuntimeSpec:
    try:
        return validate(model, value, "-")
    except ValidationError as error:
        raise ValidationError(error.message, **{**error.details, "path": error.details["path"][1:]}) from None


@cache
def _absent(model: type[M]) -> M:
    """What an absent member is; nobody changes it, so it is one for all."""
    return validate(model, {})


def _depends_on(value: Any) -> Any:
    """A list of names says the same as an object of them; null in it is no condition."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    return {name: {} if row is None else row for name, row in value.items()} if isinstance(value, dict) else value


def _at(path: str, expected: str) -> PydanticCustomError:
    return PydanticCustomError("parsed", "{expected}", {"expected": expected, "path": path, "found": ""})


def _document(value: Any, path: str) -> Any:
    """What a text holds as JSON: ``js_workload_node`` gives texts, and programs put them where objects are wanted."""
    if not isinstance(value, str):
        return value
    try:
        return load(value, "")
    except ValidationError as error:
        expected = "an object, or the JSON of one: " + str(error.details.get("expected"))
        raise _at(path + error.details.get("path", ""), expected) from None


class WorkloadNode(ContainerSpec):
    """A service or a job: a container with what it depends on. Every member of a ContainerSpec, and these.

    ``id`` and ``name`` are taken, and must equal the node's key.
    """

    image: Annotated[str | None, parsed(reference.image)] = None  # type: ignore[assignment]
    """Required, but of a WebAssembly module."""
    id: Text | None = None
    name: Text | None = None
    kind: Literal["service", "job"] | None = None
    """Absent: a job if another node waits for its completion, or reads its output or exit code."""
    depends_on: dict[str, Dependency] = Field(default_factory=no_members)
    volumes: Annotated[list[mounts.Mount], parsed(mounts.keyed_mounts)] = Field(default_factory=no_items)
    """As of a container; a volume goes by its key in the graph's ``volumes``."""
    env: Annotated[dict[str, own.Value], parsed(own.env_values)] = Field(default_factory=no_members)  # type: ignore[assignment]
    cmd: Annotated[list[own.Value] | None, parsed(own.command_values)] = None  # type: ignore[assignment]
    entrypoint: Annotated[list[own.Value] | None, parsed(own.command_values)] = None  # type: ignore[assignment]
    expose: Annotated[list[str], parsed(values.list_of(exposed))] = Field(default_factory=no_items)
    """Ports of the container that others may use and that are not published."""
    runtime: Annotated[str | RuntimeSpec | None, parsed(_runtime)] = None  # type: ignore[assignment]
    """Text: an OCI runtime that the engine is configured with."""
    policy: PolicySpec = Field(default_factory=lambda: _absent(PolicySpec))
    resources: Resources = Field(default_factory=lambda: _absent(Resources))
    retry: Retry | None = None
    timeout: Seconds = None
    """Of one try of a job."""
    ready: Ready = Field(default_factory=lambda: _absent(Ready))
    outputs: dict[str, Output] = Field(default_factory=no_members)
    keep: bool = True
    """false: a service that stops when no job needs it any more."""

    @model_validator(mode="before")
    @classmethod
    def _spellings(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        if "dependsOn" in value and "depends_on" in value:
            raise contradiction("dependsOn", "depends_on alone, which says the same")
        given = {("depends_on" if key == "dependsOn" else key): item for key, item in value.items() if item is not None}
        return {**given, "depends_on": _depends_on(given["depends_on"])} if "depends_on" in given else given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Further names are those on the graph's network, where no other is asked for; ``rm`` and names are the graph's to check."""
        if self.aliases and not self.networks and self.network is not None and container_values.is_built_in(self.network):
            raise contradiction("aliases", "a network of the graph beside them, the built-in ones have no names")
        if self.networks and self.network and self.network not in {item.name for item in self.networks}:
            raise contradiction("network", "one of networks, where both are given")
        return self


class WorkloadEdge(Model):
    """``from`` depends on ``to``."""

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

    @model_validator(mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Nodes, and each of them, may be JSON texts."""
        nodes = _document(value.get("nodes"), ".nodes") if isinstance(value, dict) else None
        if not isinstance(nodes, dict):
            return value if nodes is None else {**value, "nodes": nodes}
        if len(nodes) > MAX_GRAPH_NODES:
            raise contradiction("nodes", f"at most {MAX_GRAPH_NODES:,} nodes")
        return {**value, "nodes": {name: _document(row, join(".nodes", name)) for name, row in nodes.items()}}


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
