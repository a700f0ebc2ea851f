"""PyYAML's parser in C without the Python around it: a scanner, constructors and a writer of its own, whose modules and expressions take
longer to load than most files do to read. What is read of it are events.
"""

from __future__ import annotations

import sys
from types import ModuleType

from perry_ffi.interpreter.finding import spec_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "yaml"
_PARSER = f"{NAME}._yaml"
_PARTS = ("error", "events", "tokens", "nodes")
"""The modules that events are made of; they are loaded when something of them is asked for."""
_UNUSED = ("reader", "scanner", "parser", "composer", "constructor", "emitter", "serializer", "representer")
"""The modules of which the parser in C takes no more than their errors."""


def take_parser_alone() -> None:
    """To be called before anybody imports it: the package is then its parser in C, its events and its errors. Where there is no such
    parser nothing is put in its place.
    """
    spec = spec_of(NAME)
    if spec is None or NAME in sys.modules or not _has_parser(spec.submodule_search_locations):
        return
    from _frozen_importlib import module_from_spec

    package = module_from_spec(spec)
    package.__getattr__ = _of_a_part  # type: ignore[method-assign]
    sys.modules[NAME] = package
    for name in _UNUSED:
        sys.modules[f"{NAME}.{name}"] = _Errors(f"{NAME}.{name}")


def _has_parser(places: Any) -> bool:
    return any(finder.find_spec(_PARSER, places) is not None for finder in sys.meta_path)


def _of_a_part(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    from importlib import import_module

    if name in (*_PARTS, *_UNUSED):
        return import_module(f"{NAME}.{name}")
    for part in _PARTS:
        found = getattr(import_module(f"{NAME}.{part}"), name, None)
        if found is not None:
            setattr(sys.modules[NAME], name, found)
            return found
    raise AttributeError(name)


class _Errors(ModuleType):
    """Stands for a module of which nothing but its error is asked."""

    def __getattr__(self, name: str) -> object:
        if not name.endswith("Error"):
            raise AttributeError(name)
        from yaml.error import MarkedYAMLError, YAMLError

        kind = type(name, (YAMLError,), {"__init__": _refuse}) if name == "ReaderError" else type(name, (MarkedYAMLError,), {})
        setattr(self, name, kind)
        return kind


def _refuse(self: Any, name: str, position: int, character: object, encoding: str, reason: str) -> None:
    """As the reader's error has it, which tells of no line."""
    self.name, self.position, self.character, self.encoding, self.reason = name, position, character, encoding, reason
