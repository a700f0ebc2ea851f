"""The target of a request: a name stays one segment, a reference keeps its slashes."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.transport.target import Name, Reference, target
from perry_ffi.errors import NotFound, ValidationError


@given(st.text(min_size=1, max_size=40))
def test_a_name_stays_one_segment(name: str) -> None:
    try:
        made = target(("containers", Name(name), "json"), {"q": name})
    except NotFound:
        assert name in (".", "..") or "/" in name or "\0" in name or not name.isprintable() or max(name) >= "\ud800"
        return
    parts = urlsplit(made)
    assert made.isascii() and not any(c in made for c in "\r\n \t#\"'")
    assert parts.path.split("/")[1] == "containers" and parts.path.count("/") == 3
    assert unquote(parts.path.split("/")[2]) == name
    assert parse_qs(parts.query, keep_blank_values=True)["q"] == [name]


@pytest.mark.parametrize("name", ["..", ".", "../images/json", "a/b", "a/../../x", "\0", "x" * 5000, "\ud800"])
def test_names_that_nothing_can_bear(name: str) -> None:
    with pytest.raises(NotFound):
        target(("containers", Name(name), "json"))


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(ValidationError):
        target(("networks", Name("")))


def test_references_keep_their_slashes_and_leave_no_folder() -> None:
    assert target(("images", Reference("h:5000/a/b:v1"), "json")) == "/images/h%3A5000/a/b%3Av1/json"
    for hostile in ("a/../b", "/a", "a//b", "a/."):
        with pytest.raises(NotFound):
            target(("images", Reference(hostile), "json"))
