"""What every error keeps to, whatever its words were made of."""

from __future__ import annotations

import pytest

from perry_ffi.errors import MAX_MESSAGE, BackendError, one_line


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
