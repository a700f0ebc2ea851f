"""Env files in Compose's dialect, and the ``raw`` format.

Lines ``KEY=value``, ``KEY: value`` or ``KEY`` alone (taken from the caller's
variables), with ``export``, comments, and quotes: single quotes are literal,
double quotes take escapes and variables and may span lines, and a value
without quotes ends at `` #`` or at the end of the line and takes variables.
Errors name file and line and never quote a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from perry_ffi.compose.template import Substitution, TemplateError
from perry_ffi.errors import ValidationError
from perry_ffi.model.files import open_file

MAX_BYTES = 1024 * 1024

_BLANKS = "\t\v\f\r \x85\xa0"
_ESCAPE = re.compile(r"\\(?:[abcfnrtv$\"\\]|0[0-9]{0,3})")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}

Lookup = Callable[[str], "str | None"]


class _Merged(Mapping[str, str]):
    """What a value may refer to: the caller's variables first, then those read so far."""

    def __init__(self, lookup: Lookup, values: dict[str, str]) -> None:
        self._lookup, self._values = lookup, values

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        value = self._lookup(name)
        return self._values.get(name, default) if value is None else value

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def read_env_file(path: str, values: dict[str, str], lookup: Lookup, missing: dict[str, None], form: str | None = None) -> None:
    """Add the variables of the file at ``path`` to ``values``; later ones replace earlier ones.

    ``lookup`` is asked first for what values refer to; names without a value are
    added to ``missing``. ``form`` is ``raw`` for lines taken as they are, or None.
    Raises ValidationError with file and line.
    """
    try:
        with open_file(path) as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValidationError(f"{path}: cannot be read: {error.strerror}", file=path) from None
    if len(content) > MAX_BYTES:
        raise ValidationError(f"{path}: the file is larger than {MAX_BYTES // 1024} KiB and is refused", file=path)
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    if form not in (None, "", "raw", ".env"):
        raise ValidationError(f"{path}: unknown env_file format {form!r} (expected raw)", file=path)
    try:
        if form == "raw":
            _parse_raw(text, values, lookup)
        else:
            parse_env(text, values, lookup, missing)
    except _BadLine as error:
        raise ValidationError(f"{path}:{error.line}: {error.what}", file=path, line=error.line) from None


class _BadLine(Exception):
    def __init__(self, line: int, what: str) -> None:
        self.line, self.what = line, what


def _parse_raw(text: str, values: dict[str, str], lookup: Lookup) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r").lstrip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not key or any(blank in key for blank in (" ", "\t")):
            raise _BadLine(number, "not a KEY=value line")
        if equals:
            values[key] = value
        else:
            inherited = lookup(key)
            if inherited is not None:
                values[key] = inherited


def parse_env(text: str, values: dict[str, str], lookup: Lookup, missing: dict[str, None]) -> None:
    """Parse ``text`` of an env file into ``values``; see ``read_env_file``. Raises with the line number."""
    expand = Substitution(_Merged(lookup, values), missing)
    at = 0
    while (at := _next_statement(text, at)) >= 0:
        key, at, inherited = _key(text, at)
        if inherited:
            value = lookup(key)
        else:
            value, at = _value(text, at, expand)
        if value is not None:
            values[key] = value


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _next_statement(text: str, at: int) -> int:
    """Index of the next statement, past blank lines and comments; -1 at the end."""
    length = len(text)
    while at < length:
        if text[at].isspace():
            at += 1
        elif text[at] == "#":
            end = text.find("\n", at)
            at = length if end < 0 else end
        else:
            return at
    return -1


def _key(text: str, at: int) -> tuple[str, int, bool]:
    """The variable's name, where its value begins, and whether it stands alone (and is inherited)."""
    if text.startswith("export", at) and text[at + 6 : at + 7].isspace():
        at += len("export")
        while at < len(text) and text[at] in _BLANKS:
            at += 1
    for index in range(at, len(text)):
        char = text[index]
        if char in "=:\n":
            name = text[at:index].rstrip()
            if " " in name:
                raise _BadLine(_line(text, at), "a key cannot contain a space")
            after = index + 1
            while after < len(text) and text[after] in _BLANKS:
                after += 1
            return name, after, char == "\n"
        if not (char in _BLANKS or char in "_.-[]" or char.isalpha() or char.isnumeric()):
            raise _BadLine(_line(text, at), "unexpected character in a variable name")
    return _last_key(text, at)


def _last_key(text: str, at: int) -> tuple[str, int, bool]:
    """A name that ends with the file has no value and is not inherited either: it is empty, at its own text."""
    return "", at, False


def _value(text: str, at: int, expand: Substitution) -> tuple[str, int]:
    if at < len(text) and text[at] in "'\"":
        return _quoted(text, at, expand)
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    value = text[at:end].partition(" #")[0].rstrip()
    return _expanded(value, text, at, expand), min(end + 1, len(text))


def _quoted(text: str, at: int, expand: Substitution) -> tuple[str, int]:
    quote, index = text[at], at + 1
    parts: list[str] = []
    while index < len(text):
        char = text[index]
        if char == quote:
            value = "".join(parts)
            if quote == '"':
                value = _expanded(_ESCAPE.sub(_unescape, value), text, at, expand)
            return value, index + 1
        if char == "\\" and index + 1 < len(text):
            follower = text[index + 1]
            parts.append(follower if follower == quote else "\\" + follower)
            index += 2
            continue
        parts.append(char)
        index += 1
    raise _BadLine(_line(text, at), "the quoted value has no end")


def _unescape(found: re.Match[str]) -> str:
    code = found[0][1:]
    if code == "$":
        return "$$"
    if code[0] != "0":
        return _ESCAPED.get(code, found[0])
    digits = code[1:]
    return chr(int(digits, 8)) if len(digits) == 3 and all(d in "01234567" for d in digits) and digits < "400" else found[0]


def _expanded(value: str, text: str, at: int, expand: Substitution) -> str:
    try:
        return expand(value)
    except TemplateError as error:
        what = "the value holds a broken variable" if "is not a variable" in str(error) else str(error)
        raise _BadLine(_line(text, at), what) from None
