"""Invariants: merge, canonical form, output and interpolation."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.compose import load_document
from perry_ffi.compose.canonical import canonical
from perry_ffi.compose.merge import merge
from perry_ffi.compose.project import Project
from perry_ffi.compose.render import escape_dollars, to_json, to_yaml
from perry_ffi.compose.template import Substitution

BOUNDED = settings(max_examples=60, suppress_health_check=list(HealthCheck))

names = st.sampled_from(["a", "b", "c"])
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0$", exclude_categories=["Cs"]), max_size=12)
words = st.text("abcxyz0123456789._-/: #'\"", min_size=1, max_size=10)
numbers = st.integers(1, 60000)
mappings = st.dictionaries(words, st.one_of(texts, numbers, st.booleans()), max_size=3)
pairs = st.one_of(mappings, st.lists(st.builds("{}={}".format, names, words), max_size=3, unique=True))
short_port = st.one_of(
    st.builds("{}:{}".format, numbers, numbers),
    numbers,
    st.builds("127.0.0.1:{}:{}/udp".format, numbers, numbers),
    st.builds(lambda port: f"{port}-{port + 2}", numbers),
)
short_volume = st.one_of(
    st.builds("data:/{}".format, names),
    st.builds("./{}:/{}:ro".format, names, names),
    st.builds("/srv/{}:/{}:rw,z".format, names, names),
)
long_service = {
    "command": st.one_of(st.none(), st.lists(texts, max_size=3)),
    "environment": pairs,
    "labels": pairs,
    "ports": st.lists(short_port, max_size=3, unique_by=str),
    "volumes": st.lists(short_volume, max_size=1),
    "depends_on": st.just(["z"]),
    "networks": st.one_of(st.just(["n"]), st.just({"n": {"aliases": ["q"]}, "default": None})),
    "secrets": st.just(["s"]),
    "healthcheck": st.builds(lambda text: {"test": text, "interval": "90s"}, texts.filter(bool)),
    "deploy": st.builds(lambda n: {"replicas": n, "resources": {"limits": {"memory": "1g", "cpus": 0.5}}}, st.integers(0, 3)),
    "ulimits": st.builds(lambda n: {"nofile": n, "nproc": {"soft": 1, "hard": n}}, numbers),
    "build": st.one_of(st.just("./ctx"), st.builds(lambda args: {"context": ".", "args": args}, pairs)),
    "tmpfs": st.just("/tmp/x"),
    "dns": st.sampled_from(["8.8.8.8", ["1.1.1.1", "8.8.8.8"]]),
    "mem_limit": st.sampled_from(["64m", 1024, "1.5g"]),
    "gpus": st.just("all"),
    "init": st.booleans(),
    "scale": st.just(1),
    "stop_grace_period": st.sampled_from(["10s", "1m30s", "1.5h"]),
    "x-own": mappings,
}


def agreeing(service):
    """``service`` without what would contradict its ``deploy``."""
    if "deploy" in service:
        return {key: value for key, value in service.items() if key not in ("scale", "mem_limit")}
    return service


services = st.fixed_dictionaries({"image": words}, optional=long_service).map(agreeing)
documents = st.fixed_dictionaries({"services": st.dictionaries(names, services, min_size=1, max_size=3)})


def complete(document):
    """``document`` with everything that its services may refer to."""
    document = copy.deepcopy(document)
    document["services"]["z"] = {"image": "z"}
    return {
        **document,
        "volumes": {"data": None},
        "networks": {"n": None},
        "secrets": {"s": {"file": "./s"}},
        "name": "p",
    }


def project(document) -> Project:
    return load_document(document, env={}, working_directory="/work", project_name="p")


@BOUNDED
@given(documents)
def test_output_read_again_gives_the_same_model(document):
    first = project(complete(document))
    text = to_yaml(first.to_spec())

    second = project(parse(escape_dollars(text)))

    assert second.to_spec() == first.to_spec()
    assert to_yaml(second.to_spec()) == text


def parse(text):
    from perry_ffi.compose.reader import read_documents

    return read_documents(text)[0].value


@BOUNDED
@given(documents)
def test_json_output_read_again_gives_the_same_model(document):
    first = project(complete(document))

    second = project(parse(escape_dollars(to_json(first.to_dict()))))

    assert second.to_dict() == first.to_dict()


@BOUNDED
@given(documents)
def test_canonical_form_is_idempotent(document):
    once = canonical(complete(document), [])

    assert canonical(copy.deepcopy(once), []) == once


plain_services = st.fixed_dictionaries(
    {},
    optional={
        "image": words,
        "command": st.lists(words, max_size=2),
        "cap_add": st.lists(names, max_size=2),
        "environment": st.lists(words, max_size=2),
        "labels": st.lists(words, max_size=2),
        "networks": st.dictionaries(names, st.none(), max_size=2),
        "healthcheck": st.dictionaries(st.sampled_from(["interval", "timeout"]), words, max_size=2),
        "x-any": st.dictionaries(names, st.lists(words, max_size=2), max_size=2),
    },
)
plain = st.fixed_dictionaries({"services": st.dictionaries(names, plain_services, max_size=2)})


@BOUNDED
@given(plain, plain, plain)
def test_merge_of_lists_and_mappings_is_associative(a, b, c):
    def over(*trees):
        first, *rest = copy.deepcopy(trees)
        for tree in rest:
            first = merge(first, tree)
        return first

    assert over(over(a, b), c) == over(a, over(b, c))


@BOUNDED
@given(plain)
def test_merge_with_nothing_changes_nothing(tree):
    assert merge(copy.deepcopy(tree), {}) == tree
    assert merge({}, copy.deepcopy(tree)) == tree


# A template is generated as a tree, whose meaning is told by the functions below, and written out as text.
variable = st.sampled_from(["SET", "EMPTY", "UNSET", "_x1"])
VALUES = {"SET": "value", "EMPTY": "", "_x1": "$not again"}
literal = st.text("abc .,:-?+/\\'\"()[]", max_size=4)
parts = st.recursive(
    st.one_of(
        st.tuples(st.just("text"), literal),
        st.tuples(st.just("dollar")),
        st.tuples(st.just("plain"), variable),
        st.tuples(st.just("braced"), variable),
    ),
    lambda inner: st.tuples(
        st.just("operator"), variable, st.sampled_from([":-", "-", ":+", "+", ":?", "?"]), st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


def written(part) -> str:
    kind = part[0]
    if kind == "text":
        return part[1]
    if kind == "dollar":
        return "$$"
    if kind == "plain":
        return f"${part[1]} "
    if kind == "braced":
        return "${" + part[1] + "}"
    return "${" + part[1] + part[2] + "".join(map(written, part[3])) + "}"


def meaning(part) -> str:
    kind = part[0]
    if kind == "text":
        return part[1]
    if kind == "dollar":
        return "$"
    value = VALUES.get(part[1])
    if kind == "plain":
        return (value or "") + " "
    if kind == "braced":
        return value or ""
    alternative = "".join(map(meaning, part[3]))
    usable = bool(value) if part[2][0] == ":" else value is not None
    if part[2][-1] == "+":
        return alternative if usable else value or ""
    if usable:
        return value or ""
    if part[2][-1] == "?":
        raise KeyError(part[1])
    return alternative


@settings(BOUNDED, max_examples=300)
@given(st.lists(parts, max_size=5))
def test_interpolation_equals_the_reference(template):
    text = "".join(map(written, template))
    try:
        expected = "".join(map(meaning, template))
    except KeyError:
        expected = None
    try:
        shown = Substitution(VALUES)(text)
    except Exception as error:
        assert "required variable" in str(error)
        shown = None
    assert shown == expected


@BOUNDED
@given(texts)
def test_text_without_dollars_stays(text):
    assert Substitution({})(text) == text


@BOUNDED
@given(st.text(max_size=20))
def test_escaped_text_comes_back(text):
    assert Substitution({})(escape_dollars(text)) == text


@BOUNDED
@given(
    st.recursive(
        st.one_of(texts, numbers, st.booleans(), st.none(), st.floats(-1e6, 1e6)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
        max_leaves=10,
    )
)
def test_yaml_output_is_read_as_what_was_written(value):
    text = to_yaml({"x": value})
    assert parse(text) == {"x": value}


TEXTS = {"Path": "/bin", "Rate": "1", "Weight": "2", "extra_hosts": "a:b", "command": "c", "ipam": "d", "ulimits": "e"}
"""Names that mean something elsewhere in a file, where the file's author chooses the names."""


@pytest.mark.parametrize(
    "service",
    [
        {"environment": {**TEXTS, "command": None}, "labels": TEXTS, "annotations": TEXTS},
        {"build": {"context": ".", "args": {**TEXTS, "entrypoint": None}, "labels": TEXTS}},
        {"logging": {"driver": "json-file", "options": TEXTS}, "storage_opt": TEXTS},
        {"ulimits": {"core": 0, "nofile": {"soft": 0, "hard": 5}, "nproc": {"soft": -1, "hard": -1}}},
        {"build": {"context": ".", "ulimits": {"core": 0}}},
        {"blkio_config": {"device_read_bps": [{"path": "/dev/x", "rate": 1}], "weight_device": [{"path": "/y", "weight": 9}]}},
        {"post_start": [{"command": ["a"], "environment": TEXTS}], "deploy": {"resources": {}, "placement": {}}},
    ],
    ids=["maps", "arguments", "options", "limits", "build", "blkio", "hooks"],
)
def test_what_an_author_names_is_no_member(service):
    first = project({"name": "p", "services": {"Path": {"image": "i", **service}, "command": {"image": "i"}}})
    second = project(parse(escape_dollars(to_yaml(first.to_spec()))))

    assert second.to_dict() == first.to_dict()
    assert second.to_spec() == first.to_spec()
