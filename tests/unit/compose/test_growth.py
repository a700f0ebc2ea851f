"""Large projects are loaded, in work that grows with what they hold; what repeats itself beyond reason is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from perry_ffi.compose import load, load_document, load_state
from perry_ffi.compose.reader import read_documents
from perry_ffi.errors import ValidationError
from perry_ffi.model import jsontext
from tests.support.instructions import growth
from tests.support.shapes import SHAPES, compose_file

LINEAR = 1.02


def loading(folder: Path, text: str, **others: str) -> Callable[[], object]:
    (folder / "compose.yaml").write_text(text)
    for name, content in others.items():
        (folder / f"{name}.yaml").write_text(content)
    return lambda: load([folder / "compose.yaml"], env={}, working_directory=folder, project_name="p")


@pytest.mark.parametrize("shape", SHAPES)
def test_loading_grows_with_services_and_edges(tmp_path: Path, shape: str) -> None:
    assert growth(lambda services: loading(tmp_path, compose_file(shape, services))) < LINEAR


def several(line: Callable[[int], str], count: int) -> str:
    return "services:\n" + "".join(f"  s{number}: {line(number)}\n" for number in range(count))


PARTS: dict[str, Callable[[int], str]] = {
    "a chain of extends": lambda count: several(lambda n: f"{{extends: s{n - 1}, scale: 1}}" if n else "{image: x}", count),
    "extends of a file": lambda count: several(lambda n: "{extends: {file: base.yaml, service: base}}", count),
    "resets": lambda count: several(lambda n: "{extends: base, ports: !reset []}", count) + "  base: {image: x, ports: ['80']}\n",
    "variables that are not set": lambda count: several(lambda n: f"{{image: 'x${{V{n}}}'}}", count),
    "anchors": lambda count: "x-a: &a {image: x, ports: [1, 2]}\n" + several(lambda n: "{<<: *a, scale: 2}", count),
    "external names": lambda count: (
        "services: {a: {image: x}}\nnetworks:\n"
        + "".join(f"  n{number}: {{external: {{name: m{number}}}}}\n" for number in range(count))
    ),
}


@pytest.mark.parametrize("part", PARTS)
def test_so_do_its_parts(tmp_path: Path, part: str) -> None:
    base = "services: {base: {image: x, environment: {A: b}}}\n"
    assert growth(lambda count: loading(tmp_path, PARTS[part](count), base=base), 40) < LINEAR


def test_five_thousand_services_are_loaded(tmp_path: Path) -> None:
    text = compose_file("layers", 5000)
    assert len(text) > 4 * 1024 * 1024
    project = load([write(tmp_path, text)], env={}, working_directory=tmp_path)
    assert len(project.services) == 5000 and len(project.services["s4999"]["depends_on"]) == 20


def write(folder: Path, text: str) -> Path:
    file = folder / "large.yaml"
    file.write_text(text)
    return file


def test_aliases_may_repeat_more_where_more_is_written() -> None:
    """One common part of a hundred values in thousands of services is no bomb."""
    common = "x-a: &a {" + ", ".join(f"k{number}: v" for number in range(100)) + "}\n"
    (document,) = read_documents(common + several(lambda n: f"{{<<: *a, image: x{n}}}", 3000))
    assert len(document.value["services"]["s2999"]) == 101 and document.nodes > 300_000


# -- what is refused --------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound of 1,000 values, for quick tests of what passes it."""
    monkeypatch.setattr(load_state, "MAX_NODES", 1000)
    monkeypatch.setattr(jsontext, "MAX_NODES", 1000)


LARGE: dict[str, dict[str, str]] = {
    "a list": {"text": "x-a: [" + "1, " * 1100 + "]\n"},
    "mappings": {"text": "x-a:\n" + "".join(f"  k{number}: {{}}\n" for number in range(1100))},
    "aliases": {"text": "x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\nx-b: [" + "*a, " * 110 + "]\n"},
    "merged mappings": {"text": "x-a: &a {b: 1, c: 2, d: 3, e: 4}\nx-b:\n" + "".join(f"  k{n}: {{<<: *a}}\n" for n in range(220))},
    "several documents": {"text": "x-a: [" + "1, " * 600 + "]\n---\nx-b: [" + "1, " * 600 + "]\n"},
    "documents without anything": {"text": "---\n" * 1100},
    "files that are included": {
        "text": "include: [other.yaml, other.yaml]\nservices: {a: {image: x}}\n",
        "other": "services: {b: {image: x, cap_add: [" + ", ".join(f"c{n}" for n in range(600)) + "]}}\n",
    },
    "services that are extended": {
        "text": "services:\n  a: {image: x, cap_add: [" + ", ".join(f"c{n}" for n in range(300)) + "]}\n"
        + "".join(f"  s{number}: {{extends: a}}\n" for number in range(4)),
    },
}  # fmt: skip


@pytest.mark.parametrize("case", LARGE)
@pytest.mark.usefixtures("small")
def test_more_values_than_there_may_be(tmp_path: Path, case: str) -> None:
    with pytest.raises(ValidationError, match="more than 2,000,000 values") as caught:
        loading(tmp_path, **LARGE[case])()
    assert caught.value.code == 400 and caught.value.details["file"]


@pytest.mark.usefixtures("small")
def test_a_document_has_the_same_bounds() -> None:
    def refused(value: Any, reason: str) -> None:
        with pytest.raises(ValidationError, match=reason):
            load_document({"services": {"a": {"image": "x"}}, "x-a": value}, env={}, working_directory="/")

    deep: Any = 1
    for _ in range(101):
        deep = [deep]
    refused([1] * 1100, "more than 2,000,000 values")
    refused({str(number): {} for number in range(1100)}, "more than 2,000,000 values")
    refused(deep, "nested deeper than 100 levels")


def test_json_is_measured_before_it_is_read(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (json.dumps([1] * 1100), json.dumps([[]] * 1100), json.dumps([{"a": 1}] * 600)):
        with pytest.raises(ValidationError, match="spec: expected JSON of at most 1,000 values"):
            jsontext.load(text, "spec")
    # What stands in a text is no value.
    assert jsontext.load(json.dumps(['[,{\\"' * 1100]), "spec") == ['[,{\\"' * 1100]
    monkeypatch.setattr(jsontext, "MAX_BYTES", 1024)
    with pytest.raises(ValidationError, match="spec: expected JSON of at most"):
        jsontext.load(json.dumps("x" * 1024), "spec")
    assert jsontext.load(json.dumps({"stdin": "x" * 1024}), "options", frozenset(["stdin"])) == {"stdin": "x" * 1024}


def test_tabs_are_mended_only_as_often_as_a_file_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no libyaml, whose newer ones read them."""
    from perry_ffi.compose import reader

    monkeypatch.setattr(reader, "_Parser", yaml.Loader)
    text = "".join(f"k{number}:\tv\n" for number in range(20))
    assert len(read_documents(text)[0].value) == 20
    monkeypatch.setattr(reader, "_MAX_READ_AGAIN", 10 * len(text))
    with pytest.raises(ValidationError, match="too many tabs"):
        read_documents(text)
