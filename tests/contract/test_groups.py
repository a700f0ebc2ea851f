"""The optional groups: what a backend declares is what it does, and what it lacks is refused by name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest

from perry_ffi.backends.contract.absent import ABSENCES, CoreBackend, with_absences
from perry_ffi.backends.contract.base import Backend, Core
from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.contract.interaction import CommitOptions, Terms
from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.contract.sandbox_records import SandboxSpec
from perry_ffi.backends.fake.lifecycle import FakeLifecycle
from perry_ffi.errors import Unsupported
from perry_ffi.model.container import ExecOptions
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.image import BuildSpec, PushOptions
from tests.contract.memory import world
from tests.contract.scratch import ScratchBackend
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio

SANDBOX = SandboxSpec(
    name="x", image=IMAGE, argv=("true",), env={}, workdir="/tmp", user=(1, 1), network=None, seconds=1, memory=1 << 24, cpus=1,
    pids=1, files=16, tmp=1 << 20, shm=1 << 20, covers=("/tmp",), inputs=(), binds=(), stdin=False, seccomp=None, runtime=None,
    level="container", labels={},
)  # fmt: skip


async def nothing() -> AsyncIterator[bytes]:
    """A tar file of no bytes."""
    for piece in ():
        yield piece


Calls = Callable[[Backend, str], Iterable[Awaitable[Any]]]
REFUSED: dict[str, Calls] = {
    "op.rename": lambda b, ident: [b.rename_container(ident, "other")],
    "op.pause": lambda b, ident: [b.pause_container(ident), b.unpause_container(ident)],
    "op.stats": lambda b, ident: [b.container_stats(ident)],
    "op.top": lambda b, ident: [b.container_processes(ident)],
    "op.health_probes": lambda b, ident: [b.probe_health(ident)],
    "op.network_attach": lambda b, ident: [
        b.connect_network("n", ident, EndpointSpec()),
        b.disconnect_network("n", ident),
        b.keep_place("n", ident),
        b.take_place_again(Kept("n", ident, {})),
    ],
    "op.network_remake": lambda b, ident: [b.keep_network("n"), b.make_network_again(Kept("n", "n", {}))],
    "op.archive": lambda b, ident: [b.put_archive(ident, "/", b""), b.get_archive(ident, "/")],
    "op.tag": lambda b, ident: [b.tag_image(IMAGE, "other")],
    "op.build": lambda b, ident: [b.build_image(BuildSpec(context="."), "other")],
    "op.push": lambda b, ident: [b.push_image(IMAGE, PushOptions())],
    "op.commit": lambda b, ident: [b.commit_container(ident, None, CommitOptions())],
    "op.export": lambda b, ident: [b.export_container(ident)],
    "op.sandbox": lambda b, ident: [
        b.sandbox_host(),
        b.create_sandbox(SANDBOX),
        b.see_sandbox(ident),
        b.attach_sandbox(ident, stdin=False),
        b.kill_sandbox(ident),
    ],
    # What is emulated, as far as it is.
    "op.interactive": lambda b, ident: [
        b.talk_to_command(ident, ["true"], ExecOptions(), Terms(terminal=True)),
        b.exec_detached(ident, ["true"], ExecOptions()),
    ],
    "op.copy": lambda b, ident: [b.copy_into(ident, "/", nothing(), own=True)],
    "op.kill": lambda b, ident: [b.kill_container(ident, "SIGHUP")],
    "op.attach": lambda b, ident: [b.attach_container(ident, stdin=True)],
    "op.exec_stream": lambda b, ident: [b.exec_stream(ident, ["true"], ExecOptions(), stdin=True)],
}


def test_every_group_has_a_row() -> None:
    groups = {one for one in Backend.__mro__ if one not in Core.__mro__ and one is not Backend}
    assert {absence.group for absence in ABSENCES} == groups
    assert len({absence.name for absence in ABSENCES}) == len(ABSENCES)
    refused = {absence.name for absence in ABSENCES if absence.support is Support.UNSUPPORTED}
    assert refused <= set(REFUSED) and all(absence.reason for absence in ABSENCES)


def test_a_backend_of_the_core_is_whole() -> None:
    """Nothing but the core is asked of it."""
    assert CoreBackend.__abstractmethods__ == Core.__abstractmethods__
    assert ScratchBackend.__abstractmethods__ == frozenset()


def test_a_group_that_a_backend_brings_is_its_own() -> None:
    class Some(FakeLifecycle, ScratchBackend):
        capabilities = Capabilities({"op.pause": Capability(Support.PARTIAL, "only on fridays")})

    found = Some(world()).capabilities
    assert found.of("op.rename").support is Support.NATIVE and found.of("op.kill").support is Support.NATIVE
    assert found.of("op.pause") == Capability(Support.PARTIAL, "only on fridays")
    assert found.of("op.archive").support is Support.UNSUPPORTED
    later = with_absences(Some, Capabilities({"ContainerSpec.gpus": Capability(Support.UNSUPPORTED, "none")}))
    assert later.of("op.archive").support is Support.UNSUPPORTED and later.of("ContainerSpec.gpus").reason == "none"


async def test_what_is_declared_is_what_is_there(bench: Bench) -> None:
    absent = {one.name for one in ABSENCES if isinstance(bench.backend, CoreBackend) and one.is_in(type(bench.backend))}
    declared = {one.name for one in ABSENCES if bench.backend.capabilities.of(one.name).support is not Support.NATIVE}
    assert declared == absent


async def test_what_is_lacking_is_refused_by_name(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    before = await bench.backend.list_containers(all=True)
    for absence in ABSENCES:
        calls = REFUSED.get(absence.name)
        if calls is None or not (isinstance(bench.backend, CoreBackend) and absence.is_in(type(bench.backend))):
            continue
        for call in calls(bench.backend, handle.id):
            with pytest.raises(Unsupported) as caught:
                await call
            found = caught.value.to_dict()
            assert (found["member"], found["backend"]) == (absence.name, bench.backend.name)
            assert (found["reason"], found.get("remedy")) == (absence.reason, absence.remedy)
    assert await bench.backend.list_containers(all=True) == before
