"""Whom a registry's certificate has to be vouched for by, and what is shown to it: the system's files, and those of docker and podman.

docker: ``certs.d/<host[:port]>/`` with ``*.crt`` (authorities), ``*.cert`` and ``*.key`` (this side's), below ``/etc/docker`` and the user's
``~/.config/docker`` and ``~/.docker``; podman the same below ``/etc/containers`` and ``~/.config/containers`` (containers-certs.d(5)).
They count beside the system's authorities. ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` stand in for the system's.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from perry_ffi.net.refusal import Unreachable
from perry_ffi.net.tls_context import client_context, trust
from perry_ffi.settings import Settings

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
)  # fmt: skip
"""Where systems keep them, for an OpenSSL that was built for another one."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What is in the folders for one registry."""

    authorities: tuple[Path, ...] = ()
    certificate: Path | None = None
    key: Path | None = None


def folders(settings: Settings) -> list[Path]:
    """The certs.d folders, in the order that their files are looked for in."""
    system, mine = Path("/etc"), settings.config_home
    docker = settings.docker_config or settings.home / ".docker"
    return [
        mine / "containers" / "certs.d", mine / "docker" / "certs.d", docker / "certs.d",
        system / "containers" / "certs.d", system / "docker" / "certs.d",
    ]  # fmt: skip


def own_files(folders: list[Path], name: str) -> OwnFiles:
    """What ``folders`` have for the registry ``name``. Raises Unreachable for a folder that cannot be read, or a half pair."""
    authorities: list[Path] = []
    pair: tuple[Path, Path] | None = None
    for folder in folders:
        try:
            there = sorted((folder / name).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            why = error.strerror or "it cannot be read"
            raise Unreachable(f"{folder / name}: {why}", "let this user read the folder, or remove it") from None
        authorities += [path for path in there if path.suffix == ".crt"]
        pair = pair or _pair(there)
    return OwnFiles(tuple(authorities), *(pair or (None, None)))


def _pair(there: list[Path]) -> tuple[Path, Path] | None:
    for path in there:
        if path.suffix in (".cert", ".key"):
            certificate, key = path.with_suffix(".cert"), path.with_suffix(".key")
            lacking = [one for one in (certificate, key) if one not in there]
            if lacking:
                raise Unreachable(f"{lacking[0]} does not exist: what belongs to {path.name}", "put it there")
            return certificate, key
    return None


def context(settings: Settings, own: OwnFiles) -> ssl.SSLContext:
    """TLS with the system's authorities and ``own``. Some milliseconds of work. Raises Unreachable, which names a file."""
    made = client_context(authorities=own.authorities, certificate=own.certificate, key=own.key)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    if settings.ssl_cert_file is not None or settings.ssl_cert_dirs:
        if settings.ssl_cert_file is not None:
            trust(made, [settings.ssl_cert_file])
        for folder in settings.ssl_cert_dirs:
            made.load_verify_locations(capath=folder)
    else:
        _trust_system(made)
    return made


def _trust_system(made: ssl.SSLContext) -> None:
    # Not by load_default_certs, which reads the process's environment.
    paths = ssl.get_default_verify_paths()
    if Path(paths.openssl_cafile).is_file():
        made.load_verify_locations(cafile=paths.openssl_cafile)
    if any(Path(paths.openssl_capath).glob("*.0")):
        made.load_verify_locations(capath=paths.openssl_capath)
    elif not Path(paths.openssl_cafile).is_file():
        found = next((path for path in map(Path, _BUNDLES) if path.is_file()), None)
        if found is not None:
            trust(made, [found])
