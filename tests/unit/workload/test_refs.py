"""What references become: names at once, the rest when it is known."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed
from perry_ffi.model.workload_values import Ref
from perry_ffi.workload import refs
from perry_ffi.workload.graph import Graph
from tests.support.workloads import checked, ref

TARGET = {"db": {"ports": ["127.0.0.1::5432"]}}


def graph(value: Any, **target: Any) -> Graph:
    return checked({"db": {"ports": ["127.0.0.1::5432"], **target}, "api": {"env": {"V": value}}})


def text(value: Any, known: dict[Ref, str] | None = None, **target: Any) -> str:
    found = graph(value, **target)
    return refs.resolved(found, found.nodes["api"].spec.env["V"], known or {})


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (ref("db", "host"), "db"),
        (ref("db", "endpoint"), "db:5432"),
        (ref("db", "endpoint", port=5432), "db:5432"),
        (ref("db", "endpoint", port="53/udp"), "db:53"),
        (ref("db", "internalUrl"), "http://db:5432"),
        (ref("db", "internal_url", port="8080", scheme="https"), "https://db:8080"),
        ({"concat": ["postgres://app@", ref("db", "endpoint"), "/", 7]}, "postgres://app@db:5432/7"),
        ({"concat": ["a", True]}, "atrue"),
        ("plain", "plain"),
    ],
)
def test_what_is_known_when_planned(value: Any, wanted: str) -> None:
    assert text(value) == wanted
    found = graph(value)
    assert refs.static(found, found.nodes["api"].spec.env["V"]) == wanted
    assert refs.late(found, found.nodes["api"]) == ()


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (ref("db", "ip"), Ref("db", "ip")),
        (ref("db", "hostEndpoint"), Ref("db", "hostEndpoint", "5432")),
        (ref("db", "host_url", scheme="https"), Ref("db", "hostUrl", "5432", scheme="https")),
        (ref("db", "containerId"), Ref("db", "containerId")),
        (ref("db", "containerName"), Ref("db", "containerName")),
        (ref("db", "output"), Ref("db", "output")),
        (ref("db", "output", name="x.y.0"), Ref("db", "output", name="x.y.0")),
        (ref("db", "exitCode"), Ref("db", "exitCode")),
    ],
)
def test_what_is_known_later(value: Any, wanted: Ref) -> None:
    more = {"outputs": {"x": {"json": True}}} if wanted.projection == "output" else {}
    found = graph({"concat": ["<", value, ">", value]}, **more)
    assert refs.late(found, found.nodes["api"]) == (wanted,)
    assert refs.resolved(found, found.nodes["api"].spec.env["V"], {wanted: "late"}) == "<late>late"


def test_a_value_of_both_keeps_what_is_late() -> None:
    found = graph({"concat": [ref("db", "host"), "=", ref("db", "ip")]})
    value = refs.static(found, found.nodes["api"].spec.env["V"])
    assert getattr(value, "parts", ()) == ("db", "=", Ref("db", "ip"))


@pytest.mark.parametrize(
    ("projection", "address", "wanted"),
    [
        ("hostEndpoint", "127.0.0.1", "127.0.0.1:49153"),
        ("hostEndpoint", "0.0.0.0", "127.0.0.1:49153"),
        ("hostEndpoint", "", "127.0.0.1:49153"),
        ("hostEndpoint", "::", "[::1]:49153"),
        ("hostUrl", "10.0.0.7", "http://10.0.0.7:49153"),
        ("hostUrl", "fe80::1", "http://[fe80::1]:49153"),
    ],
)
def test_what_the_engine_published(projection: Any, address: str, wanted: str) -> None:
    assert refs.published(Ref("db", projection, "80"), address, 49153) == wanted


def test_ports_are_those_that_are_published_or_exposed() -> None:
    node = checked({"a": {"ports": ["8080:80", "53:53/udp"], "expose": [80, "9000-9002", "7/udp"]}}).nodes["a"].spec
    assert refs.ports(node) == ["80", "53/udp", "9000", "9001", "9002", "7/udp"]
    assert refs.ports(node, published_only=True) == ["80", "53/udp"]


def output(path: str, value: str) -> str:
    found = checked({"j": {"outputs": {"r": {"json": True}}}, "a": {"env": {"V": ref("j", "output", name=path)}}})
    return refs.output_text(found, Ref("j", "output", name=path), value)


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("r.text", "é"), ("r.no", "false"), ("r.n", "7"), ("r.f", "1.5"), ("r.none", ""), ("r.list.0", "1"), ("r.list.1.k", "v"),
        ("r.list", '[1,{"k":"v"}]'), ("r.list.1", '{"k":"v"}'), ("r.7", "seven"), ("r.whole", "1000"), ("r.large", str(10**30)),
    ],
)  # fmt: skip
def test_a_path_into_json(path: str, wanted: str) -> None:
    value = {
        "text": "é",
        "no": False,
        "n": 7,
        "f": 1.5,
        "none": None,
        "list": [1, {"k": "v"}],
        "7": "seven",
        "whole": 1e3,
        "large": 10**30,
    }
    assert output(path, json.dumps(value)) == wanted


def test_the_whole_output_is_as_it_was_said() -> None:
    assert output("r", ' {"a": 1}') == ' {"a": 1}'


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("r.x", '{"secret": 1}', NotFound), ("r.0", "[]", NotFound), ("r.a.b", '{"a": "secret"}', NotFound), ("r.-1", "[1]", NotFound),
        ("r.a", "secret", ServiceStartupFailed), ("r.a", "[" * 100_000, ServiceStartupFailed), ("r.²", "[1]", NotFound),
        ("r.a", '{"a": NaN}', ServiceStartupFailed),
    ],
)  # fmt: skip
def test_what_is_not_in_the_json_is_told_without_it(path: str, value: str, kind: type[ContainerError]) -> None:
    with pytest.raises(kind) as refused:
        output(path, value)
    assert "secret" not in str(refused.value.to_dict())
    assert refused.value.details["path"] == "nodes.j.outputs.r"


def test_what_is_sensitive_is_known_by_its_reference() -> None:
    nodes = {"j": {"outputs": {"key": {"sensitive": True}, "tag": {}, "file": {"from": "file", "path": "/out/key"}}}}
    found = checked(nodes)
    assert refs.is_sensitive(found, Ref("j", "output", name="key"))
    assert refs.is_sensitive(found, Ref("j", "output"))
    assert not refs.is_sensitive(found, Ref("j", "output", name="tag"))
    assert not refs.is_sensitive(found, Ref("j", "exitCode"))


def test_digests_tell_whether_values_are_the_same_and_not_which() -> None:
    found = checked(
        {"j": {"outputs": {"x": {}}}, "k": {}, "a": {"cmd": [ref("j", "output"), ref("k", "output"), ref("j", "exitCode")]}}
    )
    one, other, code = Ref("j", "output"), Ref("k", "output"), Ref("j", "exitCode")
    known = {one: "s3cret", other: "s3cret", code: "0"}
    digests = refs.digests(found, found.nodes["a"], known)
    assert sorted(digests) == ["j", "k"]
    assert digests["j"] != digests["k"]
    assert "s3cret" not in str(digests)
    assert refs.digests(found, found.nodes["a"], dict(known)) == digests
    changed = refs.digests(found, found.nodes["a"], {**known, code: "1"})
    assert changed["j"] != digests["j"]
    assert changed["k"] == digests["k"]


@given(
    st.lists(
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.sampled_from(["host", "ip", "output"])
        ),
        max_size=8,
    )
)
def test_a_text_is_its_parts_in_their_order(parts: list[str]) -> None:
    words = ("host", "ip", "output")
    written = [ref("j", part) if part in words else part for part in parts]
    found = (
        checked({"j": {"kind": "job"}, "a": {"cmd": [{"concat": written}]}})
        if "ip" not in parts or "output" not in parts
        else None
    )
    if found is None:
        return
    value = (found.nodes["a"].spec.cmd or [""])[0]
    known = {Ref("j", "ip"): "IP", Ref("j", "output"): "OUT"}
    wanted = "".join({"host": "j", "ip": "IP", "output": "OUT"}[part] if part in words else part for part in parts)
    assert refs.resolved(found, value, known) == wanted
