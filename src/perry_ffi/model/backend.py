"""What is told about an engine."""

from __future__ import annotations

from pydantic import Field

from perry_ffi.model.base import Model


class BackendInfo(Model):
    """One probe, or the live engine. ``reason`` is empty where it is available."""

    name: str
    available: bool
    reason: str = ""
    version: str | None = None
    mode: str | None = None
    """``local`` (on this kernel), ``vm`` or ``remote``."""
    isolation_level: str | None = Field(None, alias="isolationLevel")
    """``container`` or ``microvm``."""
    remedy: str | None = None
    """What to do about ``reason``."""
