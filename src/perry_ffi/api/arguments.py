"""Arguments as they came across the border, read with clear errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from perry_ffi.errors import ValidationError

if TYPE_CHECKING:
    from perry_ffi.model.base import Model

M = TypeVar("M", bound="Model")


def need(text: str | None, name: str) -> str:
    """A text that must be there. Raises ValidationError if it is absent, empty, or holds NUL."""
    if not text:
        raise ValidationError(f"{name}: it is required", path=name, expected="text that is not empty")
    return refuse_nul(text, name)


def optional(text: str | None, name: str) -> str | None:
    """A text that may be absent or empty. Raises ValidationError if it holds NUL."""
    return refuse_nul(text, name) if text else None


def refuse_nul(text: str, name: str) -> str:
    """``text``; raises ValidationError if it holds NUL, which no engine takes."""
    if "\0" in text:
        raise ValidationError(f"{name}: it holds a NUL", path=name, expected="text without NUL")
    return text


def required(model: type[M], document: bytes | None, name: str) -> M:
    """The model that a document describes. Raises ValidationError if it is absent or does not fit."""
    from perry_ffi.model.base import decode

    if document is None:
        raise ValidationError(f"{name}: it is required", path=name, expected="an object")
    return decode(model, document, name)


def strings(document: bytes | None, name: str) -> list[str]:
    """A list of texts that must be there. Raises ValidationError as ``required``."""
    from perry_ffi.model.jsontext import load

    value = load(document, name) if document is not None else None
    if not isinstance(value, list):
        raise ValidationError(f"{name}: expected a list of strings", path=name, expected="a list of strings")
    for index, item in enumerate(value):
        if not isinstance(item, str):
            path = f"{name}[{index}]"
            raise ValidationError(f"{path}: expected a string", path=path, expected="a string")
    return value


def object_of(document: bytes | None, name: str) -> dict[str, Any]:
    """An object of any members that must be there. Raises ValidationError as ``required``."""
    from perry_ffi.model.jsontext import load

    value = load(document, name) if document is not None else None
    if not isinstance(value, dict):
        raise ValidationError(f"{name}: expected an object", path=name, expected="an object")
    return value


def command_of(document: bytes | None) -> list[str]:
    """A command and its arguments. Raises ValidationError as ``strings``, and for an empty one."""
    words = strings(document, "command")
    if not words:
        raise ValidationError("command: it is empty", path="command", expected="a command and its arguments")
    return words


def optional_strings(document: bytes | None, name: str) -> list[str] | None:
    """A list of texts that may be absent. Raises ValidationError as ``strings``."""
    return None if document is None else strings(document, name)


def counts(document: bytes | None, name: str) -> dict[str, int]:
    """An object whose members are whole numbers from 0. Raises ValidationError as ``required``."""
    wanted = object_of(document, name)
    for member, number in wanted.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            path = f"{name}.{member}"
            raise ValidationError(f"{path}: expected a number from 0", path=path, expected="a number from 0")
    return wanted
