"""References of images, as docker writes them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import reference
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    (reference.image, "sha256:" + "a" * 64, "sha256:" + "a" * 64),
    (reference.image, "alpine", "alpine"),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((reference.image, v) for v in ("", "A", "a b", "a:", "a:b:c", "a@sha256:x", "-a", "a/../b", "../a", "a//b",
        "a?b", "a#b", "/a", "a/", "a:-t", "a\n", "reg:99999999/a", "http://a/b", None, "a" * 5000)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    reference.image,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest", "familiar"),
    [
        ("alpine", "docker.io", "library/alpine", "", "", "alpine"),
        ("alpine:3.20", "docker.io", "library/alpine", "3.20", "", "alpine:3.20"),
        ("docker.io/a/b", "docker.io", "a/b", "", "", "a/b"),
        ("index.docker.io/alpine", "docker.io", "library/alpine", "", "", "alpine"),
        ("localhost/bb", "localhost", "bb", "", "", "localhost/bb"),
        ("127.0.0.1:5000/t/bb:v1", "127.0.0.1:5000", "t/bb", "v1", "", "127.0.0.1:5000/t/bb:v1"),
        ("[::1]:5000/bb", "[::1]:5000", "bb", "", "", "[::1]:5000/bb"),
        ("team/app", "docker.io", "team/app", "", "", "team/app"),
        ("a:1@sha256:" + "0" * 64, "docker.io", "library/a", "1", "sha256:" + "0" * 64, "a:1@sha256:" + "0" * 64),
    ],
)
def test_references(text: str, registry: str, path: str, tag: str, digest: str, familiar: str) -> None:
    found = reference.parse_reference(text)
    assert (found.registry, found.path, found.tag, found.digest, found.familiar) == (
        registry,
        path,
        tag,
        digest,
        familiar,
    )
    assert reference.parse_reference(str(found)) == found
    assert reference.parse_reference(found.familiar) == found


def test_what_a_pull_asks_for() -> None:
    assert reference.parse_reference("a").version == "latest"
    assert reference.parse_reference("a:1").version == "1"
    assert reference.parse_reference("a:1@sha256:" + "0" * 64).version == "sha256:" + "0" * 64
