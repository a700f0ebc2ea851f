"""Podman's service on TCP, behind TLS: it takes only clients whose certificate it knows (podman from 5.7 on)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.engines.daemon import Daemon, EngineMissing, listens, need
from tests.support.certificates import Authority

PORT = 2377


@contextmanager
def tls_podman(folder: Path, authority: Authority, environ: Mapping[str, str], port: int = PORT) -> Iterator[str]:
    """Its address. environ: which storage it has."""
    podman = need("podman", "podman")
    told = subprocess.run([podman, "system", "service", "--help"], capture_output=True, text=True, check=False)
    if "--tls-client-ca" not in told.stdout:
        raise EngineMissing("this podman's service has no TLS: 5.7 and later have")
    folder.mkdir(parents=True)
    certificate, key = authority.sign("podman", names="DNS:localhost,IP:127.0.0.1")
    tls = ["--tls-cert", str(certificate), "--tls-key", str(key), "--tls-client-ca", str(authority.certificate)]
    address = f"tcp://127.0.0.1:{port}"
    daemon = Daemon("podman-tls", [podman, "system", "service", "--time=0", *tls, address], folder, {**os.environ, **environ})
    daemon.start(lambda: listens(port))
    try:
        yield address
    finally:
        daemon.stop()
