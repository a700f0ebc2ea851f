"""What a program is to do on a bare system: on an engine by its socket and by TLS, and with an image that is signed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines.private import Engine
from tests.engines.tls_docker import PORT
from tests.support import registry_http
from tests.support.bare import Bare
from tests.support.certificates import Authority
from tests.support.registry import Registry
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer


def by_socket(engine: Engine) -> dict[str, str]:
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    return {**_common(engine.name), variable: engine.host}


def by_tls(system: Bare, authority: Authority) -> dict[str, str]:
    """The dockerd behind TLS, with a client's certificate that lies in the system."""
    authority.folder_of(f"client-{secrets.token_hex(3)}", system.folder / "certificates")
    tls = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": f"{system.inside}/certificates"}
    return {**_common("docker"), "DOCKER_HOST": f"tcp://127.0.0.1:{PORT}", **tls}


def _common(backend: str) -> dict[str, str]:
    return {"HOME": "/root", "PERRY_CONTAINER_BACKEND": backend, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}


@contextmanager
def signed_image() -> Iterator[tuple[str, str, Signer]]:
    """Its name in a registry, the same with its digest, and who signed it."""
    signer, path = Signer(), f"acme/{secrets.token_hex(4)}"
    with Registry() as registry:
        digest = registry_http.put_image(registry.host, path, "v1")
        sign(registry.host, path, digest, signer)
        yield f"{registry.host}/{path}:v1", f"{registry.host}/{path}:v1@{digest}", signer


def sign(host: str, path: str, digest: str, signer: Signer) -> None:
    text = signing.payload(digest, None, path)
    registry_http.put_signatures(host, path, digest, [(text, signing.simple(signer, text))])


def put_keys(folder: Path, signer: Signer) -> None:
    """``good.pub``, and ``other.pub`` of somebody else."""
    (folder / "good.pub").write_bytes(signer.pem)
    (folder / "other.pub").write_bytes(Signer().pem)
