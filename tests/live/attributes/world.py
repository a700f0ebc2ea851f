"""Projects whose attributes are looked for inside their containers.

A module of this folder brings up one project on each engine (``project``) and looks into it (``LOOKS``, and tests of its
own). Each look and each test names the row of ``docs/attributes.md`` that it holds the engines to (``attribute``).
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import anyio
import pytest

from perry_ffi.model.container import ExecOptions, LogOptions
from tests.live.conftest import IMAGE
from tests.live.stack_support import Stacks

Sees = Callable[[str], bool]
BUILT, COMMANDS = "localhost/perry-attributes:1", "localhost/perry-attributes:2"
"""Images with members of their own, for what takes them away or keeps them; of the second, the command needs no entrypoint."""
DOCKERFILES = {
    BUILT: f"""FROM {IMAGE}
RUN mkdir -p /seed/below /work && echo seed >/seed/below/f && echo user:x:2000:user >>/etc/group
ENV OF_IMAGE=yes
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["exec sleep 600"]
HEALTHCHECK --interval=30s CMD true
LABEL of.image=yes
""",
    COMMANDS: f"""FROM {IMAGE}
RUN mkdir -p /run /var && echo of the image >/run/f && chmod 711 /run && chown 7 /run
VOLUME /tmp
ENTRYPOINT ["/bin/no", "such"]
CMD ["sleep", "605"]
""",
}


def attribute(*names: str) -> pytest.MarkDecorator:
    """The rows that a test holds the engines to, as ``tests.attributes`` reads them."""
    return pytest.mark.attribute(*names)


KERNELS_LACK = (
    "no SELinux", "no AppArmor", "no block device", "no disk whose scheduler weighs", "no weights of block I/O", "no macvlan",
    "SCTP", "cgroups of version 2", "it schedules no groups in real time", "the machine itself lacks the capabilities",
    "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
)  # fmt: skip
"""All that a test may be skipped for, also where CI=true: what the machine's kernel or file system cannot show."""


def kernel_lacks(reason: str) -> NoReturn:
    """Skips a test. Fails it for a reason that is not one of the kernel's."""
    if not any(known in reason for known in KERNELS_LACK):
        pytest.fail(f"{reason} is no reason of the kernel's")
    pytest.skip(f"the kernel cannot show it: {reason}")


@dataclass(frozen=True)
class Look:
    """What an attribute is seen by.

    command: run by a shell inside a container of ``service``. sees: what it says, less the blanks around, or whether that
    shows the attribute. docker, podman: the member below the service that is warned of on that engine, which leaves it out
    (``sees`` is not asked then). since, until: by engine, below which version alone it does, or from which on: of docker's
    API, of podman itself. partial: one that podman warns of, and that is seen as far as it goes. kernel: a probe that gives
    the reason why this machine's kernel cannot show it, or ``""``. case: tells looks at one attribute apart.
    """

    attribute: str
    service: str
    command: str
    sees: str | Sees
    docker: str = ""
    podman: str = ""
    since: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    until: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    partial: str = ""
    kernel: Callable[[], str] = lambda: ""
    case: str = ""

    @property
    def ident(self) -> str:
        return f"{self.attribute}-{self.case}" if self.case else self.attribute


def looks(found: Iterable[Look]) -> pytest.MarkDecorator:
    """One test for each look."""
    rows = [pytest.param(look, id=look.ident, marks=attribute(look.attribute)) for look in found]
    return pytest.mark.parametrize("look", rows)


def has(*parts: str) -> Sees:
    """All of these are in what it says."""
    return lambda said: all(part in said for part in parts)


def lacks(*parts: str) -> Sees:
    return lambda said: not any(part in said for part in parts)


def matches(pattern: str) -> Sees:
    return lambda said: re.search(pattern, said, re.MULTILINE) is not None


@dataclass
class Place:
    """Where a project is to be brought up: what its document may depend on."""

    podman: bool
    prefix: str
    folder: Path
    number: int
    """Of this project alone, below 200: for subnets."""
    api: tuple[int, int] = (1, 41)
    """That docker speaks; of podman, which has all it has in each version of it, the oldest."""
    built: str = BUILT
    commands: str = COMMANDS
    ports: int = 0
    """The first of some that nobody listens on."""
    kept: ExitStack = field(default_factory=ExitStack)
    """What is given back when the project is gone."""

    def __getitem__(self, engine: Mapping[str, Any]) -> Any:
        return engine["podman" if self.podman else "docker"]


@dataclass
class World:
    """A project that is up, and what was said of it."""

    stacks: Stacks
    handle: int
    place: Place
    warned: frozenset[str]
    names: Mapping[tuple[str, int], str]
    looks: tuple[Look, ...] = ()
    said_by_engine: tuple[str, ...] = ()
    abilities: tuple[int, int] = (0, 0)
    """The version that tells what the engine can: of docker's API, of podman itself."""
    _said: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def podman(self) -> bool:
        return self.place.podman

    @property
    def api(self) -> tuple[int, int]:
        return self.place.api

    def container(self, service: str, number: int = 1) -> str:
        return self.names[service, number]

    def inspect(self, service: str, number: int = 1, api: str = "1.41") -> dict[str, Any]:
        """The engine's own document, in a version of its API."""
        return self.stacks.ask(f"/containers/{self.container(service, number)}/json", api)

    async def out(self, service: str, command: str, number: int = 1) -> str:
        """What a command says inside."""
        return await self.out_of(self.container(service, number), command)

    async def out_of(self, container: str, command: str) -> str:
        backend = await self.stacks.client.backend()
        result = await backend.exec_container(container, ["/bin/sh", "-c", command], ExecOptions())
        return (result.stdout + result.stderr).strip()

    async def log(self, service: str) -> list[str]:
        """The lines that a container wrote."""
        backend = await self.stacks.client.backend()
        return (await backend.container_logs(self.container(service), LogOptions())).stdout.splitlines()

    async def said_at_last(self, service: str) -> list[str]:
        """The lines of a container, once it has ended."""
        backend = await self.stacks.client.backend()
        await backend.wait_container(self.container(service), 20)
        return await self.log(service)

    @asynccontextmanager
    async def beside(self, services: dict[str, Any], **sections: Any) -> AsyncIterator[World]:
        """Another project on the engine, for a while."""
        stacks = replace(self.stacks, prefix=self.stacks.prefix + "-beside")
        found = await brought_up(stacks, self.place, services, sections)
        try:
            yield found
        finally:
            await stacks.gone(found.handle)

    async def check(self, look: Look) -> None:
        """Sees it, or that it is warned of."""
        if reason := look.kernel():
            kernel_lacks(reason)
        if member := self.without(look):
            assert f"services.{look.service}.{member}" in self.warned
            return
        told = self.podman and look.partial and not self._has(look)
        assert not told or f"services.{look.service}.{look.partial}" in self.warned
        said = await self._batch(look)
        seen = said == look.sees if isinstance(look.sees, str) else look.sees(said)
        assert seen, f"{look.service} says {said!r}" + (f", not {look.sees!r}" if isinstance(look.sees, str) else "")

    def without(self, look: Look) -> str:
        """The member that this engine leaves out, and warns of; ``""`` for none."""
        return "" if self._has(look) else getattr(look, self._name)

    @property
    def _name(self) -> str:
        return "podman" if self.podman else "docker"

    def _has(self, look: Look) -> bool:
        """Whether the engine's version is one that has what others of its name lack."""
        since, until = look.since.get(self._name), look.until.get(self._name)
        return (since is not None and self.abilities >= since) or (until is not None and self.abilities < until)

    def warned_of(self, looks: Iterable[Look]) -> set[str]:
        """Of what ``looks`` expect a warning here."""
        return {f"services.{look.service}.{member}" for look in looks if (member := self.without(look))}

    async def _batch(self, look: Look) -> str:
        """All that is looked for in one service is asked for at once."""
        if look.service not in self._said:
            asked = [row for row in self.looks if row.service == look.service and not self.without(row)]
            script = "; ".join(f"( {row.command or 'true'} ) 2>&1; echo; echo '<<end of a look>>'" for row in asked)
            parts = (await self.out(look.service, script)).split("<<end of a look>>")
            self._said[look.service] = {row.ident: text.strip() for row, text in zip(asked, parts, strict=False)}
        return self._said[look.service][look.ident]


async def brought_up(
    stacks: Stacks, place: Place, services: dict[str, Any], sections: dict[str, Any], looks: Iterable[Look] = ()
) -> World:
    """The world of a project, once it is up."""
    heard = stacks.client.event_bus.subscribe()
    handle = await stacks.up(stacks.spec(services, **sections), projectDirectory=str(place.folder))
    heard.end()
    records = await heard.next() or ()
    warned = [record["member"] for record in records if record.get("code") == "unsupported"]
    by_engine = tuple(record["message"] for record in records if record.get("code") == "engine")
    assert len(warned) == len(set(warned)), "each is told once"
    names = {(row["service"], row["number"]): row["name"] for row in await stacks.call("ps", handle)}
    version = (await stacks.client.backend()).version  # type: ignore[attr-defined]
    return World(stacks, handle, place, frozenset(warned), names, tuple(looks), by_engine, version.abilities)


def remove_group(name: str) -> None:
    """Takes a cgroup away that containers were in, and what their engine left below it."""
    root = Path("/sys/fs/cgroup")
    for folder in (*root.glob(f"*/{name}"), *root.glob(name)):
        for each in sorted((folder, *(path for path in folder.rglob("*") if path.is_dir())), reverse=True):
            deadline = time.monotonic() + 5
            while True:
                try:
                    each.rmdir()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)


async def until(seen: Callable[[], Any], seconds: float = 20.0) -> None:
    """Waits for what an engine does in its own time."""
    with anyio.fail_after(seconds):
        while not (await found if hasattr(found := seen(), "__await__") else found):
            await anyio.sleep(0.1)


def looked_up(name: str) -> str:
    """A command that says the address of ``name``: ``(10.1.2.3)``. Podman's name server learns of a container a moment late."""
    ask = f"ping -4 -c1 -W1 {name} 2>&1 | head -1"
    return f"for i in $(seq 9); do {ask} | grep -q '(' && break; sleep 0.2; done; {ask}"


def unknown(name: str) -> str:
    """A command that finds no address of a name that nobody knows; the servers of this machine may not be there to be asked."""
    return f"timeout 2 ping -4 -c1 -W1 {name} 2>&1 | head -1"


__all__ = [
    "DOCKERFILES", "Look", "Place", "World", "attribute", "brought_up", "has", "kernel_lacks", "lacks", "looked_up", "looks",
    "matches", "remove_group", "unknown", "until",
]  # fmt: skip
