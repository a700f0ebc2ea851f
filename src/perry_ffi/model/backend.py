"""What is told about an engine."""

from perry_ffi.model.answer import Answer, told


class BackendInfo(Answer):
    """One probe, or the live engine. ``reason`` is empty where it is available."""

    name: str
    available: bool
    reason: str = ""
    version: str | None = None
    mode: str | None = None
    """``local`` (on this kernel), ``vm`` or ``remote``."""
    isolation_level: str | None = told(default=None, json="isolationLevel")
    """``container`` or ``microvm``."""
    remedy: str | None = None
    """What to do about ``reason``."""
    warning: str | None = None
    """What is to be known of its having been chosen: an engine that comes before it is there and too slow."""
