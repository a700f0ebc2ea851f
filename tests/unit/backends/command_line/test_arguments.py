"""What somebody wrote never becomes an option, another field or another value."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.command_line import arguments
from perry_ffi.errors import NotFound, ValidationError

ODD = st.text(st.sampled_from("-=,:\"'\n \t\\$`ab;|"), max_size=12)
ANY = st.one_of(ODD, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20))


def fields(word: str) -> list[str]:
    """What a reader of CSV takes a word apart into: all of it has to be one record."""
    (row,) = list(csv.reader(io.StringIO(word, newline=""), strict=True))
    return row


@given(ANY)
def test_an_option_is_one_word_that_begins_with_its_flag(value: str) -> None:
    word = arguments.option("label", value)
    assert word.startswith("--label=") and word.removeprefix("--label=") == value


@given(st.dictionaries(ANY.filter(lambda key: key and "=" not in key), ANY, max_size=4))
def test_pairs_come_apart_as_they_were_put_together(entries: dict[str, str]) -> None:
    words = arguments.pairs("env", entries)
    assert dict(word.removeprefix("--env=").split("=", 1) for word in words) == entries


@given(st.lists(ANY, min_size=1, max_size=5))
def test_fields_come_apart_as_they_were_put_together(values: list[str]) -> None:
    assert fields(arguments.record(values, "mount")) == values


@given(ANY)
def test_a_name_that_stands_alone_is_no_option(value: str) -> None:
    for read in (lambda: arguments.named(value, "container", "x"), lambda: arguments.image_named(value, "x")):
        try:
            word = read()
        except NotFound as error:
            assert error.details["subject"] == value and "\n" not in error.message
        else:
            assert word == value and word[0].isalnum() and not set(word) & set(" \n\"'=,")


@pytest.mark.parametrize("value", ["-rf", "--help", "", "a b", "a\n", "\0", ".."])
def test_what_is_made_gets_a_name_of_the_runtime(value: str) -> None:
    with pytest.raises(ValidationError):
        arguments.new_name(value, "network", "x")
    assert arguments.new_name("a-b_c.1", "network", "x") == "a-b_c.1"


@pytest.mark.parametrize(
    "make",
    [
        lambda: arguments.option("label", "a\0b"),
        lambda: arguments.pairs("label", {"a=b": "c"}),
        lambda: arguments.pairs("label", {"": "c"}),
        lambda: arguments.record(["a\r\nb"], "mount"),
        lambda: arguments.record(["a\0b"], "mount"),
    ],
)
def test_what_cannot_be_passed_on_is_refused(make: object) -> None:
    with pytest.raises(ValidationError):
        make()  # type: ignore[operator]
