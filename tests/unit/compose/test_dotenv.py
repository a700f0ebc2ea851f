"""Env files."""

from __future__ import annotations

import os

import pytest

from perry_ffi.compose.dotenv import read_env_file
from perry_ffi.errors import ValidationError

OUTER = {"K": "outer", "REF": "outer"}


def parse(folder, content, form=None):
    path = folder / "x.env"
    path.write_bytes(content.encode())
    values: dict[str, str] = {}
    read_env_file(str(path), values, OUTER.get, {}, form)
    return values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\n", {"A": "1"}), ("A=1", {"A": "1"}), ("export A=1\n", {"A": "1"}), (" A = 1 \n", {"A": "1"}),
        ("A: 1\n", {"A": "1"}), ("A:1\n", {"A": "1"}), ('A="1 2" # c\n', {"A": "1 2"}), ("A='$K'\n", {"A": "$K"}),
        ("B=2\nA=$B\n", {"B": "2", "A": "2"}), ('A="${K}x"\n', {"A": "outerx"}), ("A=a#b\n", {"A": "a#b"}),
        ("A=a #b\n", {"A": "a"}), ("# c\n\nA=1\n", {"A": "1"}), ('A="x\\ny"\n', {"A": "x\ny"}),
        ('A="x\ny"\nB=3\n', {"A": "x\ny", "B": "3"}), ("A=\n", {"A": ""}), ("K\n", {"K": "outer"}), ("NONE\n", {}),
        ("A=1\nA=2\n", {"A": "2"}), ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}), ("\ufeffA=1\n", {"A": "1"}),
        ("A=a=b\n", {"A": "a=b"}), ('A="a\\"b"\n', {"A": 'a"b'}), ("A='a\\'b'\n", {"A": "a'b"}), ('A="\\$K"\n', {"A": "$K"}),
        ("A=$$K\n", {"A": "$K"}), ("A=${N:-d}\n", {"A": "d"}), ('A="\\0101"\n', {"A": "A"}), ("A.B-C[0]=1\n", {"A.B-C[0]": "1"}),
        ("REF=inner\nA=$REF\n", {"REF": "inner", "A": "outer"}), ('A={"a":"b"}\n', {"A": '{"a":"b"}'}), ("A=`x`\n", {"A": "`x`"}),
    ],
)  # fmt: skip
def test_dialect(tmp_path, text, values):
    assert parse(tmp_path, text) == values


@pytest.mark.parametrize(
    ("text", "line"),
    [("A=1\nB C=1\n", 2), ('A="open\n', 1), ("A=1\n\nB='open\nX\n", 3), ("A%=1\n", 1), ("A=${Q\n", 1), ("A=1\nB=${Q:?need}\n", 2)],
)  # fmt: skip
def test_broken_lines_are_named_and_not_quoted(tmp_path, text, line):
    with pytest.raises(ValidationError) as caught:
        parse(tmp_path, text)
    assert caught.value.details["line"] == line
    assert "open" not in caught.value.message.replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("text", "values"),
    [("A=\"$K\"\n# c\nB= 'x' #y\nK\nNONE\n", {"A": '"$K"', "B": " 'x' #y", "K": "outer"}), ("  A=1\n", {"A": "1"})],
)
def test_raw_lines_are_taken_as_they_are(tmp_path, text, values):
    assert parse(tmp_path, text, "raw") == values


@pytest.mark.timeout(10)
def test_a_pipe_that_nobody_writes_to_is_empty(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    values = {"A": "1"}
    read_env_file(str(tmp_path / "pipe"), values, {}.get, {})
    assert values == {"A": "1"}


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValidationError, match="format 'toml'"):
        parse(tmp_path, "A=1\n", "toml")
