"""The tree of one YAML document, built from its events without recursion.

Aliases are copied, so that later passes may change a tree in place; ``<<`` is merged here. ``!reset`` values are left
out and their paths recorded, as are ``!override`` paths. Refused with a reason: duplicate keys, keys that are not text,
deep nesting, documents of more values than there may be, and those that aliases blow up.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from typing import Any

import yaml

from perry_ffi.compose.fault import fault, too_many_values
from perry_ffi.compose.scalars import Timestamp, resolve_plain
from perry_ffi.compose.tree import copy_tree
from perry_ffi.errors import ContainerError
from perry_ffi.model.bounds import MAX_DEPTH

MAX_ALIASED, ALIASED_EACH = 250_000, 50
"""How many values aliases may repeat: so many, and as many more for each value that is written."""

_TAG = "tag:yaml.org,2002:"
_OPEN: Any = object()
_ITEM: Any = object()
"""The key of a list's entries."""
_MERGE: Any = object()
"""The key of what is merged."""
_NEW: Any = object()
_RESET, _OVERRIDE = "!reset", "!override"

Path = tuple[str, ...]


class Document:
    """One YAML document: its tree, the paths that earlier files must give up before it is merged, and how many values it has."""

    __slots__ = ("nodes", "resets", "value")

    def __init__(self, value: Any, resets: list[Path], nodes: int = 0) -> None:
        self.value = value
        self.resets = resets
        self.nodes = nodes


class _Anchor:
    """A finished anchored node, and what its aliases repeat: its tag, and overrides inside it."""

    __slots__ = ("height", "overrides", "size", "tag", "value")

    def __init__(self, value: Any, size: int, height: int, tag: str | None, overrides: list[Path]) -> None:
        self.value, self.size, self.height, self.tag, self.overrides = value, size, height, tag, overrides


_NO_MARKS: dict[str, Any] = {}


class _Frame:
    """A mapping or list under construction. key: of the value that comes next; ``None`` where a key comes next."""

    __slots__ = ("anchor", "height", "key", "marks", "merges", "overrides", "size", "tag", "value")

    def __init__(self, value: Any, key: Any, event: Any, overrides: int) -> None:
        self.value = value
        self.key = key
        self.anchor: str | None = event and event.anchor
        self.tag: str | None = event and event.tag
        self.marks: dict[str, Any] = _NO_MARKS if key is _ITEM else {}
        self.merges: list[Any] | None = None
        self.size = 1
        self.height = 1
        self.overrides = overrides


class Composer:
    """Builds one document. limit: how many values it may have."""

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit
        self._resets: list[Path] = []
        self._overrides: list[Path] = []
        self._top = _Frame([], _ITEM, None, 0)
        """What is under construction; the outermost one holds the document."""
        self._frames = [self._top]
        self._anchors: dict[str, _Anchor] = {}
        self._alias_paths: dict[int, tuple[set[Path], set[Path]]] = {}
        self._aliased = 0
        self._keys: dict[str, str] = {}
        self._plain: dict[str, Any] = {}
        """Keys and plain scalars by their texts: few are new, and equal ones are one object."""

    def read(self, events: Iterable[Any]) -> Document:
        """The document whose events come next, up to its end. Raises ValidationError with ``line`` and ``column``."""
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                # Most events are scalars, and the time that a large file takes goes by here.
                top = self._top
                key = top.key
                if key is None:
                    self._key(top, event)
                elif event.tag is not None or event.anchor is not None or key is _MERGE:
                    self._special(event)
                else:
                    self._left -= 1
                    if self._left < 0:
                        raise self._too_many(event)
                    top.size += 1
                    value = event.value if event.style else self._plain_value(event.value)
                    if key is _ITEM:
                        top.value.append(value)
                    else:
                        top.value[key] = value
                        top.key = None
            elif kind is yaml.MappingStartEvent:
                self._open({}, None, event)
            elif kind is yaml.SequenceStartEvent:
                self._open([], _ITEM, event)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentEndEvent:
                break
            else:
                self._close(event)
        root = self._top.value[0] if self._top.value else None
        return Document(root, self._resets + self._overrides, self._limit - self._left)

    # -- scalars --------------------------------------------------------------------------------------

    def _plain_value(self, text: str) -> Any:
        value = self._plain.get(text, _NEW)
        if value is _NEW:
            value = self._plain[text] = resolve_plain(text)
        return value

    def _special(self, event: Any) -> None:
        """A scalar with a tag or an anchor, or one that is merged."""
        self._count(1, event)
        tag, value = event.tag, _scalar_value(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, 1, 0, tag, [])
        if tag in (_RESET, _OVERRIDE):
            self._record(tag)
        self._put(value, 1, 0, tag)

    def _key(self, top: _Frame, event: Any) -> None:
        text = event.value
        key = self._keys.get(text)
        if key is None or event.style or event.tag is not None or event.anchor is not None:
            key = self._new_key(event)
        if text in top.marks:
            lines = f"on line {top.marks[text].line + 1} and on line {event.start_mark.line + 1}"
            raise _at(event, self._place(text), f"the key {text!r} stands twice, {lines}")
        top.marks[text] = event.start_mark
        top.key = key

    def _new_key(self, event: Any) -> Any:
        text = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(_scalar_value(event), 1, 0, None, [])
        if event.style:
            return text
        if text == "<<":
            return _MERGE
        if type(_scalar_value(event)) is not str:
            raise _at(event, self._place(text), f"the key {text!r} is not text", "a string; put it in quotes")
        return text if event.tag is not None else self._keys.setdefault(text, text)

    # -- mappings and lists ---------------------------------------------------------------------------

    def _open(self, value: Any, key: Any, event: Any) -> None:
        if len(self._frames) > MAX_DEPTH:
            raise _at(event, "", f"nested deeper than {MAX_DEPTH} levels and is refused")
        if self._top.key is None:
            raise _at(event, self._place("?"), "a mapping or list stands as a key", "a string")
        self._count(1, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _OPEN
        if event.tag == _OVERRIDE:
            self._record(_OVERRIDE)
        self._top = _Frame(value, key, event, len(self._overrides))
        self._frames.append(self._top)

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        self._top = self._frames[-1]
        if frame.merges:
            _merge_into(frame.value, frame.merges, event)
        if frame.anchor is not None:
            depth = len(self._path())
            inner = [path[depth:] for path in self._overrides[frame.overrides :]]
            self._anchors[frame.anchor] = _Anchor(frame.value, frame.size, frame.height, frame.tag, inner)
        if frame.tag == _RESET:
            self._record(_RESET)
        self._put(frame.value, frame.size, frame.height, frame.tag)

    def _put(self, value: Any, size: int, height: int, tag: str | None) -> None:
        """Hands a finished node to what is around it."""
        top = self._top
        top.size += size
        if height >= top.height:
            top.height = height + 1
        key = top.key
        if key is _ITEM:
            if tag != _RESET:
                top.value.append(value)
            return
        top.key = None
        if tag == _RESET:
            return
        if key is _MERGE:
            top.merges = [*(top.merges or ()), value]
        else:
            top.value[key] = value

    # -- aliases --------------------------------------------------------------------------------------

    def _alias(self, event: Any) -> None:
        anchor = self._anchors.get(event.anchor)
        if anchor is None or anchor is _OPEN:
            what = "refers to itself" if anchor is _OPEN else "is not defined before it is used"
            raise _at(event, self._place(None), f"the anchor &{event.anchor} {what}")
        if self._top.key is None:
            if type(anchor.value) is not str:
                raise _at(event, self._place("?"), "the alias that stands as a key is not text", "a string")
            self._top.key = anchor.value
            return
        path = self._path()
        self._refuse_nested_alias(anchor, path, event)
        written = self._limit - self._left - self._aliased
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED + ALIASED_EACH * written or len(self._frames) - 1 + anchor.height > MAX_DEPTH:
            raise _at(event, self._place(None), "aliases expand this document beyond reason; it is refused")
        self._count(anchor.size, event)
        if anchor.tag in (_RESET, _OVERRIDE):
            self._record(anchor.tag)
        self._overrides.extend(path + inner for inner in anchor.overrides)
        self._put(copy_tree(anchor.value), anchor.size, anchor.height, anchor.tag)

    def _refuse_nested_alias(self, anchor: _Anchor, path: Path, event: Any) -> None:
        """Refuse an alias inside a place that the same alias already filled, as Compose does."""
        paths, prefixes = self._alias_paths.setdefault(id(anchor), (set(), set()))
        if path in prefixes or any(path[:length] in paths for length in range(1, len(path))):
            raise _at(event, self._place(None), f"the anchor &{event.anchor} is used inside itself")
        paths.add(path)
        prefixes.update(path[:length] for length in range(1, len(path)))

    # -- bounds and places ----------------------------------------------------------------------------

    def _count(self, size: int, event: Any) -> None:
        self._left -= size
        if self._left < 0:
            raise self._too_many(event)

    def _too_many(self, event: Any) -> Exception:
        return _marked(too_many_values(), event)

    def _path(self) -> Path:
        """Keys from the root to the node that is being read; a merged mapping stands where it is merged."""
        steps = []
        for index, frame in enumerate(self._frames[1:]):
            if frame.key is _ITEM:
                steps.append(str(len(frame.value)))
            elif frame.key is not _MERGE:
                steps.append(frame.key or "")
            elif index == 0:
                steps.append("<<")
        return tuple(steps)

    def _record(self, tag: str | None) -> None:
        (self._resets if tag == _RESET else self._overrides).append(self._path())

    def _place(self, key: str | None) -> str:
        place = ""
        for frame in self._frames[1:]:
            if frame.key is _ITEM:
                place += f"[{len(frame.value)}]"
            elif frame.key is not None:
                step = "<<" if frame.key is _MERGE else frame.key
                place += f".{step}" if place else step
        if key is not None:
            place += f".{key}" if place else key
        return place


def _at(event: Any, path: str, what: str, expected: str | None = None) -> Exception:
    return _marked(fault(path, what, expected), event)


def _marked(refused: ContainerError, event: Any) -> Exception:
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
