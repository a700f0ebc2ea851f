"""Who answers, by the ``Server`` header of any answer."""

from __future__ import annotations

from typing import Final

DOCKER: Final = "docker"
PODMAN: Final = "podman"


def flavour_of_server(header: str) -> str:
    """Who says so of itself in the ``Server`` header of any answer."""
    return PODMAN if "libpod" in header.lower() else DOCKER
