"""Who answers, by the ``Server`` header of any answer."""

from __future__ import annotations

from typing import Final

DOCKER: Final = "docker"
PODMAN: Final = "podman"
_PRODUCTS: Final = {"Docker": DOCKER, "Libpod": PODMAN}
"""What engines call themselves there."""


def flavour_of_server(header: str) -> str:
    """Who says so of itself in the ``Server`` header of any answer."""
    return PODMAN if "libpod" in header.lower() else DOCKER


def named_by_server(header: str) -> tuple[str, str] | None:
    """The flavour and the release of ``Docker/28.5.2 (linux)``; None for what is not written as docker and podman write it."""
    product, _, release = header.partition(" ")[0].partition("/")
    flavour = _PRODUCTS.get(product)
    return (flavour, release) if flavour and release and release.isascii() and release.isprintable() else None
