"""Where a module is, without importing it or what Python imports to find that out."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


def spec_of(name: str) -> ModuleSpec | None:
    """Of a module that is in no package, or of a package."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, None)
        if spec is not None:
            return spec
    return None
