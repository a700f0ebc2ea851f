"""Each member of a hardened run has its forms and its bounds, and none takes a protection away."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.base import decode, validate
from perry_ffi.model.capability import CapabilitySpec

DIGEST = "sha256:" + "a" * 64


def spec(**members: Any) -> CapabilitySpec:
    return validate(CapabilitySpec, {"image": "alpine", **members})


def test_what_is_not_said_is_tight() -> None:
    found = spec()
    assert (found.network, found.user, found.timeout, found.seccomp, found.isolation) == (
        "none", (65534, 65534), 30.0, "strict", "container",
    )  # fmt: skip
    assert (found.memory, found.cpus, found.pids, found.files) == (128 << 20, 1.0, 64, 256)
    assert (found.tmp, found.shm, found.max_output, found.workdir) == (64 << 20, 1 << 20, 1 << 20, "/tmp")
    assert found.verify is None and not found.is_root


def test_both_spellings_of_the_command() -> None:
    assert spec(cmd=["a"]).cmd == spec(command=["a"]).cmd == ["a"]
    with pytest.raises(ValidationError, match="not both"):
        spec(cmd=["a"], command=["a"])


TAKEN = [
    ("timeout", 0.1, 0.1), ("timeout", "1h", 3600.0), ("memory", "6m", 6 << 20), ("cpus", "0.01", 0.01), ("pids", 1, 1),
    ("pids", 4096, 4096), ("files", 16, 16), ("tmp", "64k", 65536), ("shm", "1g", 1 << 30), ("maxOutput", 1, 1),
    ("user", "1000", (1000, 1000)), ("user", 7, (7, 7)), ("user", "0:0", (0, 0)), ("network", True, ""),
    ("network", False, "none"), ("network", "none", "none"), ("network", "mine", "mine"), ("workdir", "/home/a/", "/home/a"),
    ("seccomp", "/p.json", "/p.json"), ("stdin", "a\0b", b"a\0b"), ("stdin", {"base64": "AP8="}, b"\0\xff"),
    ("input", {"/in/a": "x"}, {"/in/a": b"x"}), ("name", "job-1", "job-1"),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value", "wanted"), TAKEN, ids=[f"{m}-{v}"[:40] for m, v, _ in TAKEN])
def test_what_is_taken(member: str, value: Any, wanted: Any) -> None:
    name = {"maxOutput": "max_output"}.get(member, member)
    assert getattr(spec(**{member: value}), name) == wanted


REFUSED: list[tuple[str, Any]] = [
    ("timeout", 0), ("timeout", "99ms"), ("timeout", "61m"), ("timeout", -1), ("timeout", "soon"),
    ("memory", "5m"), ("memory", -1), ("memory", "2p"), ("memory", 0), ("cpus", 0), ("cpus", 0.001), ("cpus", 5000), ("cpus", -1),
    ("pids", 0), ("pids", -1), ("pids", 4097), ("files", 15), ("files", -1), ("files", 70000),
    ("tmp", 0), ("tmp", "1k"), ("shm", 0), ("maxOutput", 0), ("maxOutput", "65m"), ("maxOutput", -1),
    ("user", "root"), ("user", "nobody:nogroup"), ("user", "65536"), ("user", "1:70000"), ("user", "-1"), ("user", ""), ("user", True),
    ("user", "1:"), ("network", "host"), ("network", "container:abc"), ("network", "default"), ("network", ""),
    ("workdir", "/proc/self/fd/7"), ("workdir", "//proc/self/fd/7"), ("workdir", "/tmp/../proc/self/fd/7"), ("workdir", "/proc"),
    ("workdir", "/sys/fs"), ("workdir", "/dev/shm"), ("workdir", "relative"), ("workdir", "/./proc"), ("workdir", "/proc/"),
    ("seccomp", "unconfined"), ("seccomp", "relative.json"), ("seccomp", ""), ("isolation", "none"), ("isolation", "host"),
    ("volumes", ["/a:/b"]), ("volumes", ["/a:/b:rw"]), ("volumes", ["data:/b:ro"]), ("volumes", ["/b"]), ("volumes", ["/a:/proc:ro"]),
    ("volumes", ["/a:/etc:ro"]), ("volumes", ["/a:/tmp:ro"]), ("volumes", ["./a:/b:ro"]), ("volumes", ["/a/../..:/b:ro"]),
    ("volumes", ["/a:/b:ro,rshared"]), ("volumes", ["/a:/b:ro,z"]), ("volumes", [{"type": "tmpfs", "target": "/b"}]),
    ("volumes", [f"/a:/b{i}:ro" for i in range(33)]),
    ("input", {"/etc/passwd": "x"}), ("input", {"/tmp/x": "x"}), ("input", {"/x": "x"}), ("input", {"in/x": "x"}),
    ("input", {"/in/../etc/x": "x"}), ("input", {"/proc/1/x": "x"}), ("input", {"/in/a": "x", "/in/a/b": "x"}),
    ("input", {"/in/a": 3}), ("input", {"/in/a": {"base64": "!"}}), ("input", {"/in/a": {"text": "x"}}),
    ("input", {f"/in/{i}": "" for i in range(1025)}), ("stdin", 3), ("stdin", "x" * (16 * 2**20 + 1)), ("stdin", {"base64": "*"}),
    ("cmd", "sh -c x"), ("cmd", ["x" * 131072]), ("cmd", ["x"] * 5000), ("env", {"": "x"}), ("env", {"A": "x" * 131072}),
    ("name", "x" * 41), ("name", "../x"), ("encoding", "latin-1"), ("image", ""), ("image", "UPPER"),
    ("verify", {}), ("verify", {"digest": "x"}), ("verify", {"id": "abc"}), ("verify", {"digest": DIGEST, "keys": ["k"]}),
    ("verify", {"digest": DIGEST, "id": DIGEST}), ("verify", False), ("verify", "none"), ("verify", {"keys": []}),
    ("verify", {"digests": [DIGEST], "mode": "off"}),
    ("privileged", True), ("devices", ["/dev/kvm"]), ("cap_add", ["ALL"]), ("ports", ["80:80"]), ("rm", True), ("labels", {}),
    ("security_opt", ["seccomp=unconfined"]), ("pid", "host"), ("read_only", False), ("init", True),
]  # fmt: skip


@pytest.mark.parametrize(("member", "value"), REFUSED, ids=[f"{m}-{v}"[:40] for m, v in REFUSED])
def test_what_is_refused_by_its_member(member: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        spec(**{member: value})
    assert refused.value.details["path"].startswith(f"CapabilitySpec.{member}")


def test_an_input_and_a_mount_do_not_lie_in_each_other() -> None:
    for target in ("/in", "/in/sub", "/in/sub/deep"):
        with pytest.raises(ValidationError):
            spec(input={"/in/sub/a": "x"}, volumes=[f"/a:{target}:ro"])
    spec(input={"/in/a": "x"}, volumes=["/a:/other:ro"])


@pytest.mark.parametrize("pin", ["digest", "id"])
def test_a_pin_is_a_policy_of_one_digest(pin: str) -> None:
    verify = spec(verify={pin: DIGEST}).verify
    assert verify is not None and verify.policy().digests == [DIGEST] and getattr(verify, pin) == DIGEST
    own = spec(verify={"keys": ["cosign.pub"]}).verify
    assert own is not None and own.policy() is own and own.digest is None


def test_what_may_be_secret_is_shown_by_no_error() -> None:
    secret = "s3cretvalue"
    wrong: list[dict[str, Any]] = [
        {"env": {"A": secret + "\0"}}, {"env": {"A": [secret]}}, {"env": [secret]}, {"stdin": {"base64": secret + "!"}},
        {"stdin": {"text": secret}}, {"input": {"/in/a": {"base64": secret + "!"}}}, {"input": {"/in/a": [secret]}},
        {"input": {"/etc/x": secret}}, {"env": {"A": secret + "x" * 2**18}}, {"verify": {"keys": secret}},
        {"env": {"TOKEN": secret}, "timeout": -1},
    ]  # fmt: skip
    for members in wrong:
        with pytest.raises(ValidationError) as refused:
            decode(CapabilitySpec, json.dumps({"image": "alpine", **members}))
        assert secret not in str(refused.value) + json.dumps(refused.value.details), members
    assert secret not in repr(spec(env={"A": secret}, stdin=secret, input={"/in/a": secret}))


def test_input_in_all_is_bounded() -> None:
    packed = {"base64": base64.b64encode(bytes(9 << 20)).decode()}
    with pytest.raises(ValidationError, match="32 MiB"):
        spec(input={f"/in/{i}": packed for i in range(4)})
