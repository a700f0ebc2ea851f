"""What a TLS connection to an engine is made with: files of this machine that docker's own names have (``ca.pem`` and so on)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from perry_ffi.net.refusal import Unreachable

CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"


@dataclass(frozen=True)
class Tls:
    """folder: where the files are, for words. ca: who is trusted, None: whom the system trusts.

    certificate, key: what this side shows of itself, both or none. verify: whether the engine must show that it is trusted.
    """

    folder: Path
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    verify: bool = True

    @classmethod
    def of_folder(cls, folder: Path, *, verify: bool = True, own_ca: bool = False) -> Tls:
        """With what is in ``folder``. own_ca: without a ``ca.pem`` there nobody is trusted.

        Raises Unreachable, which names a file that is missing.
        """
        there = {name: folder / name for name in (CA, CERTIFICATE, KEY) if is_there(folder / name)}
        if verify and own_ca and CA not in there:
            raise missing(folder / CA, "the certificate of the authority that signed the engine's")
        for one, other in ((CERTIFICATE, KEY), (KEY, CERTIFICATE)):
            if one in there and other not in there:
                raise missing(folder / other, f"what belongs to {one}")
        return cls(folder, there.get(CA), there.get(CERTIFICATE), there.get(KEY), verify)


def is_there(path: Path) -> bool:
    """Whether there is something. Raises Unreachable for a folder that this user may not look into."""
    try:
        return path.exists()
    except OSError as error:
        raise Unreachable(f"{path} cannot be looked at: {error.strerror}", f"make {path.parent} readable for this user") from None


def missing(path: Path, what: str) -> Unreachable:
    """The error for a file that a connection needs."""
    return Unreachable(f"{path} does not exist: {what}", f"put it there, or name the folder that has {path.name}")
