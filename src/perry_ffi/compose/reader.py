"""YAML text to plain trees, read as Compose reads it: the events of libyaml, and what it refuses in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from perry_ffi.compose.composer import Composer, Document
from perry_ffi.compose.fault import fault
from perry_ffi.model.bounds import MAX_BYTES, MAX_DEPTH, MAX_NODES

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML built without libyaml
    from yaml import Loader as _Parser  # type: ignore[assignment]

_MAX_TABS = 200
_MAX_READ_AGAIN = 200 * 4 * 1024 * 1024
"""How much may be read again because of tabs: each time from the beginning."""


def read_documents(content: str | bytes, limit: int = MAX_NODES) -> list[Document]:
    """Every document of a YAML stream, in order; an empty stream has none. limit: how many values they may have in all.

    Raises ValidationError with ``line`` and ``column`` (from 1) for anything that is not readable.
    """
    if len(content) > MAX_BYTES:
        raise fault("", f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB and is refused")
    for _ in range(min(_MAX_TABS, _MAX_READ_AGAIN // max(len(content), 1))):
        try:
            return _documents(content, limit)
        except yaml.YAMLError as error:
            spaced = _space_for_tab(content, error)
            if spaced is None:
                raise _unreadable(error) from None
            content = spaced
        except UnicodeError:
            break
    raise fault("", "the file is not UTF-8 text, or holds too many tabs")


def _space_for_tab(content: str | bytes, error: yaml.YAMLError) -> str | None:
    """``content`` with a space for the tab that libyaml, but not YAML, refuses between a key and its value."""
    mark = getattr(error, "problem_mark", None)
    if mark is None or "'\\t' that cannot start any token" not in str(getattr(error, "problem", "")):
        return None
    lines = (content if isinstance(content, str) else content.decode("utf-8-sig", "replace")).split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    if not line[: mark.column].strip() or line[mark.column : mark.column + 1] != "\t":
        return None
    lines[mark.line] = line[: mark.column] + " " + line[mark.column + 1 :]
    return "\n".join(lines)


def events(content: str | bytes) -> Iterator[Any]:
    """The events of libyaml for ``content``; raises yaml.YAMLError."""
    with _parsing(content) as found:
        yield from found


@contextmanager
def _parsing(content: str | bytes) -> Iterator[Iterator[Any]]:
    parser = _Parser(content)
    try:
        yield iter(parser.get_event, None)
    finally:
        parser.dispose()


def _unreadable(error: yaml.YAMLError) -> Exception:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
    # libyaml looks ahead, and newer ones have a bound of their own: far above ours.
    deep = problem == "exceeded maximum nesting depth"
    refused = fault("", f"nested deeper than {MAX_DEPTH} levels and is refused" if deep else f"not valid YAML: {problem}")
    if mark is not None:
        refused.details.update(line=mark.line + 1, column=mark.column + 1)
    return refused


def _documents(content: str | bytes, limit: int) -> list[Document]:
    found: list[Document] = []
    with _parsing(content) as stream:
        for event in stream:
            if type(event) is yaml.DocumentStartEvent:
                if event.version not in (None, (1, 1)):
                    raise _at(event, "the %YAML directive names another version", "%YAML 1.1, or no directive")
                found.append(Composer(limit).read(stream))
                limit -= found[-1].nodes
    return found


def _at(event: Any, what: str, expected: str) -> Exception:
    refused = fault("", what, expected)
    refused.details.update(line=event.start_mark.line + 1, column=event.start_mark.column + 1)
    return refused
