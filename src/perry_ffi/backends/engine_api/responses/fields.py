"""What the parsers of engines' answers share: an unreadable answer is the engine's failure, with its place."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.answer import Mismatch

P = ParamSpec("P")
R = TypeVar("R")
_GENERATED = re.compile(r"[0-9a-f]{64}")
_LONG = ("docker.io/", "index.docker.io/", "library/")
"""What names begin with that have a shorter form."""
_YEARS = range(-62_135_596_800, 253_402_300_800)
"""The seconds since 1970 of the years 1 to 9999."""
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?\s?(Z|[+-]\d\d:?\d\d)?")


def reads(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Turns whatever a parser trips over in an engine's document into a BackendError that names ``what``."""

    def wrap(parser: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(parser)
        def read(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return parser(*args, **kwargs)
            except Mismatch as error:
                reason = "unexpected " + ", ".join(error.places[:3])
            except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
                reason = f"{type(error).__name__}: {error}"[:120]
            raise BackendError(f"the engine's description of {what} cannot be read: {reason}", reason=reason)

        return read

    return wrap


def moment(value: Any) -> str:
    """ISO 8601 in UTC of an engine's time (text, or seconds since 1970); ``""`` where it has none (the year 1)."""
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        if value not in _YEARS:
            raise ValueError("not a time")
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value))
    match = _TIME.match(value)
    if not match:
        raise ValueError("not a time")
    day, clock, fraction, zone = match.groups()
    if day.startswith("0001-"):
        return ""
    if zone not in (None, "Z"):
        from datetime import UTC, datetime  # Takes longer to import than a list to read, which has seconds.

        shifted = datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
        day, clock = shifted.strftime("%Y-%m-%d"), shifted.strftime("%H:%M:%S")
    return f"{day}T{clock}{fraction or ''}Z"


def instant(value: Any) -> float:
    """Seconds since 1970 of an engine's time; 0 where it has none."""
    from datetime import datetime

    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        if not (text := moment(value)):
            return 0.0
        at = datetime.fromisoformat(text)
    return max(0.0, at.timestamp())


@functools.lru_cache(maxsize=1024)
def short_name(image: str) -> str:
    """An image's name without ``docker.io/library/``, which podman writes out and docker does not."""
    if not image.startswith(_LONG):
        return image
    from perry_ffi.model.reference import parse_reference  # Not for those whose names are short.

    try:
        return parse_reference(image).familiar
    except ValidationError:
        return image


def is_generated(volume: str) -> bool:
    """Whether a volume's name is of those that docker and podman give to what nobody names."""
    return len(volume) == 64 and _GENERATED.fullmatch(volume) is not None


def texts(value: Any) -> dict[str, str]:
    """A map of texts; engines say null for an empty one."""
    return {str(key): "" if item is None else str(item) for key, item in mapping(value).items()}


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; engines say null for an empty one."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError("not an object")
    return value


def listing(value: Any) -> list[Any]:
    """A JSON list; engines say null for an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value
