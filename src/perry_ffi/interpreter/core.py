"""pydantic-core without the Python around it: that declares eighty types of dictionaries, for programs that check types, which takes longer
than all models do. What checks values is its module in Rust.
"""

from __future__ import annotations

import sys

from perry_ffi.interpreter.finding import spec_of

NAME = "pydantic_core"
_ABSENT, _absent = "MISSING", object()
"""The one value that the module in Rust asks the Python around it for, when it writes a model: what nothing else is."""


def take_core_alone() -> None:
    """To be called before anybody imports it: what is asked of the package is then its module's, and loads that."""
    spec = spec_of(NAME)
    if spec is None or NAME in sys.modules:
        return
    from _frozen_importlib import module_from_spec

    package = module_from_spec(spec)
    package.__getattr__ = _of_the_module  # type: ignore[method-assign]
    sys.modules[NAME] = package


def _of_the_module(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    if name == _ABSENT:
        return _absent
    from importlib import import_module

    return getattr(import_module(f"{NAME}._{NAME}"), name)
