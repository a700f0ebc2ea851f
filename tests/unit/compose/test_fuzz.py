"""Anything as a file: a model or a coded error, never a traceback or a hang."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perry_ffi.compose import Project, load, load_document
from perry_ffi.compose.schema import SERVICE_ATTRIBUTES
from perry_ffi.errors import ContainerError, InternalError, ValidationError

BOUNDED = settings(max_examples=300, suppress_health_check=list(HealthCheck))

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 70000), st.floats(), st.text(max_size=8),
    st.sampled_from(["a:b", "80:80", "./x:/y", "service:a", "a=b", "${A}", "${A:-", "$$", "1g", "10s", "all", "*", "-1"]),
)  # fmt: skip
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
named = st.sampled_from(sorted(SERVICE_ATTRIBUTES))
services = st.dictionaries(named, trees, max_size=4)
SECTIONS = ["networks", "volumes", "secrets", "configs", "models", "include", "name", "x-a"]
models = st.fixed_dictionaries(
    {"services": st.dictionaries(st.sampled_from(["a", "b", "x-c"]), st.one_of(services, trees), max_size=3)},
    optional=dict.fromkeys(SECTIONS, trees),
)


def outcome(make) -> None:
    """``make()`` yields a project that can be written, or raises an error of the family that is not a defect."""
    try:
        project = make()
    except ContainerError as error:
        assert not isinstance(error, InternalError)
        assert error.message
        json.dumps(error.to_dict())
        return
    assert isinstance(project, Project)
    project.to_dict()
    project.to_spec()


@BOUNDED
@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("any") / "f.yaml"
    file.write_bytes(content)
    outcome(lambda: load([file], env={}, working_directory="/tmp", project_name="p"))


YAML_PIECES = ["services:", "\n", "  ", "a:", " ", "image: x", "- ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ",
    "!reset ", "!override ", "'", '"', "|", ">", "#", "---", "...", "? ", "!!str ", "1", "null", "\t", "x-b: ", "%YAML 1.1",
    "${A"]  # fmt: skip


@BOUNDED
@given(pieces=st.lists(st.sampled_from(YAML_PIECES), max_size=30))
def test_any_pieces_of_yaml(tmp_path_factory, pieces):
    file = tmp_path_factory.mktemp("pieces") / "f.yaml"
    file.write_text("".join(pieces))
    outcome(lambda: load([file], env={"A": "1"}, working_directory="/tmp", project_name="p"))


@BOUNDED
@given(spec=models)
def test_any_tree(spec):
    outcome(lambda: load_document(spec, env={"A": "v"}, working_directory="/nowhere", project_name="p"))


@BOUNDED
@given(base=models, over=models)
def test_any_tree_over_another(tmp_path_factory, base, over):
    folder = tmp_path_factory.mktemp("over")
    names = []
    for name, tree in (("base.json", base), ("over.json", over)):
        (folder / name).write_text(json.dumps(tree, allow_nan=False, default=str) if not has_nan(tree) else "{}")
        names.append(folder / name)
    outcome(lambda: load(names, env={}, working_directory=folder, project_name="p"))


def has_nan(value) -> bool:
    if isinstance(value, float):
        return value != value or value in (float("inf"), float("-inf"))
    if isinstance(value, dict):
        return any(map(has_nan, value.values()))
    return isinstance(value, list) and any(map(has_nan, value))


BOMB = "x-a: &a [b, b, b, b, b, b, b, b, b]\n" + "".join(
    f"x-{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB + "services: {a: {image: x}}\n", "aliases expand"),
        ("x-a: " + "[" * 5000 + "]" * 5000, "nested deeper"),
        ("x-a:\n" + "".join(" " * n + "a:\n" for n in range(1, 500)), "nested deeper"),
        ("x-a: " + "{a: " * 5000, "nested deeper"),
        ("x-a: &a {b: *a}\n", "refers to itself"),
        ("services: {a: {image: x}}\n#" + "x" * 64 * 1024 * 1024, "larger than 64 MiB"),
        (
            "services: {a: {image: x, ports: [" + ", ".join(f"{n}-{n + 60000}" for n in (1, 2, 3)) + "]}}",
            "more than 100000 ports",
        ),
        ("services: {a: {image: '" + "${BIG}" * 40 + "'}}", "expand to more than"),
        ("services: {a: {image: '" + "${A:-" * 5000 + "x" + "}" * 5000 + "'}}", "nested deeper"),
    ],
    ids=[
        "alias bomb",
        "deep flow",
        "deep block",
        "open flow",
        "self reference",
        "65 MB",
        "ports",
        "big variables",
        "nested variables",
    ],
)
def test_what_would_blow_up_is_refused_with_a_reason(tmp_path, content, reason):
    file = tmp_path / "compose.yaml"
    file.write_text(content)

    with pytest.raises(ValidationError, match=reason) as caught:
        load([file], env={"BIG": "x" * 1024 * 1024}, working_directory=tmp_path)

    assert caught.value.code == 400
    assert len(caught.value.message) < 1000


def test_files_that_include_each_other_twice_are_refused(tmp_path):
    for n in range(30):
        (tmp_path / f"{n}.yaml").write_text(f"include: [{n + 1}.yaml, {n + 1}.yaml]\n")
    (tmp_path / "30.yaml").write_text("services: {a: {image: x}}\n")

    with pytest.raises(ValidationError, match="more than 1000 files"):
        load([tmp_path / "0.yaml"], env={}, working_directory=tmp_path, project_name="p")


def test_variables_that_double_in_an_env_file_are_refused(tmp_path):
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}\n")
    (tmp_path / ".env").write_text("A0=xxxxxxxx\n" + "".join(f"A{n + 1}=$A{n}$A{n}\n" for n in range(60)))

    with pytest.raises(ValidationError, match=r"\.env:\d+: variables expand to more than"):
        load(env={}, working_directory=tmp_path)
