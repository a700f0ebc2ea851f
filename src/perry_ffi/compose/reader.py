"""YAML text to plain trees, read as Compose reads it.

Events of libyaml become dicts, lists and scalars without recursion. Aliases are
copied, so that later passes may change a tree in place; ``<<`` is merged here.
``!reset`` values are left out and their paths recorded, as are ``!override``
paths. Refused with a reason: duplicate keys, keys that are not text, deep
nesting, and documents that aliases blow up.
"""

from __future__ import annotations

import binascii
from typing import Any, Iterator

import yaml

from .fault import fault
from .scalars import Timestamp, resolve_plain

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML built without libyaml
    from yaml import Loader as _Parser  # type: ignore[assignment]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 100
MAX_ALIASED = 250_000
_MAX_TABS = 200

_TAG = "tag:yaml.org,2002:"
_OPEN = object()
_RESET, _OVERRIDE = "!reset", "!override"

Path = tuple[str, ...]


class Document:
    """One YAML document: its tree, and the paths that earlier files must give up before it is merged."""

    __slots__ = ("resets", "value")

    def __init__(self, value: Any, resets: list[Path]) -> None:
        self.value = value
        self.resets = resets


class _Anchor:
    """A finished anchored node, and what its aliases repeat: its tag, and overrides inside it."""

    __slots__ = ("height", "overrides", "size", "tag", "value")

    def __init__(self, value: Any, size: int, height: int, tag: str | None, overrides: list[Path]) -> None:
        self.value, self.size, self.height, self.tag, self.overrides = value, size, height, tag, overrides


class _Frame:
    """A mapping or list under construction."""

    __slots__ = ("anchor", "height", "key", "lines", "merges", "overrides", "size", "tag", "value")

    def __init__(self, value: Any, anchor: str | None, tag: str | None, overrides: int) -> None:
        self.value = value
        self.anchor = anchor
        self.tag = tag
        self.key: str | None = None
        self.lines: dict[str, int] = {}
        self.merges: list[Any] = []
        self.size = 1
        self.height = 1
        self.overrides = overrides


def read_documents(content: str | bytes) -> list[Document]:
    """Every document of a YAML stream, in order; an empty stream has none.

    Raises ValidationError with ``line`` and ``column`` (from 1) for anything that is not readable.
    """
    if len(content) > MAX_BYTES:
        raise fault("", f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB and is refused")
    for _ in range(_MAX_TABS):
        try:
            return list(_documents(content))
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
    lines = (content if type(content) is str else bytes(content).decode("utf-8-sig", "replace")).split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    if not line[: mark.column].strip() or line[mark.column : mark.column + 1] != "\t":
        return None
    lines[mark.line] = line[: mark.column] + " " + line[mark.column + 1 :]
    return "\n".join(lines)


def events(content: str | bytes) -> Iterator[Any]:
    """The events of libyaml for ``content``; raises yaml.YAMLError."""
    parser = _Parser(content)
    try:
        while True:
            event = parser.get_event()
            if event is None or type(event) is yaml.StreamEndEvent:
                return
            yield event
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


def _documents(content: str | bytes) -> Iterator[Document]:
    composer: _Composer | None = None
    for event in events(content):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            if event.version not in (None, (1, 1)):
                raise _at(event, "", "the %YAML directive names another version", "%YAML 1.1, or no directive")
            composer = _Composer()
        elif kind is yaml.DocumentEndEvent:
            assert composer is not None
            yield Document(composer.root, composer.resets + composer.overrides)
        elif composer is not None:
            composer.feed(kind, event)


class _Composer:
    """Builds the tree of one document from its events."""

    def __init__(self) -> None:
        self.root: Any = None
        self.resets: list[Path] = []
        self.overrides: list[Path] = []
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Any] = {}
        self._alias_paths: dict[int, tuple[set[Path], set[Path]]] = {}
        self._aliased = 0

    def feed(self, kind: type, event: Any) -> None:
        """Take one event between the document's start and end."""
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._open([], event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        else:
            self._close(event)

    def _scalar(self, event: Any) -> None:
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and type(frame.value) is dict:
            self._take_key(frame, event)
            return
        tag = event.tag
        value = event.value if tag is None and event.style else _scalar_value(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, 1, 0, tag, [])
        if tag == _RESET or tag == _OVERRIDE:
            self._record(tag)
        self._put(value, 1, 0, tag, event)

    def _take_key(self, frame: _Frame, event: Any) -> None:
        text = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(_scalar_value(event), 1, 0, None, [])
        line = event.start_mark.line + 1
        if text in frame.lines:
            first = frame.lines[text]
            raise _at(event, self._place(text), f"the key {text!r} stands twice, on line {first} and on line {line}")
        frame.lines[text] = line
        if not event.style and text != "<<" and type(_scalar_value(event)) is not str:
            raise _at(event, self._place(text), f"the key {text!r} is not text", "a string; put it in quotes")
        frame.key = text if not event.style and text == "<<" else str(text)
        if text == "<<" and event.style:
            frame.key = "<<\0"

    def _open(self, value: Any, event: Any) -> None:
        if len(self._frames) >= MAX_DEPTH:
            raise _at(event, "", f"nested deeper than {MAX_DEPTH} levels and is refused")
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and type(frame.value) is dict:
            raise _at(event, self._place("?"), "a mapping or list stands as a key", "a string")
        if event.anchor is not None:
            self._anchors[event.anchor] = _OPEN
        if event.tag == _OVERRIDE:
            self._record(_OVERRIDE)
        self._frames.append(_Frame(value, event.anchor, event.tag, len(self.overrides)))

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        value = frame.value
        if frame.merges:
            _merge_into(value, frame.merges, event)
        if frame.anchor is not None:
            depth = len(self._path())
            inner = [path[depth:] for path in self.overrides[frame.overrides :]]
            self._anchors[frame.anchor] = _Anchor(value, frame.size, frame.height, frame.tag, inner)
        if frame.tag == _RESET:
            self._record(_RESET)
        self._put(value, frame.size, frame.height, frame.tag, event)

    def _alias(self, event: Any) -> None:
        anchor = self._anchors.get(event.anchor)
        if anchor is None or anchor is _OPEN:
            what = "refers to itself" if anchor is _OPEN else "is not defined before it is used"
            raise _at(event, self._place(None), f"the anchor &{event.anchor} {what}")
        frame = self._frames[-1] if self._frames else None
        if frame is not None and frame.key is None and type(frame.value) is dict:
            if type(anchor.value) is not str:
                raise _at(event, self._place("?"), "the alias that stands as a key is not text", "a string")
            frame.key = anchor.value
            return
        path = self._path()
        self._refuse_nested_alias(anchor, path, event)
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED or len(self._frames) + anchor.height > MAX_DEPTH:
            raise _at(event, self._place(None), "aliases expand this document beyond reason; it is refused")
        if anchor.tag in (_RESET, _OVERRIDE):
            self._record(anchor.tag)
        self.overrides.extend(path + inner for inner in anchor.overrides)
        self._put(_copy(anchor.value), anchor.size, anchor.height, anchor.tag, event)

    def _refuse_nested_alias(self, anchor: _Anchor, path: Path, event: Any) -> None:
        """Refuse an alias inside a place that the same alias already filled, as Compose does."""
        paths, prefixes = self._alias_paths.setdefault(id(anchor), (set(), set()))
        if path in prefixes or any(path[:length] in paths for length in range(1, len(path))):
            raise _at(event, self._place(None), f"the anchor &{event.anchor} is used inside itself")
        paths.add(path)
        prefixes.update(path[:length] for length in range(1, len(path)))

    def _put(self, value: Any, size: int, height: int, tag: str | None, event: Any) -> None:
        """Hand a finished node to the container around it."""
        if not self._frames:
            self.root = None if tag == _RESET else value
            return
        frame = self._frames[-1]
        frame.size += size
        if height >= frame.height:
            frame.height = height + 1
        if type(frame.value) is list:
            if tag != _RESET:
                frame.value.append(value)
            return
        key, frame.key = frame.key, None
        if tag == _RESET:
            return
        if key == "<<":
            frame.merges.append(value)
        elif key is not None:
            frame.value["<<" if key == "<<\0" else key] = value

    def _path(self) -> Path:
        """Keys from the root to the node that is being read; a merged mapping stands where it is merged."""
        steps = [frame.key if type(frame.value) is dict else str(len(frame.value)) for frame in self._frames]
        return tuple(step or "" for index, step in enumerate(steps) if step != "<<" or index == 0)

    def _record(self, tag: str | None) -> None:
        (self.resets if tag == _RESET else self.overrides).append(self._path())

    def _place(self, key: str | None) -> str:
        place = ""
        for frame in self._frames:
            if type(frame.value) is list:
                place += f"[{len(frame.value)}]"
            elif frame.key is not None:
                place += f".{frame.key}" if place else frame.key
        if key is not None:
            place += f".{key}" if place else key
        return place


def _at(event: Any, path: str, what: str, expected: str | None = None) -> Exception:
    refused = fault(path, what, expected)
    refused.details.update(line=event.start_mark.line + 1, column=event.start_mark.column + 1)
    return refused


def _scalar_value(event: Any) -> Any:
    """The value of a scalar event by its tag, style and text."""
    tag, text = event.tag, event.value
    if tag is None:
        return text if event.style else resolve_plain(text)
    if not tag.startswith(_TAG):
        return text
    kind = tag[len(_TAG) :]
    if kind == "str":
        return text
    if kind == "binary":
        try:
            return binascii.a2b_base64(text).decode()
        except (binascii.Error, UnicodeError):
            raise _at(event, "", "the !!binary value is not base64 text") from None
    value = resolve_plain(text)
    if kind == "float" and type(value) is int:
        return float(value)
    expected = _TAGGED.get(kind)
    if expected is not None and type(value) is not expected:
        raise _at(event, "", f"the value cannot be read as !!{kind}")
    return value if expected is not None else text


_TAGGED = {"int": int, "float": float, "bool": bool, "null": type(None), "timestamp": Timestamp}


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _copy(item) for key, item in value.items()}
    if kind is list:
        return [_copy(item) for item in value]
    return value


def _merge_into(target: dict[str, Any], merges: list[Any], event: Any) -> None:
    """Add what ``<<`` names: keys of the mapping itself win, then the first mapping that has the key."""
    sources: list[Any] = []
    for merge in merges:
        sources.extend(merge if type(merge) is list else (merge,))
    for source in sources:
        if type(source) is not dict:
            raise _at(event, "", "a merge key (<<) takes a mapping or a list of mappings")
        for key, value in source.items():
            target.setdefault(key, value)
