"""Files into a container and out of it, as tar files (``op.archive``)."""

from __future__ import annotations

import abc
from collections.abc import Sequence

from perry_ffi.backends.contract.stream import Stream


class Archives(abc.ABC):
    """``op.archive``"""

    @abc.abstractmethod
    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        """Unpacks a tar file into a directory of a container, created or running, with the owners and modes it names.

        ``NotFound`` if there is no such directory. ``Conflict`` where the root file system is read-only and the
        directory on no volume. What is mounted below ``directory`` is for the engine to see or not: a file for a volume is
        put at the volume's own place.
        """

    async def fill_volumes(self, ident: str, places: Sequence[str]) -> None:  # noqa: B027 (nothing, unless a backend has to)
        """Has new volumes of a created container hold what its image has at ``places``, where the engine has not done it yet.

        To be called before anything else is put into them. Nothing is done for a volume that holds something, or is not to
        be filled (``nocopy``).
        """

    @abc.abstractmethod
    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        """A file or directory of a container as a tar file. ``NotFound`` if there is no such path."""


__all__ = ["Archives"]
