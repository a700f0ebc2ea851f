"""What a program hears of a volume."""

from typing import Any

from perry_ffi.model.answer import Answer


class VolumeInfo(Answer):
    name: str
    driver: str
    mountpoint: str = ""
    created: str = ""
    scope: str = ""
    labels: dict[str, str] = {}
    options: dict[str, str] = {}
    raw: dict[str, Any] | None = None
