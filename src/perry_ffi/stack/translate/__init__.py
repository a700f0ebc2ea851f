"""From a resolved Compose project to what an engine is asked for. Pure functions; only ``archive`` reads files."""

from __future__ import annotations

from perry_ffi.stack.translate.archive import archive, archives, digest, file_archives, read_files
from perry_ffi.stack.translate.build import build_spec, image_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import FileMount, file_mounts
from perry_ffi.stack.translate.hooks import Hook, Hooks, hooks
from perry_ffi.stack.translate.names import Containers, container_name, default_aliases, object_name
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.translate.warn import refusal, warnings

__all__ = [
    "Containers", "FileMount", "Hook", "Hooks", "archive", "archives", "build_spec", "container_name", "default_aliases",
    "digest", "file_archives", "file_mounts", "hooks", "image_name", "network_spec", "object_name",
    "read_files", "refusal", "service_spec", "volume_spec", "warnings",
]  # fmt: skip
