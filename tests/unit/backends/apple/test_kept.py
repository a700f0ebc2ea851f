"""What a container was created from, through a label and back."""

from __future__ import annotations

import base64
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.apple import kept
from perry_ffi.backends.apple.labels import encoded
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec

WHOLE = {
    "image": "alpine:3", "name": "a-name", "cmd": ["sh", "-c", "echo 'x=1'"], "env": {"A": "1=2", "B": "\n"},
    "labels": {"l": "=", "": "x"}, "ports": ["127.0.0.1:80:80/udp"], "volumes": ["/host:/in:ro", "vol:/v", "/anonymous"],
    "healthcheck": {"test": "true", "interval": "5s", "retries": 3}, "restart": "on-failure:2", "ulimits": {"nofile": 10},
    "networks": {"front": {"aliases": ["a"], "mac_address": "02:42:ac:11:00:02"}}, "tmpfs": {"/run": "size=64m"},
    "memory": "1g", "cpus": 1.5, "devices": ["/dev/a"], "gpus": "all", "stop_signal": "SIGINT", "stop_timeout": "3s",
}  # fmt: skip


@pytest.mark.parametrize("model", [ContainerSpec, ServiceSpec])
def test_every_member_comes_back(model: type[ContainerSpec]) -> None:
    spec = validate(model, WHOLE)
    found = kept.read(kept.written(spec), {**spec.env, "PATH": "/bin"})
    assert type(found) is model and found == spec and found.volumes == spec.volumes


def test_of_variables_the_names_are_kept() -> None:
    """Whoever reads the label, or the words that make it, reads no value of them."""
    label = kept.written(validate(ContainerSpec, {"image": "a", "env": {"TOKEN": "s3cret", "B": ""}}))
    assert label is not None and b"s3cret" not in zlib.decompress(base64.urlsafe_b64decode(label + "=" * (-len(label) % 4)))
    found = kept.read(label)
    assert found is not None and found.env == {"TOKEN": "", "B": ""}
    found = kept.read(label, {"TOKEN": "s3cret"})
    assert found is not None and found.env == {"TOKEN": "s3cret"}


def test_the_label_needs_no_encoding() -> None:
    label = kept.written(validate(ContainerSpec, WHOLE))
    assert label is not None and encoded(label) == label


def test_what_is_too_long_is_not_kept() -> None:
    words = [base64.b64encode(zlib.compress(str(n).encode() * 9)).decode() + str(n * 7919) for n in range(9000)]
    assert kept.written(validate(ContainerSpec, {"image": "a", "cmd": words})) is None


def packed(document: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(document).encode())).decode().rstrip("=")


@pytest.mark.parametrize(
    "label",
    [
        None, "", "x", "%%%", packed([]), packed(1), packed({}), packed({"(model)": "Popen"}), packed({"(model)": ["a"]}),
        packed({"(model)": "ContainerSpec"}), packed({"(model)": "ContainerSpec", "image": {"(kind)": "Path"}}),
        packed({"(model)": "ContainerSpec", "image": {"(kind)": "Mount", "no": 1}}), packed({"(model)": "ContainerSpec", "x": 1}),
        packed({"(model)": "ContainerSpec", "image": {"(kind)": []}}),
    ],
)  # fmt: skip
def test_a_label_that_says_nothing(label: str | None) -> None:
    assert kept.read(label) is None


@given(st.text(max_size=40))
def test_any_text_is_read_or_says_nothing(text: str) -> None:
    kept.read(text)


def test_a_label_that_grows_without_end() -> None:
    assert kept.read(base64.urlsafe_b64encode(zlib.compress(b" " * (64 << 20))).decode()) is None
