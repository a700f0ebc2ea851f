"""Seccomp profiles as files, for an engine that reads them from its machine, which is this one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from pathlib import Path

from perry_ffi.backends.engine_api.drivers.podman_service import private_directory
from perry_ffi.errors import BackendError
from perry_ffi.settings import Settings

_OF_ROOT = Path("/run/perry-container-profiles")


def profile_file(text: str, settings: Settings) -> Path:
    """The file that holds ``text``, written once: its name is the digest. Blocking.

    In a folder that nobody else can write. Root's can be entered by others, for its engine may be asked by one who has given up
    root's rights.
    """
    folder = _OF_ROOT if os.getuid() == 0 and settings.runtime_dir is None else private_directory(settings) / "profiles"
    data = text.encode()
    try:
        _own(folder)
        path = folder / f"{hashlib.sha256(data).hexdigest()}.json"
        if _holds(path, data):
            return path
        new = folder / f".{path.name}.{secrets.token_hex(6)}"
        try:
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o644)
            os.replace(new, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(new)
            raise
    except OSError as error:
        raise BackendError(f"{folder}: no place for a seccomp profile: {error.strerror}", reason=error.strerror) from error
    return path


def _own(folder: Path) -> None:
    folder.mkdir(mode=0o755, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(1, "it is not a folder that only this user can write")


def _holds(path: Path, data: bytes) -> bool:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            found = os.fstat(file.fileno())
            return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and file.read(len(data) + 1) == data
    except OSError:
        return False


__all__ = ["profile_file"]
