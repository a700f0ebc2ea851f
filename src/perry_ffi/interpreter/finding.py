"""Where a module is, without importing it or what Python imports to find that out."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec


def spec_of(name: str, path: Sequence[str] | None = None) -> ModuleSpec | None:
    """path: of the package that the module is in, if it is in one."""
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec
    return None
