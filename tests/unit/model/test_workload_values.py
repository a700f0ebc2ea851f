"""References, texts that hold them, and words in their spellings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ValidationError
from perry_ffi.model import workload_values as own
from perry_ffi.model.workload_values import Ref, Text

HOST = {"nodeId": "db", "projection": "host"}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("text", "text"),
        (7, "7"),
        (1.5, "1.5"),
        (True, "true"),
        (HOST, Text((Ref("db", "host"),))),
        (Ref("db", "host"), Text((Ref("db", "host"),))),
        ({"concat": []}, ""),
        ({"concat": ["a", 1, False]}, "a1false"),
        ({"concat": ["a", HOST]}, Text(("a", Ref("db", "host")))),
    ],
)
def test_values(value: Any, wanted: Any) -> None:
    found = own.text_value(value)
    assert found == wanted
    assert own.text_value(found) == wanted


def test_how_a_reference_was_written_is_known_and_means_nothing() -> None:
    bare, alone = own.text_value(HOST), own.text_value({"concat": [HOST]})
    assert isinstance(bare, Text) and isinstance(alone, Text)
    assert (bare.bare, alone.bare) == (True, False)
    assert bare == alone and hash(bare) == hash(alone)


@pytest.mark.parametrize(
    ("port", "wanted"), [(80, "80"), ("80", "80"), ("080", "80"), ("80/tcp", "80"), ("53/udp", "53/udp"), ("9/sctp", "9/sctp")]
)
def test_ports(port: Any, wanted: str) -> None:
    assert own.ref({"nodeId": "a", "projection": "endpoint", "port": port}).port == wanted


@pytest.mark.parametrize("port", [0, 65536, -1, 1.5, True, "", "x", "80/xyz", "1-2", [80], "٣", "8 0"])
def test_what_is_no_port(port: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        own.ref({"nodeId": "a", "projection": "endpoint", "port": port})
    assert refused.value.details["path"] == ".port"


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, ".nodeId"),
        ({"nodeId": "a"}, ".projection"),
        ({"projection": "host"}, ".nodeId"),
        ({"nodeId": "", "projection": "host"}, ".nodeId"),
        ({"nodeId": 3, "projection": "host"}, ".nodeId"),
        ({"nodeId": "a", "projection": "url"}, ".projection"),
        ({"nodeId": "a", "projection": "host", "scheme": "a b"}, ".scheme"),
        ({"nodeId": "a", "projection": "host", "scheme": ""}, ".scheme"),
        ({"nodeId": "a", "projection": "output", "name": ""}, ".name"),
        ({"nodeId": "a", "projection": "host", "more": 1}, ""),
        ({"concat": {}}, ".concat"),
        ({"concat": [[]]}, ".concat[0]"),
        ({"concat": ["a", {"concat": []}]}, ".concat[1]"),
        ([], ""),
        (None, ""),
        ("a\0", ""),
    ],
)
def test_what_is_no_value(value: Any, path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        own.text_value(value)
    assert refused.value.details["path"] == path
    assert refused.value.details.get("found") is None


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({}, {}),
        ({"A": "1", "B": 2, "C": None}, {"A": "1", "B": "2"}),
        (["A=1", "B=x=y"], {"A": "1", "B": "x=y"}),
        ({"A": HOST}, {"A": Text((Ref("db", "host"),))}),
    ],
)
def test_variables(value: Any, wanted: Any) -> None:
    found = own.env_values(value)
    assert found == wanted
    assert own.env_values(found) == wanted


@pytest.mark.parametrize(
    "words", [own.STRATEGIES, own.FAILURE_STRATEGIES, own.PROJECTIONS, own.CONDITIONS, own.RUNTIMES, own.TIERS, own.LEVELS]
)
def test_a_word_is_read_in_each_spelling(words: tuple[str, ...]) -> None:
    read = own.spelled(words)
    for word in words:
        kebab = "".join(f"-{char.lower()}" if char.isupper() else char for char in word)
        for spelling in (word, kebab, kebab.replace("-", "_"), word.lower(), word.upper()):
            assert read(spelling) == word
            assert own.is_spelling(spelling, words)


@given(st.text())
def test_other_words_are_refused(text: str) -> None:
    read = own.spelled(own.STRATEGIES)
    if own.is_spelling(text, own.STRATEGIES):
        assert read(text) in own.STRATEGIES
    else:
        with pytest.raises(ValidationError):
            read(text)
