"""Debian's docker-registry as a program of a test's own: a registry without the referrers API."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.engines.daemon import Daemon, listens, need


@contextmanager
def registry_program(
    folder: Path, *, tls: tuple[Path, Path] | None = None, auth: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Its host and port on the loopback, while it runs. EngineMissing where it is not installed.

    tls: its certificate and key, of the name ``localhost``. auth: as its configuration has it.
    """
    program = need("docker-registry", "docker-registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = {  # YAML, which JSON is too
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"} | ({"tls": {"certificate": str(tls[0]), "key": str(tls[1])}} if tls else {}),
        **({"auth": auth} if auth else {}),
    }
    path = folder / "registry.yml"
    path.write_text(json.dumps(configuration))
    daemon = Daemon("registry", [program, "serve", str(path)], folder)
    daemon.start(lambda: listens(port))
    try:
        yield f"{'localhost' if tls else '127.0.0.1'}:{port}"
    finally:
        daemon.stop()
