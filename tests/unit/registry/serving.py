"""What the tests of reading from registries share: a client of a user's own, references, a made-up name service, one authority."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.model.reference import ImageReference, parse_reference
from perry_ffi.net import dialing
from perry_ffi.registry import connections
from perry_ffi.registry.client import RegistryClient
from perry_ffi.registry.limits import Limits
from perry_ffi.settings import Settings
from tests.support.certificates import Authority
from tests.support.registry import Registry

PASSWORD = "the-secret-of-acme"
SECRETS = (PASSWORD, base64.b64encode(f"acme:{PASSWORD}".encode()).decode(), "the-refresh-token")
NAME = "acme/app"


def repository(registry: Registry | str, name: str = NAME) -> ImageReference:
    return parse_reference(f"{registry if isinstance(registry, str) else registry.host}/{name}")


def login(home: Path, *hosts: str, **entry: str) -> None:
    """Writes docker's file of credentials."""
    auth = {"auth": base64.b64encode(f"acme:{PASSWORD}".encode()).decode(), **entry}
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": dict.fromkeys(hosts, auth)}))


def settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": f"{home / 'bin'}:/usr/bin:/bin", **environ})


def client(
    home: Path, *, insecure: tuple[str, ...] = (), silence: float = 5, seconds: float = 20, **environ: str
) -> RegistryClient:
    return RegistryClient(settings(home, **environ), insecure=insecure, limits=Limits(silence=silence, seconds=seconds))


@contextmanager
def names(patch: pytest.MonkeyPatch, **places: int) -> Iterator[list[str]]:
    """A name service: ``registry_test_443=5000`` leads that host and port to a port of loopback. Gives what was dialled."""
    table = {}
    for name, port in places.items():
        host, _, number = name.rpartition("_")
        table[host.replace("__", "-").replace("_", "."), int(number)] = port
    dialled: list[str] = []

    async def dial(host: str, port: int) -> Any:
        dialled.append(f"{host}:{port}")
        if (host, port) in table:
            return await dialing.dial("127.0.0.1", table[host, port])
        if host in ("127.0.0.1", "localhost", "::1"):
            return await dialing.dial(host, port)
        raise OSError(113, "No route to host")

    with patch.context() as inside:
        inside.setattr(connections, "dial", dial)
        yield dialled


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("authority"))


def reason(caught: pytest.ExceptionInfo[RegistryNotAvailable]) -> str:
    """Of a refusal, in which no secret is."""
    told = f"{caught.value} {json.dumps(caught.value.to_dict())} {caught.value!r}"
    assert not any(secret in told for secret in SECRETS)
    return str(caught.value.details["reason"])
