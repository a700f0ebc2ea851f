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
    api: str | None = None
    """The version of its API that is spoken, of a live engine: ``1.41``."""
    rootless: bool | None = None
    """Whether a live engine has the rights of a user who is not root."""
    cgroup_version: str | None = told(default=None, json="cgroupVersion")
    """``1`` or ``2``, of a live engine's machine."""
    storage_driver: str | None = told(default=None, json="storageDriver")
    """What keeps the layers of a live engine's containers: ``overlay2``."""
    runtime: str | None = None
    """What a live engine runs containers with: ``runc``."""
    runtimes: list[str] | None = None
    """What a container may name as its runtime, that one among them."""
    remedy: str | None = None
    """What to do about ``reason``."""
    warning: str | None = None
    """What is to be known of its having been chosen: an engine that comes before it is there and too slow."""
