"""What a program hears of an image."""

from typing import Any

from perry_ffi.model.answer import Answer, Count, told


class BuildResult(Answer):
    id: str


class ImageInfo(Answer):
    """One name of one image; ``repository`` and ``tag`` are ``<none>`` where it has no name."""

    id: str
    repository: str
    tag: str
    size: Count
    created: str
    """ISO 8601, UTC."""


class ImageDetails(Answer):
    id: str
    tags: list[str] = []
    digests: list[str] = []
    """``repository@sha256:…`` each, as the registries know it."""
    size: Count
    created: str
    architecture: str = ""
    os: str = ""
    variant: str = ""
    labels: dict[str, str] = {}
    env: dict[str, str] = {}
    cmd: list[str] = []
    entrypoint: list[str] = []
    user: str = ""
    workdir: str = ""
    exposed_ports: list[str] = []
    volumes: list[str] = []
    raw: dict[str, Any] | None = None
    """The engine's own document."""
    has_health_check: bool = told(default=False, json=None)
    """Whether it says something of one. Not told to programs."""
    tagged_at: str = told(default="", json=None)
    """When it was last given a name here, where the engine tells that; a pull gives none. Not told to programs."""
