"""From JSON text to a model: places, secrets, unknown members."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.model.base import decode, encode
from perry_ffi.model.container import (
    ContainerHandle,
    ContainerSpec,
    ExecOptions,
    ExecResult,
    LogOptions,
    StopOptions,
    WaitOptions,
)
from perry_ffi.model.image import BuildSpec, PullOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.stack import CleanupOptions
from perry_ffi.model.volume import VolumeSpec


def spec(**members: Any) -> ContainerSpec:
    return decode(ContainerSpec, json.dumps({"image": "bb", **members}))


def error(**members: Any) -> ContainerError:
    with pytest.raises(ValidationError) as caught:
        spec(**members)
    return caught.value


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"ports": ["8080:80", "80a"]}, "ContainerSpec.ports[1]"),
        ({"ports": [{"target": 0}]}, "ContainerSpec.ports[0].target"),
        ({"ports": 80}, "ContainerSpec.ports"),
        ({"volumes": [{"type": "bind", "source": "/a", "target": "b"}]}, "ContainerSpec.volumes[0].target"),
        (
            {"volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": "x"}}]},
            "ContainerSpec.volumes[0].tmpfs.size",
        ),
        ({"env": {"A": []}}, "ContainerSpec.env.A"),
        ({"env": ["A=1", "B"]}, "ContainerSpec.env[1]"),
        ({"rm": "yes"}, "ContainerSpec.rm"),
        ({"cmd": "sh -c true"}, "ContainerSpec.cmd"),
        ({"cmd": ["a", 1]}, "ContainerSpec.cmd[1]"),
        ({"healthcheck": {"test": ["WHAT"]}}, "ContainerSpec.healthcheck.test"),
        ({"healthcheck": {"interval": "1 day"}}, "ContainerSpec.healthcheck.interval"),
        ({"networks": {"n1": {"ipv4_address": "1.2"}}}, "ContainerSpec.networks.n1.ipv4_address"),
        ({"networks": {"n1": {"nope": 1}}}, "ContainerSpec.networks.n1"),
        ({"prots": []}, "ContainerSpec.prots"),
        ({"ulimits": {"nofile": {"soft": 5, "hard": 4}}}, "ContainerSpec.ulimits.nofile"),
        ({"gpus": [{"count": 1, "device_ids": ["0"]}]}, "ContainerSpec.gpus[0]"),
        ({"isolation_level": "best"}, "ContainerSpec.isolation_level"),
        ({"pull_policy": "daily"}, "ContainerSpec.pull_policy"),
        ({"rm": True, "restart": "always"}, "ContainerSpec.rm"),
        ({"network": "host", "networks": ["n1"]}, "ContainerSpec.network"),
        ({"aliases": ["a"]}, "ContainerSpec.aliases"),
        ({"aliases": ["a"], "network": "host"}, "ContainerSpec.aliases"),
    ],
)
def test_an_error_begins_with_its_place(members: dict[str, Any], path: str) -> None:
    caught = error(**members)
    assert caught.message.startswith(f"{path}: expected ")
    assert caught.details["path"] == path
    assert caught.details["expected"]


def test_an_image_is_required() -> None:
    for text in ("{}", '{"image":null}'):
        with pytest.raises(ValidationError, match=r"^ContainerSpec\.image: "):
            decode(ContainerSpec, text)


@pytest.mark.parametrize("text", [None, "", "null", "undefined"])
def test_absent_options_are_defaults_and_an_absent_spec_is_an_error(text: str | None) -> None:
    assert decode(CleanupOptions, text) == CleanupOptions(volumes=False, networks=True)
    with pytest.raises(ValidationError, match=r"^ContainerSpec: "):
        decode(ContainerSpec, text)


def test_a_misspelt_member_gets_a_suggestion_and_several_errors_are_counted() -> None:
    caught = error(prots=[], rm=1)
    assert "(and 1 more)" in caught.message
    assert "'ports'" in str(caught.details)


def test_null_members_are_absent_ones() -> None:
    assert spec(ports=None, env=None, rm=None, name=None) == spec()


SECRET = "s3cr3t-value"


@pytest.mark.parametrize(
    "members",
    [
        {"env": [SECRET]},
        {"env": {"A": [SECRET]}},
        {"env": {"A": {"b": SECRET}}},
        {"env": ["A=x", f"={SECRET}"]},
        {"labels": {"A": [SECRET]}},
        {"cmd": SECRET},
        {"entrypoint": {"a": SECRET}},
        {"rm": SECRET},
        {"user": [SECRET]},
    ],
)
def test_what_may_be_secret_is_never_shown(members: dict[str, Any]) -> None:
    assert SECRET not in json.dumps(error(**members).to_dict())


def test_registry_passwords_are_never_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        decode(PullOptions, json.dumps({"password": [SECRET]}))
    assert SECRET not in json.dumps(caught.value.to_dict())


@pytest.mark.parametrize(("text", "seconds"), [("5", 5.0), ('{"timeout":2.5}', 2.5), ('{"timeout":"1m"}', 60.0), ("", None)])
def test_a_timeout_is_a_bare_number_or_a_member(text: str, seconds: float | None) -> None:
    assert decode(StopOptions, text).timeout == seconds
    assert decode(WaitOptions, text).timeout == seconds


@pytest.mark.parametrize("text", ["true", '"5"', '{"timeout":-1}', '{"timeout":true}', "[]"])
def test_other_timeouts_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        decode(StopOptions, text)


def test_stdin_is_data_and_other_members_are_text() -> None:
    assert decode(ExecOptions, '{"stdin":"a\\u0000b"}').stdin == "a\0b"
    with pytest.raises(ValidationError):
        decode(ExecOptions, '{"workdir":"/a\\u0000b"}')


@pytest.mark.parametrize(("text", "tail"), [("{}", None), ('{"tail":-1}', -1), ('{"tail":"all"}', -1), ('{"tail":5}', 5)])
def test_log_tail(text: str, tail: int | None) -> None:
    assert decode(LogOptions, text).tail == tail


def test_models_encode_by_public_names_without_absent_members() -> None:
    assert encode(ExecResult(stdout="a", stderr="", exit_code=3)) == '{"stdout":"a","stderr":"","exitCode":3}'
    assert encode([ContainerHandle(id="1")]) == '[{"id":"1"}]'
    assert encode(spec(ports=["80:80"])).startswith('{"image":"bb","ports":[{"target":80')


MODELS = [ContainerSpec, BuildSpec, NetworkSpec, VolumeSpec, ExecOptions, LogOptions, PullOptions, StopOptions]


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_any_json_gives_a_model_or_a_validation_error(model: Any, data: st.DataObject) -> None:
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    value = st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    )
    members = st.sampled_from(sorted(model.model_fields))
    document = data.draw(st.dictionaries(members, value, max_size=4))
    if "image" in model.model_fields:
        document["image"] = "bb"
    try:
        decode(model, json.dumps(document))
    except ValidationError as caught:
        assert caught.message.startswith(model.__name__)
