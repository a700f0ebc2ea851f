"""How containers and images are named that nobody gave a name."""

from __future__ import annotations

from contextlib import AbstractContextManager


def as_version_1() -> AbstractContextManager[None]:
    """Within it with underscores, as docker compose's first version did."""
    from perry_ffi.stack.identity import with_underscores

    return with_underscores()
