"""What the engine in memory holds, and the rules by which it changes. Nothing here waits."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Literal

from perry_ffi.errors import BackendError, Conflict, NotFound, ValidationError
from perry_ffi.model.container import ContainerSpec, Endpoint
from perry_ffi.model.container_info import LIVE, Status
from perry_ffi.model.event import EngineEvent, HealthResult, HealthStatus
from perry_ffi.model.network import NetworkInfo
from perry_ffi.model.reference import is_image_id, parse_reference
from perry_ffi.model.volume import VolumeInfo

LogName = Literal["stdout", "stderr"]
BUILT_IN = ("bridge", "host", "none")
ENDED, KILLED = 143, 137
"""Exit codes of what somebody stops, heeding the signal or not."""
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*\Z")


@dataclass(frozen=True)
class Behaviour:
    """What a container's process does once it is started.

    exit_code: it ends with this, after ``seconds``; ``None``: it runs until somebody ends it. stdout, stderr: what it says first.
    health: what each probe finds, in turn; the last one for good. start_error: the engine's words where it cannot start.
    exec_code, exec_stdout: what every command inside ends with, and says (its own words where that is empty). files: by path, what
    it writes. oom: it is ended for want of memory.
    """

    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0
    files: Mapping[str, str] = field(default_factory=dict)
    oom: bool = False
    health: tuple[bool, ...] = (True,)
    start_error: str = ""
    exec_code: int = 0
    exec_stdout: str = ""


@dataclass
class Box:
    """One container."""

    id: str
    name: str
    spec: ContainerSpec
    image_id: str
    created: str
    volumes: dict[str, str] = field(default_factory=dict)
    anonymous: set[str] = field(default_factory=set)
    networks: dict[str, Endpoint] = field(default_factory=dict)
    status: Status = "created"
    exit_code: int | None = None
    health: HealthStatus | None = None
    probes: list[HealthResult] = field(default_factory=list)
    probe_ends: list[str] = field(default_factory=list)
    log: list[tuple[LogName, str, str]] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    wrote: dict[str, str] = field(default_factory=dict)
    """What its process wrote, by path."""
    oom: bool = False
    starts: int = 0
    started: str = ""
    modes: dict[str, str] = field(default_factory=dict)
    """The ids of the containers whose namespaces it is in, by the kind of these."""
    stopped: bool = False
    nameless: bool = False
    """It keeps no names of its anonymous volumes."""

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def test(self) -> tuple[str, ...]:
        """The test of its health check; empty where there is none."""
        check = self.spec.healthcheck
        return check.test if check is not None and check.test != ("NONE",) else ()


@dataclass(frozen=True)
class Call:
    """One call as the engine saw it. write: whether it may change something."""

    method: str
    subject: str
    write: bool


def is_generated(volume: str) -> bool:
    """Whether a volume's name is one that this engine makes up: as its ids are."""
    return re.fullmatch(r"[0-9a-f]{64}", volume) is not None


def published(box: Box) -> list[tuple[str, str]]:
    """The ports of the host that its spec asks for by number, each with its protocol."""
    return list(dict.fromkeys((port.published, port.protocol) for port in box.spec.ports if port.published.isdigit()))


class World:
    """All objects of one engine. behave: what a container does when it starts."""

    def __init__(self, behave: Callable[[Box], Behaviour] = lambda box: Behaviour()) -> None:
        self.behave = behave
        self.boxes: dict[str, Box] = {}
        self._named: dict[str, Box] = {}
        self._publishers: dict[tuple[str, str], dict[str, Box]] = {}
        """Who has a port of the host in its spec, by it and its protocol."""
        self._users: dict[str, dict[str, Box]] = {}
        """Who has a volume mounted, by its name."""
        self.networks: dict[str, NetworkInfo] = {}
        self.volumes: dict[str, VolumeInfo] = {}
        self.images: dict[str, str] = {}
        self.unnamed: set[str] = set()
        """Images whose names went to others; they stay."""
        self.tagged: dict[str, str] = {}
        """When an image got its name, by reference, where that is told; not after a pull."""
        self.published: dict[str, str] = {}
        """``repository@sha256:…`` of what registries have, by the reference (a tag's, or itself) that names it."""
        self.digests: dict[str, list[str]] = {}
        """The same, of what is here, by id."""
        self.remote: set[str] = set()
        """References that a pull finds."""
        self.late_networks = 0
        """Of how many networks a container may be created before they are there."""
        self.listeners: list[Callable[[EngineEvent], None]] = []
        self._numbers = itertools.count(1)
        for name in BUILT_IN:
            self.networks[name] = NetworkInfo(id=self._ident(), name=name, driver="bridge")

    # -- time and names -------------------------------------------------------------------------------

    def _ident(self) -> str:
        return hashlib.sha256(f"object {next(self._numbers)}".encode()).hexdigest()

    def now(self) -> tuple[int, str]:
        """A time of its own that goes on by a millisecond at each look: nanoseconds, and text."""
        ns = 1_700_000_000 * 10**9 + next(self._numbers) * 10**6
        at = datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return ns, f"{at}.{ns % 10**9:09d}Z"

    # -- images ---------------------------------------------------------------------------------------

    def make_image(self, reference: str) -> str:
        """Gives ``reference`` a new image and its id."""
        return self.name_image("sha256:" + self._ident(), reference)

    def name_image(self, ident: str, reference: str) -> str:
        """Has ``reference`` name the image ``ident``; the one that it named until then stays."""
        before = self.images.get(reference)
        self.images[reference] = ident
        if before is not None and before not in self.images.values():
            self.unnamed.add(before)
        self.unnamed.discard(ident)
        return ident

    def find_image(self, reference: str) -> str | None:
        if is_image_id(reference):
            return reference if reference in self.images.values() or reference in self.unnamed else None
        if "@" in reference:
            wanted = parse_reference(reference)
            known = (ident for ident, names in self.digests.items() if f"{wanted.repository}@{wanted.digest}" in names)
            return next(known, None)
        return self.images.get(reference) or self.images.get(f"{reference}:latest")

    # -- containers -----------------------------------------------------------------------------------

    def find(self, ident: str) -> Box:
        """The container of an id, the beginning of one, or a name."""
        if found := self.boxes.get(ident) or self._named.get(ident):
            return found
        for box in self.boxes.values() if len(ident) >= 12 else ():
            if box.id.startswith(ident):
                return box
        raise NotFound(f"no such container: {ident}", backend="fake", subject=ident)

    def create(self, spec: ContainerSpec) -> Box:
        ident = self._ident()
        name = spec.name or f"c-{ident[:12]}"
        self._refuse_taken(name)
        image = self.find_image(spec.image)
        if image is None:
            raise NotFound(f"no such image: {spec.image}", backend="fake", subject=spec.image)
        box = Box(ident, name, spec, image, self.now()[1])
        self._join(box)
        self._mount(box)
        box.health = "starting" if box.test else None
        self.boxes[ident] = self._named[name] = box
        for key in published(box):
            self._publishers.setdefault(key, {})[ident] = box
        for volume in box.volumes.values():
            self._users.setdefault(volume, {})[ident] = box
        self.tell("create", box)
        return box

    def rename(self, box: Box, name: str) -> None:
        if not _NAME.match(name):
            raise ValidationError(f"{name!r} is no name of a container", path="name", expected="letters, digits and _.-")
        if name != box.name:
            self._refuse_taken(name)
            self._named[name] = self._named.pop(box.name)
            box.name = name

    def _refuse_taken(self, name: str) -> None:
        if name in self._named:
            raise Conflict(f"the name {name} is in use", backend="fake", subject=name)

    def _join(self, box: Box) -> None:
        mode = box.spec.network or ("" if box.spec.networks else "bridge")
        shared = {"network": mode, "ipc": getattr(box.spec, "ipc", None), "pid": getattr(box.spec, "pid", None)}
        for kind, value in shared.items():
            if value and value.startswith("container:"):
                box.modes[kind] = self.find(value.removeprefix("container:")).id
        if mode.startswith("container:"):
            return
        for index, item in enumerate(box.spec.networks):
            if index >= self.late_networks:
                self.network(item.name)
            box.networks[item.name] = Endpoint(
                aliases=list(item.aliases), ip_address=item.ipv4_address, network_id=self._network_id(item.name)
            )
        if mode not in ("", "host", "none") and mode not in box.networks:
            name = mode if self.late_networks else self.network(mode).name
            box.networks[name] = Endpoint(aliases=list(box.spec.aliases), network_id=self._network_id(name))

    def _network_id(self, name: str) -> str:
        """The id of a network; empty where it is made late."""
        try:
            return self.network(name).id
        except NotFound:
            return ""

    def _mount(self, box: Box) -> None:
        for mount in box.spec.volumes:
            if mount.type != "volume":
                continue
            name = mount.source or self._ident()
            if not mount.source:
                box.anonymous.add(name)
            box.volumes[mount.target] = name
            if name not in self.volumes:
                self.volumes[name] = VolumeInfo(name=name, driver="local", labels=dict(mount.labels))

    def start(self, box: Box) -> None:
        if box.status == "paused":
            raise Conflict(f"{box.name} is paused, it cannot be started", backend="fake", status=409)
        if box.live:
            return
        behaviour = self.behave(box)
        for shared in sorted(set(box.modes.values())):
            if not self.find(shared).live:
                raise Conflict(f"cannot join the namespaces of {self.find(shared).name}, which does not run", backend="fake")
        for name, place in box.networks.items():
            # As for docker, another network of the same name is another one.
            self.network(place.network_id or name)
        if behaviour.start_error or (taken := self._taken_port(box)):
            raise BackendError(behaviour.start_error or f"port {taken} is already allocated", backend="fake", status=500)
        box.status, box.exit_code, box.stopped, box.starts = "running", None, False, box.starts + 1
        box.started = self.now()[1]
        box.health = "starting" if box.test else None
        said: tuple[tuple[LogName, str], ...] = (("stdout", behaviour.stdout), ("stderr", behaviour.stderr))
        for stream, text in said:
            for line in text.splitlines(keepends=True):
                box.log.append((stream, self.now()[1], line))
        box.wrote = {**box.wrote, **behaviour.files}
        self.tell("start", box)
        if behaviour.exit_code is not None and not behaviour.seconds:
            self.end(box, behaviour.exit_code, oom=behaviour.oom)

    def time_is_up(self, box: Box, run: int) -> None:
        """The run number ``run`` of a container comes to its end, if it has not."""
        behaviour = self.behave(box)
        if box.id in self.boxes and box.live and box.starts == run and behaviour.exit_code is not None:
            self.end(box, behaviour.exit_code, oom=behaviour.oom)

    def _taken_port(self, box: Box) -> str:
        for key in published(box):
            if any(other.live for other in self._publishers[key].values() if other is not box):
                return key[0]
        return ""

    def end(self, box: Box, code: int, *, oom: bool = False) -> None:
        """The process ends."""
        box.oom = oom
        policy = (box.spec.restart or ("no", 0))[0]
        self.tell("die", box, exit_code=code)
        box.exit_code = code
        again = policy in ("always", "unless-stopped") or (policy == "on-failure" and code)
        box.status = "restarting" if again and not box.stopped else "exited"

    def stop(self, box: Box, code: int = ENDED) -> None:
        """Somebody ends it; one that has ended is left as it is, as engines do."""
        if box.live:
            box.stopped = True
            self.tell("kill", box)
            self.end(box, code)
            self.tell("stop", box)

    def remove(self, box: Box, *, force: bool, volumes: bool) -> None:
        if box.live and not force:
            raise Conflict(f"{box.name} runs", backend="fake", subject=box.name)
        if box.live:
            self.stop(box, KILLED)
        del self.boxes[box.id], self._named[box.name]
        for key in published(box):
            del self._publishers[key][box.id]
        for volume in set(box.volumes.values()):
            del self._users[volume][box.id]
        for name in box.anonymous if volumes else ():
            if not self.users(name):
                self.volumes.pop(name, None)
        self.tell("destroy", box)

    def probe(self, box: Box) -> HealthResult:
        """Runs one health probe; the third failure in a row makes it unhealthy."""
        if not box.test or box.status != "running":
            raise Conflict(f"{box.name}: no health check that could run", backend="fake", subject=box.name)
        found = self.behave(box).health
        good = found[min(len(box.probes), len(found) - 1)]
        box.probe_ends.append(self.now()[1])
        box.probes.append(
            HealthResult(status="healthy" if good else "unhealthy", exit_code=0 if good else 1, output="" if good else "no")
        )
        retries = (box.spec.healthcheck.retries if box.spec.healthcheck else 0) or 3
        last = [item.exit_code for item in box.probes[-retries:]]
        if good:
            box.health = "healthy"
        elif len(last) == retries and all(last):
            box.health = "unhealthy"
        self.tell("health_status", box, health=box.health)
        return HealthResult(status=box.health or "starting", exit_code=box.probes[-1].exit_code, output=box.probes[-1].output)

    # -- networks and volumes -------------------------------------------------------------------------

    def network(self, name: str) -> NetworkInfo:
        """By name or id."""
        if (known := self.networks.get(name)) and known.name == name:
            return known
        for info in self.networks.values():
            if name in (info.name, info.id):
                return info
        raise NotFound(f"no such network: {name}", backend="fake", subject=name)

    def add_network(self, info: NetworkInfo) -> NetworkInfo:
        if info.name in self.networks:
            raise Conflict(f"the network {info.name} exists", backend="fake", subject=info.name)
        pools = [ip_network(pool) for other in self.networks.values() for pool in other.subnets]
        if any(ip_network(pool).overlaps(other) for pool in info.subnets for other in pools):
            raise BackendError("pool overlaps with other one on this address space", backend="fake", status=403)
        self.networks[info.name] = info.model_copy(update={"id": self._ident(), "created": self.now()[1]})
        return self.networks[info.name]

    def attached(self, name: str) -> Iterator[Box]:
        return (box for box in self.boxes.values() if name in box.networks)

    def users(self, volume: str) -> list[Box]:
        """The containers that have ``volume`` mounted."""
        return list(self._users.get(volume, {}).values())

    # -- events -----------------------------------------------------------------------------------------

    def tell(self, action: str, box: Box, exit_code: int | None = None, health: HealthStatus | None = None) -> None:
        ns, _ = self.now()
        event = EngineEvent(
            kind="container", action=action, id=box.id, name=box.name, attributes=dict(box.spec.labels),
            exit_code=exit_code, health=health, time=ns,
        )  # fmt: skip
        for listener in list(self.listeners):
            listener(event)
