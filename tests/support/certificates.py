"""Certificates of the tests' own: an authority, and what it signed, made with the openssl program."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Authority:
    """Signs certificates into ``folder``."""

    folder: Path
    name: str = "ca"

    @classmethod
    def new(cls, folder: Path, name: str = "ca") -> Authority:
        """One that nobody trusts yet."""
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder, name)
        subject = ["-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE"]
        _openssl("req", "-x509", *_NEW_KEY, "-days", "2", *subject, "-keyout", made.key, "-out", made.certificate)
        return made

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}-key.pem"

    def sign(self, name: str, *, names: str = "", days: int = 2) -> tuple[Path, Path]:
        """A certificate and its key. names: of a server (``DNS:localhost,IP:127.0.0.1``), none: of a client.

        days: how long it is valid; fewer than 0: it was.
        """
        key, request, made = (self.folder / f"{self.name}-{name}.{end}" for end in ("key", "csr", "crt"))
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        use = f"extendedKeyUsage=serverAuth\nsubjectAltName={names}" if names else "extendedKeyUsage=clientAuth"
        extensions = self.folder / f"{self.name}-{name}.ext"
        extensions.write_text(use + "\n")
        validity = ["-days", str(days)] if days >= 0 else _past()
        by = ["-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", *validity, "-extfile", extensions]
        _openssl("x509", "-req", "-in", request, *by, "-out", made)
        return made, key

    def folder_of(self, client: str, at: Path) -> Path:
        """A folder as DOCKER_CERT_PATH has it."""
        at.mkdir(parents=True, exist_ok=True)
        certificate, key = self.sign(client)
        for source, name in ((self.certificate, "ca.pem"), (certificate, "cert.pem"), (key, "key.pem")):
            (at / name).write_bytes(source.read_bytes())
        return at

    def server_context(self, names: str = "DNS:localhost,IP:127.0.0.1", *, days: int = 2, clients: bool = True) -> ssl.SSLContext:
        """What a server has. clients: whether they must show a certificate that this authority signed."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.sign("server", names=names, days=days))
        if clients:
            context.load_verify_locations(self.certificate)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _past() -> list[str]:
    """A time that is over, as the program takes it: an end before today's beginning it refuses from 3.4 on."""
    told = subprocess.run(["openssl", "x509", "-help"], capture_output=True, text=True, check=False)
    if "-not_after" in told.stderr + told.stdout:
        return ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
    return ["-days", "-1"]


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
