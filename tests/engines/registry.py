"""A registry of the tests' own: Debian's docker-registry, without TLS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.engines.daemon import Daemon, listens, need


@contextmanager
def registry(folder: Path, port: int, auth: Mapping[str, object], host: str = "127.0.0.1") -> Iterator[str]:
    """Its address. auth: as its configuration has it; empty for one that takes everybody."""
    program = need("docker-registry", "docker-registry")
    # The configuration is YAML, which JSON is too.
    configuration = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / str(port))}, "delete": {"enabled": True}},
        "http": {"addr": f"{host}:{port}"},
        **({"auth": auth} if auth else {}),
    }
    path = folder / f"{port}.yml"
    path.write_text(json.dumps(configuration))
    daemon = Daemon(f"registry-{port}", [program, "serve", str(path)], folder)
    daemon.start(lambda: listens(port, host))
    try:
        yield f"{host}:{port}"
    finally:
        daemon.stop()
