"""What every error keeps to, whatever its words were made of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perry_ffi import errors
from perry_ffi.errors import KINDS, MAX_MESSAGE, BackendError, ContainerError, one_line

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("text", ["a\nb", "a\r\nX: y", "a\x1b[31mred", "a\u202eb", "a\u2028b", "a\ud800b", "\x9b1m", "a\0"])
def test_a_message_is_one_line_that_steers_no_terminal(text: str) -> None:
    error = BackendError(f"services.{text}: no", path=text)
    assert error.message.isprintable() and error.message == str(error) and error.message.encode()
    assert error.details["path"] == text


def test_a_message_is_bounded_and_keeps_both_ends() -> None:
    message = BackendError("where " + "x" * 100_000 + " what").message
    assert message.startswith("where x") and message.endswith("x what") and len(message) < MAX_MESSAGE + 10
    assert one_line("ü: plain text, ✔") == "ü: plain text, ✔"


@pytest.mark.parametrize(
    "url", ["https://u:canary@h/x.git", "/work/https:/u:canary@h/x.git", "ssh://:canary@h", "tcp://u:canary@[::1]:1"]
)
def test_the_password_of_an_url_is_told_nowhere(url: str) -> None:
    error = BackendError(f"a: {url}: no", file=url, logs=[f"see {url}"], probes=[{"reason": url}])
    assert "canary" not in f"{error} {error.to_dict()}" and "***@" in error.message
    assert one_line("a: b@c, http://h:80/x@y, me@r.io") == "a: b@c, http://h:80/x@y, me@r.io"


def test_every_kind_is_known() -> None:
    defined = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ContainerError)}
    assert defined - {ContainerError} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_is_told_of_where_programs_look(kind: type[ContainerError]) -> None:
    """In the README's table, and at the head of the C header."""
    rows = re.findall(r"^\| (\d{3}) \| ([\w, ]+) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert str(kind.code) in {code for code, names in rows if kind.__name__ in names.split(", ")}
    codes = re.search(r"Codes: ([^.]*)\.", (ROOT / "include/perry_container.h").read_text())
    assert codes is not None
    told = dict(re.findall(r"(\d{3}) ([^\d]+)", codes[1]))
    assert kind.__name__ in told[str(kind.code)]
