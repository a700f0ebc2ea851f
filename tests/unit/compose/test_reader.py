"""YAML as Compose reads it."""

from __future__ import annotations

import pytest

from perry_ffi.compose.locate import locate
from perry_ffi.compose.reader import read_documents
from perry_ffi.errors import ValidationError


def read(text):
    (document,) = read_documents(text)
    return document.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0777", 511), ("0o17", 15), ("0x1F", 31), ("0b11", 3), ("-0b11", -3), ("1_000", 1000), ("08", 8.0),
        ("+5", 5), ("-0", 0), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("1e", "1e"), ("0x", "0x"),
        ("9223372036854775808", 2**63), ("99999999999999999999", 1e20), ("1e400", "1e400"),
        ("true", True), ("True", True), ("FALSE", False), ("yes", "yes"), ("on", "on"), ("NO", "NO"),
        ("", None), ("~", None), ("Null", None), ("1:30", "1:30"), ("2001-13-01", "2001-13-01"),
        ("2001-02-03", "2001-02-03T00:00:00Z"), ("2001-02-03 04:05:06.70", "2001-02-03T04:05:06.7Z"),
        ('"1"', "1"), ("'true'", "true"), ("!!str 1", "1"), ('!!int "5"', 5), ("!!float 3", 3.0), ("!own 1", "1"),
        ("!!binary aGk=", "hi"), ("a#b", "a#b"), ("a # b", "a"),
    ],
)  # fmt: skip
def test_scalars(text, value):
    shown = read(f"k: {text}\n")["k"]
    assert shown == value
    assert isinstance(shown, type(value))


def test_infinities():
    assert read("[.inf, -.Inf]") == [float("inf"), float("-inf")]
    assert str(read("[.nan]")[0]) == "nan"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: &x {k: 1}\nb: *x\n", {"a": {"k": 1}, "b": {"k": 1}}),
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", {"a": {"k": 1, "l": 2}, "b": {"k": 3, "l": 2}}),
        ("a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n", {"a": {"k": 1}, "b": {"k": 2, "l": 3}, "c": {"k": 1, "l": 3}}),
        ("a: {<<: {k: 1}}\n", {"a": {"k": 1}}),
        ('a: {"<<": 1}\n', {"a": {"<<": 1}}),
        ("a: &x [1]\na2: &x [2]\nb: *x\n", {"a": [1], "a2": [2], "b": [2]}),
        ("a:\tb\nc:\t\td\n", {"a": "b", "c": "d"}),
    ],
)  # fmt: skip
def test_anchors_merge_keys_and_tabs(text, value):
    assert read(text) == value


def test_an_alias_is_a_copy():
    tree = read("a: &x {k: [1]}\nb: *x\n")
    tree["b"]["k"].append(2)
    assert tree["a"] == {"k": [1]}


def test_reset_and_override_are_left_out_and_recorded():
    (document,) = read_documents("s: {a: !reset [1], b: !override [2], c: [3, !reset 4]}\nx: &x !reset 1\ny: *x\n")
    assert document.value == {"s": {"b": [2], "c": [3]}}
    assert set(document.resets) == {("s", "a"), ("s", "b"), ("s", "c", "1"), ("x",), ("y",)}


def test_several_documents():
    assert [document.value for document in read_documents("a: 1\n---\nb: 2\n")] == [{"a": 1}, {"b": 2}]
    assert read_documents("# nothing\n") == []


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "twice, on line 1 and on line 3"),
        ("s:\n  a: {k: 1, k: 2}\n", 2, 13, "s.a.k: the key 'k' stands twice"),
        ("a: 1\n2: b\n", 2, 1, "'2' is not text"),
        ("a: *nope\n", 1, 4, "not defined before"),
        ("a: &x\n  b: *x\n", 2, 6, "refers to itself"),
        ("a: [1\n", 2, 1, "not valid YAML"),
        ("a: 'b\n", 2, 1, "not valid YAML"),
        ("a:\n\tb: 1\n", 2, 1, "not valid YAML"),
        ("a: b: c\n", 1, 5, "not valid YAML"),
        ("? [a]\n: b\n", 1, 3, "stands as a key"),
        ("a: {<<: 1}\n", 1, 10, "merge key"),
        ("a: !!int b\n", 1, 4, "!!int"),
        ("%YAML 1.2\n---\na: 1\n", 1, 1, "%YAML"),
        ("x: &x {k: 1}\na:\n  <<: *x\n  b: {<<: *x}\n", 4, 11, "used inside itself"),
    ],
)
def test_what_is_refused_and_where(text, line, column, reason):
    with pytest.raises(ValidationError, match=reason) as caught:
        read_documents(text)
    assert (caught.value.details["line"], caught.value.details["column"]) == (line, column)


@pytest.mark.parametrize("content", [b'a: "\xe9"\n', b'a: "\x00"\n', b"\xff\xfe\x00"])
def test_what_is_not_text_is_refused(content):
    with pytest.raises(ValidationError):
        read_documents(content)


def test_a_byte_order_mark_and_windows_lines_are_read():
    assert read("\ufeffa: 1\r\nb: 2\r\n".encode()) == {"a": 1, "b": 2}


TEXT = "services:\n  web:\n    image: x\n    ports:\n      - '80'\n      - target: 81\n  db: {image: y}\n"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("services", (1, 1)), ("services.web.image", (3, 5)), ("services.web.ports[1].target", (6, 9)),
        ("services.web.ports[0]", (5, 9)), ("services.db.image", (7, 8)), ("services.db.nope", (7, 3)),
        ("nope", None),
    ],
)  # fmt: skip
def test_a_path_is_found_where_its_key_stands(path, place):
    assert locate(TEXT, path) == place
