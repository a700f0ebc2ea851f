"""Values that were written to be taken for something else, on engines behind a command line: what comes back is what was said.

A container is made with each value and one with a harmless value; what the engine then says of the one is what it says of the
other, but for the value. Or it is refused by a coded error, and the engine holds what it held before. The members that are not
refused before the engine is asked are given to one container, for each is a process.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.apple.labels import KEPT, told
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogOptions
from tests.contract.conftest import BACKENDS, benches
from tests.contract.support import BOUND
from tests.live.conftest import IMAGE, Bench
from tests.unit.backends.command_line.hostile import TAME, put

pytestmark = pytest.mark.anyio
PROGRAMS = [row for row in BACKENDS if row.id in ("apple/container", "nerdctl", "lima")]
VALUES = [
    "-x", "--help", "--", "-", "=", "a=b", "a==", ",", "a,b", "a,readonly", "a:b", "a\nb", "\n", "a\r\nb", "a\n", "a ", " a", "a\tb", '"', '"a","b"',
    "'", "$(id)", "\\", "#", "#a", "é", "🙂", "a\u0338b", "\u0338", "a\u2028b", "{{.}}", "~", "*", "%s", "\x01",
]  # fmt: skip
Members = Callable[[str], dict[str, Any]]
MEMBERS: dict[str, Members] = {
    "name": lambda v: {"name": f"NAME{v}"},
    "image": lambda v: {"image": v},
    "env": lambda v: {"env": {"A": v, "B": f"b{v}", "C": "c"}},
    "env, by its name": lambda v: {"env": {v: "a", f"a{v}": "b"}},
    "cmd": lambda v: {"cmd": ["true", v, "-x", f"a{v}"]},
    "entrypoint": lambda v: {"entrypoint": ["true", v], "cmd": [v]},
    "labels": lambda v: {"labels": {"a": v, "b": f"b{v}"}},
    "labels, by their names": lambda v: {"labels": {v: "a", f"a{v}": "b"}},
    "user": lambda v: {"user": v},
    "workdir": lambda v: {"workdir": f"/{v}"},
    "volumes": lambda v: {"volumes": [{"type": "bind", "source": f"HOME/{v}", "target": f"/{v}"}]},
    "volumes, to be read": lambda v: {"volumes": [{"type": "bind", "source": f"HOME/a{v}", "target": f"/a{v}", "read_only": True}]},
    "volumes, named": lambda v: {"volumes": [{"type": "volume", "source": v, "target": "/n"}]},
    "volumes, unnamed": lambda v: {"volumes": [{"type": "volume", "target": f"/u{v}"}]},
    "volumes, in memory": lambda v: {"volumes": [{"type": "tmpfs", "target": f"/m{v}", "tmpfs": {"size": 4096}}]},
    "tmpfs": lambda v: {"tmpfs": {f"/t{v}": ""}},
    "tmpfs, its options": lambda v: {"tmpfs": {"/o": v}},
    "network": lambda v: {"network": v},
    "networks": lambda v: {"network": None, "networks": [v]},
    "aliases": lambda v: {"aliases": [v]},
    "hostname": lambda v: {"hostname": v},
    "restart": lambda v: {"restart": v},
    "healthcheck": lambda v: {"healthcheck": {"test": ["CMD", "true", v]}},
    "cap_add": lambda v: {"cap_add": [v]},
    "cap_drop": lambda v: {"cap_drop": [v]},
    "seccomp": lambda v: {"seccomp": v},
    "security_opt": lambda v: {"security_opt": [v]},
    "devices": lambda v: {"devices": [f"/dev/{v}"]},
    "extra_hosts": lambda v: {"extra_hosts": [f"{v}:10.0.0.1"]},
    "dns": lambda v: {"dns": [v]},
    "stop_signal": lambda v: {"stop_signal": v},
    "ulimits": lambda v: {"ulimits": {v: 5}},
    "sysctls": lambda v: {"sysctls": {"net.a": v}},
    "platform": lambda v: {"platform": v},
    "runtime": lambda v: {"runtime": v},
    "gpus": lambda v: {"gpus": [{"driver": v, "device_ids": [v], "capabilities": ["gpu", v]}]},
    "ports": lambda v: {"ports": [f"{v}:80"]},
}  # fmt: skip
WITHOUT_TEXT = {
    "rm", "read_only", "privileged", "no_new_privileges", "memory", "cpus", "pids_limit", "init", "stop_timeout", "shm_size", "pull_policy",
    "isolation_level", "verify",
}  # fmt: skip
"""Numbers, flags, one of few words, and what is looked at before an engine is asked."""


ALONE = ("image", "network", "networks", "platform", "runtime")
"""Members that an engine may refuse that has nothing of the name."""


@pytest.fixture(params=PROGRAMS)
async def own_bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async for found in benches(request, tmp_path):
        yield found


def test_no_member_is_forgotten() -> None:
    assert {name.partition(",")[0] for name in MEMBERS} | WITHOUT_TEXT == set(ContainerSpec.model_fields)


@dataclass
class Making:
    """Containers with a value in some members. home: below it are the sources of bind mounts."""

    bench: Bench
    home: Path

    def spec(self, names: Iterable[str], value: str) -> ContainerSpec:
        document: dict[str, Any] = {"image": IMAGE, "network": "none", "name": "NAME"}
        for name in names:
            document = merged(document, MEMBERS[name](value))
        text = json.dumps(document).replace("HOME/", f"{self.home}/").replace("NAME", self.bench.name())
        return validate(ContainerSpec, json.loads(text))

    async def taken(self, value: str) -> list[str]:
        """The members in which ``value`` is not refused before the engine is asked."""
        return [name for name in MEMBERS if await self._is_taken(name, value)]

    async def _is_taken(self, name: str, value: str) -> bool:
        try:
            await self.bench.backend.check_container(self.spec([name], value))
        except ContainerError as error:
            assert error.to_dict()["code"] and "\n" not in error.message.partition(": ")[0]
            return False
        return True

    async def held(self) -> list[set[str]]:
        """All that the engine holds, by name."""
        backend = self.bench.backend
        lists: list[Any] = [backend.list_containers(all=True), backend.list_networks(), backend.list_volumes()]
        return [{item.name for item in await rows} for rows in lists]

    async def said(self, names: Iterable[str], value: str) -> Any:
        """What the engine says of a container with ``value``. Raises the error by which it is refused."""
        backend, spec, before = self.bench.backend, self.spec(names, value), await self.held()
        try:
            handle = await backend.create_container(spec)
        except ContainerError:
            assert await self.held() == before, f"{value!r}: something is left of what was refused"
            raise
        try:
            info = await backend.inspect_container(handle.id)
            await self._comes_back(handle.id, spec)
        finally:
            await backend.remove_container(handle.id, force=True)
        after = await self.held()
        for name in after[2] - before[2]:
            await backend.remove_volume(name)
        assert after[:2] == before[:2]
        return apart(info.raw, handle.id, [mount.name for mount in info.mounts if mount.anonymous])

    async def _comes_back(self, ident: str, spec: ContainerSpec) -> None:
        """Where a container is to be created again from what is kept of it, that is all of it but volumes that nobody named."""
        try:
            kept = await self.bench.backend.container_spec(ident)
        except Unsupported:
            return
        for member in set(ContainerSpec.model_fields) - {"volumes"}:
            assert getattr(kept, member) == getattr(spec, member), member


def merged(one: Any, other: Any) -> Any:
    """Both; of what is neither a list nor an object the other."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{name: merged(one.get(name), value) for name, value in other.items()}}
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else other


_WHOLE = 64
"""Characters of an id that begins with a shorter one; an engine without ids has names."""


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Where two documents differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = sorted({*found, *wanted})
        return [row for name in names for row in differences(found.get(name), wanted.get(name), f"{where}.{name}")]
    return [] if found == wanted else [f"{where}: {found!r} and not {wanted!r}"]


def apart(document: Any, ident: str, volumes: list[str]) -> Any:
    """Without what differs between any two containers."""
    text = json.dumps(document)
    for word in (ident, *([ident[:12]] if len(ident) == _WHOLE else []), *volumes):
        text = text.replace(word, "ID")
    return _plain(json.loads(text))


def _plain(found: Any) -> Any:
    """As it is meant: the order of variables says nothing, a check is words for a shell, and labels may be encoded."""
    if isinstance(found, dict):
        known = {name: value for name, value in found.items() if name not in ("Created", "creationDate", "StartedAt", KEPT)}
        return {name: _MEANT.get(name, _plain)(value) for name, value in known.items()}
    if isinstance(found, str) and found.startswith(("[", "{")):  # A document within a label.
        with suppress(ValueError):
            return _plain(json.loads(found))
    return [_plain(item) for item in found] if isinstance(found, list) else found


_MEANT: dict[str, Callable[[Any], Any]] = {
    "Env": set,
    "environment": set,
    "Test": lambda found: [word for text in found for word in shlex.split(text)],
    "labels": told,
}


@pytest.fixture
def making(own_bench: Bench, tmp_path: Path) -> Making:
    return Making(own_bench, tmp_path)


async def test_what_comes_back_is_what_was_said(making: Making) -> None:
    tame: dict[tuple[str, ...], Any] = {}
    usual = set(await making.taken(TAME)).difference(ALONE)
    for value in VALUES:
        names = tuple(name for name in await making.taken(value) if name in usual)
        assert {"env", "cmd"} <= set(names) or "\u0338" in value, f"{value!r}: {names}"
        if names not in tame:
            tame[names] = await making.said(names, TAME)
        found = await making.said(names, value)
        assert differences(found, put(value, tame[names])) == [], f"{value!r}"


@pytest.mark.parametrize("member", ALONE)
async def test_what_is_not_there_leaves_nothing(making: Making, member: str) -> None:
    for value in ("-x", "a=b", "a,b", "a\nb", "é", "x" * 300):
        try:
            found = await making.said([member], value)
        except ContainerError as error:
            assert error.to_dict()["code"]
        else:
            assert differences(found, put(value, await making.said([member], TAME))) == [], f"{value!r}"


async def test_each_refusal_leaves_nothing(making: Making) -> None:
    """One value for each member, also where nothing before the engine refuses it."""
    for name in MEMBERS:
        with suppress(ContainerError):
            await making.said([name], "-x,a=b:c\n")


async def test_a_process_gets_what_was_said(making: Making) -> None:
    """Its words and its variables, and those of a command inside; each is told between brackets."""
    backend = making.bench.backend
    values = [*(value for value in VALUES if "\u0338" not in value and "\r" not in value), "x" * 9000]
    env = {f"V{number}": value for number, value in enumerate(values)}
    show = "".join(f'printf "[%s]" "$V{number}"; ' for number in range(len(values)))
    handle = await backend.run_container(
        making.bench.spec("sh", "-c", f'{show} printf "[%s]" "$@"; echo; sleep 600', "sh", *values, env=env, stop_timeout=0)
    )
    expected = "".join(f"[{value}]" for value in [*values, *values])
    with anyio.fail_after(BOUND):
        while (said := (await backend.container_logs(handle.id, LogOptions())).stdout).count("]") < expected.count("]"):
            await anyio.sleep(0.1)
    assert said.rstrip("\n") == expected.rstrip("\n")
    inside = await backend.exec_container(
        handle.id, ["sh", "-c", f'{show} printf "[%s]" "$@"', "sh", *values], ExecOptions(env=env)
    )
    assert (inside.exit_code, inside.stdout) == (0, expected)
