"""The runner as an operation: what is refused before the engine is asked, and what verification has to say first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.capability_result import CapabilityResult
from perry_ffi.service import capability, trust
from perry_ffi.service.client import Client
from perry_ffi.trust.admit import Admitted
from tests.support.in_machine import InMachine, told_unshared

pytestmark = pytest.mark.anyio
OTHER = "sha256:" + "0" * 64


class Bench:
    """A client of the engine in memory."""

    def __init__(self) -> None:
        world = World(lambda box: Behaviour(exit_code=0, stdout="said\n"))
        self.id = world.make_image("i:1")
        self.backend = FakeBackend(world)
        self.client = Client({})
        self.client._active = self.backend
        self.digest = self.id

    async def admit(self, client: Client, spec: CapabilitySpec) -> Admitted:
        return Admitted(spec.image, "i:1", self.digest)

    async def run(self, **members: Any) -> CapabilityResult:
        spec = validate(CapabilitySpec, {"image": "i:1", "cmd": ["x"], **members})
        return await capability.run(self.client, spec, admission=self.admit)


async def test_it_runs_what_was_admitted() -> None:
    bench = Bench()
    result = await bench.run()
    assert (result.stdout, result.exit_code, result.image, result.digest) == ("said\n", 0, "i:1", bench.id)
    assert not bench.backend.world.boxes


async def test_a_folder_that_the_engine_s_machine_may_not_have_is_told(tmp_path: Path) -> None:
    bench = Bench()
    bench.client._active = InMachine(bench.backend.world)
    listener = bench.client.event_bus.subscribe()
    await bench.run(volumes=[f"{tmp_path}:/b:ro"])
    assert await told_unshared(listener) == [("CapabilitySpec.volumes", f"CapabilitySpec.volumes: {tmp_path} may be empty there")]


async def test_one_whose_only_tag_moved_on_is_run_by_its_id() -> None:
    bench = Bench()

    async def moved(client: Client, spec: CapabilitySpec) -> Admitted:
        bench.backend.world.make_image("i:1")
        return Admitted(spec.image, f"i@{bench.id}", bench.id, ident=bench.id)

    result = await capability.run(bench.client, validate(CapabilitySpec, {"image": "i:1", "cmd": ["x"]}), admission=moved)
    assert (result.stdout, result.image, result.digest) == ("said\n", bench.id, bench.id)

    async def gone(client: Client, spec: CapabilitySpec) -> Admitted:
        return Admitted(spec.image, f"i@{bench.id}", bench.id)

    with pytest.raises(NotFound):
        await capability.run(bench.client, validate(CapabilitySpec, {"image": "i:1", "cmd": ["x"]}), admission=gone)


@pytest.mark.parametrize(
    "members",
    [{"user": "0:0"}, {"workdir": "/proc/self/fd/7"}, {"volumes": ["/a:/b"]}, {"timeout": "x"}, {"timeout": "2h"},
     {"seccomp": "/no/such/profile"}, {"volumes": ["/dev/null:/b:ro"]}, {"volumes": ["/run:/b:ro"]}, {"volumes": ["/proc/1:/b:ro"]}],
)  # fmt: skip
async def test_what_is_refused_before_the_engine_is_asked(members: dict[str, Any]) -> None:
    bench = Bench()
    with pytest.raises((ValidationError, Unsupported, NotFound)):
        await bench.run(**members)
    assert bench.backend.calls == []


async def test_profiles_that_are_none(tmp_path: Path) -> None:
    bench = Bench()
    for text in ("", "[]", "{}", '{"defaultAction":"SCMP_ACT_ALLOW"}', '{"defaultAction":"SCMP_ACT_LOG"}', "x" * (1 << 21)):
        (tmp_path / "p").write_text(text)
        with pytest.raises(ValidationError) as refused:
            await bench.run(seccomp=str(tmp_path / "p"))
        assert refused.value.details["path"] == "CapabilitySpec.seccomp"
    (tmp_path / "p").write_text(json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": []}))
    assert (await bench.run(seccomp=str(tmp_path / "p"))).isolation.seccomp.startswith("sha256:")
    assert bench.backend.calls


async def test_nothing_is_created_that_was_not_admitted() -> None:
    bench = Bench()

    async def refuse(client: Client, spec: CapabilitySpec) -> Admitted:
        raise VerificationFailed("no", reason="noPolicy")

    with pytest.raises(VerificationFailed):
        await capability.run(bench.client, validate(CapabilitySpec, {"image": "i:1", "cmd": ["x"]}), admission=refuse)
    assert not bench.backend.writes


async def test_pins_and_digests_are_those_of_the_image_in_the_engine() -> None:
    bench = Bench()
    bench.digest = ""
    with pytest.raises(VerificationFailed):
        await bench.run()
    bench.digest = OTHER
    with pytest.raises(VerificationFailed) as refused:
        await bench.run()
    assert refused.value.details["found"] == [bench.id]
    bench.digest = bench.id
    with pytest.raises(VerificationFailed):
        await bench.run(verify={"id": OTHER})
    with pytest.raises(VerificationFailed):
        await bench.run(verify={"digest": OTHER})
    assert not bench.backend.writes


async def test_a_policy_is_obligatory_and_pins_are_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    async def admit(client: Client, reference: str, verify: Any, **options: Any) -> Admitted:
        asked.append((reference, verify and verify.digests, options["obligatory"]))
        raise VerificationFailed("no", reason="noPolicy")

    monkeypatch.setattr(trust, "admit", admit)
    bench = Bench()
    for verify in (None, {"digest": OTHER}, {"id": OTHER}, {"digests": [OTHER], "mode": "warn"}):
        members = {} if verify is None else {"verify": verify}
        with pytest.raises(ContainerError):
            await capability.run(bench.client, validate(CapabilitySpec, {"image": "i:1", **members}))
    assert asked == [("i:1", None, True), ("i:1", [OTHER], True), ("i:1", [OTHER], True), ("i:1", [OTHER], True)]
