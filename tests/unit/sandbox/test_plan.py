"""What is made of what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.contract.sandbox_records import Level, Runtime, SandboxHost
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.image_info import ImageDetails
from perry_ffi.sandbox.labels import DEADLINE, OWNER, RUN
from perry_ffi.sandbox.plan import Plan, plan
from perry_ffi.sandbox.seccomp import Profile, strict

OWN = Profile("sha256:0", '{"defaultAction":"SCMP_ACT_ERRNO"}')


def planned(
    image: dict[str, Any] | None = None,
    *,
    level: Level = "container",
    machine: str = "amd64",
    chooses: bool = True,
    **members: Any,
) -> Plan:
    runtime = Runtime("r", level)
    details = ImageDetails(id="sha256:i", size=0, created="", **{"cmd": ["sh"], **(image or {})})
    return plan(
        validate(CapabilitySpec, {"image": "alpine", **members}), details, reference="alpine@sha256:d", digest="sha256:d",
        host=SandboxHost((runtime,), "r", chooses, machine), runtime=runtime, profile=OWN,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("image", "members", "wanted"),
    [
        ({"cmd": ["a", "b"]}, {}, ["a", "b"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {}, ["e", "a"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {"cmd": ["c"]}, ["e", "c"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {"cmd": []}, ["e"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {"entrypoint": ["x"]}, ["x"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {"entrypoint": ["x"], "cmd": ["c"]}, ["x", "c"]),
        ({"entrypoint": ["e"], "cmd": ["a"]}, {"entrypoint": [], "cmd": ["c"]}, ["c"]),
    ],
)
def test_the_whole_command(image: dict[str, Any], members: dict[str, Any], wanted: list[str]) -> None:
    assert list(planned(image, **members).sandbox.argv) == wanted


def test_a_run_without_a_command_is_refused() -> None:
    for image, members in (({"cmd": []}, {}), ({"entrypoint": ["e"]}, {"entrypoint": []}), ({"cmd": []}, {"cmd": [""]})):
        with pytest.raises(ValidationError):
            planned(image, **members)


def test_every_volume_of_the_image_is_covered() -> None:
    found = planned({"volumes": ["/data", "/also/", "relative", "/a/../b", "/tmp"]}).sandbox
    assert found.covers == ("/also", "/b", "/data", "/relative", "/tmp")
    assert planned({"volumes": ["/data"]}, input={"/data/x": ""}).sandbox.covers == ("/tmp",)
    assert planned({"volumes": ["/data"]}, volumes=["/here:/data:ro"]).sandbox.covers == ("/tmp",)
    with pytest.raises(Unsupported):
        planned({"volumes": ["/"]})


def test_names_do_not_collide_and_labels_tell_whose_it_is() -> None:
    made = [planned(name="job").sandbox for _ in range(100)]
    assert len({one.name for one in made}) == len({one.labels[RUN] for one in made}) == 100
    assert all(one.name.startswith("perry-cap-job-") for one in made)
    assert set(made[0].labels) == {RUN, DEADLINE, OWNER}


def test_nothing_that_may_be_secret_stands_in_the_labels_or_the_name() -> None:
    secret = "s3cretvalue"
    found = planned(env={"A": secret}, stdin=secret, input={"/in/a": secret}, cmd=[secret]).sandbox
    assert secret not in found.name and secret not in str(dict(found.labels))


@pytest.mark.parametrize(
    ("members", "name", "text"),
    [
        ({}, "strict", strict("amd64")),
        ({"seccomp": "default"}, "default", None),
        ({"seccomp": "/own.json"}, "sha256:0", OWN),
    ],
)
def test_its_profile(members: dict[str, Any], name: str, text: Profile | None) -> None:
    found = planned(**members)
    assert (found.seccomp, found.sandbox.seccomp) == (name, text.text if text else None)
    inside = planned(level="gvisor", **members)
    assert (inside.seccomp, inside.sandbox.seccomp) == ("none", None), "a kernel of its own knows no profiles"


def test_a_machine_without_a_strict_profile_is_refused() -> None:
    with pytest.raises(Unsupported) as refused:
        planned(machine="riscv64")
    assert refused.value.details["member"] == "CapabilitySpec.seccomp"
    assert planned(machine="riscv64", seccomp="default").seccomp == "default"


def test_root_asks_for_users_of_its_own() -> None:
    assert planned(user="0:0").maps_users and not planned(user="0:0", level="gvisor").maps_users
    assert planned(user="1:0").maps_users and not planned().maps_users


def test_networks_and_runtimes() -> None:
    assert planned().sandbox.network is None
    assert planned(network=True).sandbox.network == "" and planned(network="mine").sandbox.network == "mine"
    assert planned().sandbox.runtime == "r" and planned(chooses=False).sandbox.runtime is None
