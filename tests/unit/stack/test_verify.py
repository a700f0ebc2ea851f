from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Call
from perry_ffi.compose import Project
from perry_ffi.errors import NotFound, RegistryNotAvailable, Timeout, Unsupported, ValidationError, VerificationFailed
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack.images import pull
from perry_ffi.stack.one_off import run
from perry_ffi.trust.in_force import Asked
from tests.support.sigstore.signing import REPOSITORY, Signer
from tests.support.trusting import Registry, digest_of, policy, signed, trust, write_policy
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
GOOD = Signer()
PEM = GOOD.pem.decode()
IMAGE, DIGEST, EVIL = f"{REPOSITORY}:1.4", digest_of("a"), digest_of("evil")
POLICY = {"keys": [PEM]}


class Trusting(Rig):
    """An engine whose registry has ``IMAGE`` with a good signature; it is not in the engine."""

    def __init__(self, tmp_path: Path, *, floor: Any = None, **behave: Any) -> None:
        super().__init__(tmp_path, **behave)
        from dataclasses import replace

        self.registry = Registry({IMAGE: DIGEST}, {DIGEST: [signed(GOOD, DIGEST)]})
        self.folder = tmp_path
        self.context = replace(self.context, trust=trust(tmp_path, self.registry))
        self.publish(IMAGE, DIGEST)
        if floor is not None:
            write_policy(tmp_path, floor)

    def publish(self, reference: str, digest: str) -> None:
        """What the registry has under the name from now on."""
        name = f"{REPOSITORY}@{digest}"
        self.world.remote.update((reference, name))
        self.world.published.update({reference: name, name: name})

    def asks(self, **document: Any) -> None:
        from dataclasses import replace

        self.context = replace(self.context, asked=(Asked(policy(**document), "UpOptions.verify", self.folder),))

    def told(self) -> Any:
        return self.bus.subscribe()


def web(**members: Any) -> Project:
    return project({"web": {"image": IMAGE, **members}})


async def test_without_a_policy_nothing_is_loaded_asked_or_changed(tmp_path: Path) -> None:
    plain, trusting = Rig(tmp_path / "a"), Trusting(tmp_path / "b")
    for rig in (plain, trusting):
        await rig.up(project({"web": {}}))
        await rig.up(project({"web": {}}))
    assert [call.method for call in plain.backend.calls] == [call.method for call in trusting.backend.calls]
    assert trusting.registry.asked == [] and trusting.box("p-web-1").spec.image == "app"


def test_none_of_the_verifier_is_imported_for_a_plain_up() -> None:
    import subprocess

    program = (
        "import asyncio, sys, pathlib, tempfile\n"
        "from tests.unit.stack.rig import Rig, project\n"
        "from perry_ffi.trust.in_force import Trust\nfrom perry_ffi.settings import Settings\nfrom dataclasses import replace\n"
        "folder = pathlib.Path(tempfile.mkdtemp())\n"
        "rig = Rig(folder)\n"
        "settings = replace(Settings.from_environ({'HOME': str(folder)}), trust_policies=(folder / 'none.json',))\n"
        "rig.context = replace(rig.context, trust=Trust(lambda: settings))\n"
        "asyncio.run(rig.up(project({'web': {}})))\n"
        "found = sorted(name for name in sys.modules if name.startswith(('cryptography', 'perry_ffi.trust')))\n"
        "print(found)\n"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['perry_ffi.trust', 'perry_ffi.trust.in_force', 'perry_ffi.trust.machine']"


async def test_what_is_created_is_the_verified_digest_and_the_hash_keeps_the_spelling(tmp_path: Path) -> None:
    plain = Trusting(tmp_path / "a")
    await plain.up(web())
    rig = Trusting(tmp_path / "b")
    rig.asks(**POLICY)
    done = await rig.up(web())
    box = rig.box("p-web-1")
    assert box.spec.image == f"{IMAGE}@{DIGEST}"
    assert box.spec.labels["com.docker.compose.config-hash"] == plain.box("p-web-1").spec.labels["com.docker.compose.config-hash"]
    assert [step.action.name for step in done.steps][:2] == ["pull image", "verify image"]


async def test_a_tag_that_moves_between_verification_and_creation(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)

    async def moves(call: Call, moment: str) -> None:
        if call.method == "create_container" and moment == "before":
            rig.publish(IMAGE, EVIL)
            rig.world.digests[rig.world.make_image(IMAGE)] = [f"{REPOSITORY}@{EVIL}"]

    rig.backend.interrupt = moves
    await rig.up(web())
    box = rig.box("p-web-1")
    assert rig.world.digests[box.image_id] == [f"{REPOSITORY}@{DIGEST}"] and box.image_id != rig.world.images[IMAGE]


async def test_the_plan_shows_the_rule_and_the_digest(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={"rules": [{"images": ["registry.example.com/acme/**"], "keys": [PEM]}]})
    rule = "rule registry.example.com/acme/**"
    lines = [" ".join(line.split()) for line in (await rig.plan(web())).splitlines()]
    assert lines == [
        f"1 pull image {IMAGE} missing",
        f"2 verify image {IMAGE} {rule} after 1",
        "3 create network p_default missing",
        "4 create container p-web-1 missing after 1 2 3",
        "5 start container p-web-1 missing after 4",
    ]
    await rig.up(web())
    assert await rig.plan(web()) == f"1  verify image  {IMAGE}  {rule}, {DIGEST}\n"


async def test_services_that_run_unchanged_are_verified_too(tmp_path: Path) -> None:
    rig = Trusting(tmp_path)
    await rig.up(web())
    events = rig.told()
    rig.asks(**POLICY)
    before = len(rig.backend.writes)
    done = await rig.up(web())
    assert done.idle and len(rig.backend.writes) == before
    told = [record for record in await events.next() or () if record["kind"] == "verified"]
    assert told[0]["service"] == "web" and told[0]["verification"]["verified"]
    rig.asks(keys=[Signer().pem.decode()])
    with pytest.raises(VerificationFailed, match=r"services\.web\.image: .*not signed as the policy asks") as caught:
        await rig.up(web())
    assert caught.value.details["service"] == "web" and len(rig.backend.writes) == before


async def test_one_that_is_not_signed_stops_all_before_anything_is_created(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    other, wrong = f"{REPOSITORY}:2", digest_of("unsigned")
    rig.publish(other, wrong)
    rig.registry.tags[other] = wrong
    with pytest.raises(VerificationFailed) as caught:
        await rig.up(project({"web": {"image": IMAGE}, "db": {"image": other}}))
    assert caught.value.details["reason"] == "unsigned" and caught.value.details["service"] == "db"
    assert not rig.world.boxes and "p_default" not in rig.world.networks


async def test_images_are_verified_side_by_side(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    services = {}
    for number in range(5):
        digest = digest_of(str(number))
        rig.publish(f"{REPOSITORY}:{number}", digest)
        rig.registry.found[digest] = [signed(GOOD, digest)]
        services[f"s{number}"] = {"image": f"{REPOSITORY}:{number}"}
    together, most = 0, 0

    async def slow(digest: str) -> None:
        nonlocal together, most
        together += 1
        most = max(most, together)
        await anyio.sleep(0.02)
        together -= 1

    rig.registry.before = slow
    await rig.up(project(services))
    assert most > 1


async def test_an_image_that_no_rule_is_for_is_refused_before_anything_is_pulled(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={"rules": [{"images": ["localhost/**"], "keys": [PEM]}]})
    with pytest.raises(VerificationFailed, match=r"services\.web\.image: .*no rule of the policy is for") as caught:
        await rig.up(web())
    assert caught.value.details["reason"] == "unmatched" and not rig.backend.writes


async def test_what_a_file_asks_for_is_required_in_addition(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    stranger = {"keys": [Signer().pem.decode()]}
    for wanted in (web(**{"x-perry-verify": stranger}), project({"web": {"image": IMAGE}}, **{"x-perry-verify": stranger})):
        with pytest.raises(VerificationFailed) as caught:
            await rig.up(wanted)
        assert caught.value.details["policy"].endswith("x-perry-verify")
    loose = {"rules": [], "unmatched": "accept"}
    rig = Trusting(tmp_path / "b", floor=POLICY)
    rig.registry.found.clear()
    with pytest.raises(VerificationFailed):
        await rig.up(web(**{"x-perry-verify": loose}))


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"key": ["x"]}, "services.web.x-perry-verify.key"),
        ("cosign.pub", "services.web.x-perry-verify"),
        ({"keys": ["gone.pub"]}, "verify.keys[0]"),
    ],
)
async def test_a_bad_policy_in_a_file_stops_everything(tmp_path: Path, document: Any, path: str) -> None:
    rig = Trusting(tmp_path)
    with pytest.raises(ValidationError) as caught:
        await rig.up(web(**{"x-perry-verify": document}))
    assert caught.value.details["path"] == path and not rig.backend.writes


async def test_nerdctls_members_are_read_as_a_rule(tmp_path: Path) -> None:
    rig = Trusting(tmp_path)
    (tmp_path / "good.pub").write_bytes(GOOD.pem)
    (tmp_path / "other.pub").write_bytes(Signer().pem)
    signed_by = {"x-nerdctl-verify": "cosign", "x-nerdctl-cosign-public-key": str(tmp_path / "other.pub")}
    with pytest.raises(VerificationFailed):
        await rig.up(web(**signed_by))
    await rig.up(web(**{**signed_by, "x-nerdctl-cosign-public-key": str(tmp_path / "good.pub")}))
    assert rig.box("p-web-1").spec.image.endswith(DIGEST)
    await rig.up(web(**{"x-nerdctl-verify": "none"}))
    with pytest.raises(ValidationError, match="cosign or none"):
        await rig.up(web(**{"x-nerdctl-verify": "notation"}))
    with pytest.raises(ValidationError, match="trusted root"):
        await rig.up(
            web(**{"x-nerdctl-verify": "cosign", "x-nerdctl-cosign-certificate-identity": "a@b",
                   "x-nerdctl-cosign-certificate-oidc-issuer-regexp": "https://.*b"})
        )  # fmt: skip


async def test_what_the_project_builds_needs_no_signature_unless_that_is_asked_for(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    wanted = project({"web": {"build": "."}, "also": {"image": "p-web"}})
    await rig.up(wanted)
    assert rig.box("p-web-1").spec.image == "p-web" and rig.registry.asked == []
    strict = Trusting(tmp_path / "b", floor={**POLICY, "builds": "reject"})
    with pytest.raises(VerificationFailed) as caught:
        await strict.up(wanted)
    assert caught.value.details["reason"] == "noDigest" and not strict.world.boxes


async def test_the_image_of_a_hook_is_verified_as_well(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={"rules": [{"images": [f"{REPOSITORY}"], "keys": [PEM]}], "unmatched": "accept"})
    other = f"{REPOSITORY}:hook"
    rig.world.digests[rig.world.make_image(other)] = [f"{REPOSITORY}@{EVIL}"]
    wanted = project({"web": {"pre_start": [{"command": ["true"], "image": other}]}})
    with pytest.raises(VerificationFailed) as caught:
        await rig.up(wanted)
    assert caught.value.details["digest"] == EVIL
    rig.registry.found[EVIL] = [signed(GOOD, EVIL)]
    with anyio.move_on_after(0.5):  # Its container runs on.
        await rig.up(wanted, rollback=False)
    assert f"{other}@{EVIL}" in [box.spec.image for box in rig.world.boxes.values()]


async def test_an_image_that_is_mounted_is_verified_as_well(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={"rules": [{"images": [f"{REPOSITORY}"], "keys": [PEM]}], "unmatched": "accept"})
    data = f"{REPOSITORY}:data"
    rig.world.digests[rig.world.make_image(data)] = [f"{REPOSITORY}@{EVIL}"]
    wanted = project({"web": {"volumes": [{"type": "image", "source": data, "target": "/data"}]}})
    with pytest.raises(VerificationFailed) as caught:
        await rig.up(wanted)
    assert caught.value.details["digest"] == EVIL and not rig.world.boxes
    rig.registry.found[EVIL] = [signed(GOOD, EVIL)]
    await rig.up(wanted)
    assert [row.source for row in rig.box("p-web-1").spec.volumes] == [f"{data}@{EVIL}"]
    absent = Trusting(tmp_path / "b", floor=POLICY)
    await absent.up(web())
    with pytest.raises(Unsupported, match="has to be verified, and was not"):
        await absent.up(web(volumes=[{"type": "image", "source": data, "target": "/data"}]))


async def test_a_registry_that_cannot_be_asked_is_no_verdict(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    rig.registry.down = RegistryNotAvailable("it does not answer", host="registry.example.com")
    with pytest.raises(RegistryNotAvailable, match=r"services\.web\.image") as caught:
        await rig.up(web())
    assert caught.value.details["host"] == "registry.example.com" and not rig.world.boxes


async def test_a_warning_is_told_and_the_digest_is_pinned_all_the_same(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={**POLICY, "mode": "warn"})
    rig.registry.found.clear()
    events = rig.told()
    await rig.up(web())
    warned = [record for record in await events.next() or () if record["kind"] == "warning"]
    assert warned[0]["code"] == "unverified" and "no signature" in warned[0]["message"]
    assert rig.box("p-web-1").spec.image == f"{IMAGE}@{DIGEST}"


async def test_a_one_off_and_a_pull_are_verified(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    report = await pull(rig.context, web(), None, False)
    assert report.images == [IMAGE] and rig.world.find_image(f"{REPOSITORY}@{DIGEST}") == rig.world.images[IMAGE]
    created: list[str] = []

    async def watch(call: Call, moment: str) -> None:
        if call.method == "create_container" and moment == "after":
            created.extend(box.spec.image for box in rig.world.boxes.values())

    rig.backend.interrupt = watch
    with pytest.raises(Timeout):
        await run(rig.context, web(), "web", RunOptions(timeout=0.05, rm=True))
    assert set(created) == {f"{IMAGE}@{DIGEST}"}


async def test_a_pull_of_what_is_not_signed_pulls_nothing(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor={"keys": [Signer().pem.decode()]})
    report = await pull(rig.context, web(), None, True)
    assert report.images == [] and "not signed" in report.errors[0] and not rig.backend.writes
    with pytest.raises(VerificationFailed, match=r"services\.web\.image"):
        await pull(rig.context, web(), None, False)


async def test_a_context_without_verification_never_ignores_what_is_asked_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    with pytest.raises(Unsupported):
        await rig.up(project({"web": {"x-perry-verify": POLICY}}))


async def test_an_image_that_is_not_there_and_may_not_be_fetched(tmp_path: Path) -> None:
    rig = Trusting(tmp_path, floor=POLICY)
    with pytest.raises(NotFound, match="pull policy is never"):
        await rig.up(web(pull_policy="never"))
    assert rig.registry.asked == []
