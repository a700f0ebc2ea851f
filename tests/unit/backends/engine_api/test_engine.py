"""What a connected engine declares of its own ways."""

from __future__ import annotations

import pytest

from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.backends.engine_api.transport.version import EngineVersion
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.settings import Settings


def engine(flavour: str, address: str = "unix:///run/x.sock") -> EngineBackend:
    client = HttpClient(Endpoint.parse(address, where="here"), backend=flavour, timeout=1)
    return EngineBackend(client, EngineVersion(flavour, "1", (1, 41)), Settings(environ={}))


@pytest.mark.parametrize(("flavour", "registry"), [("docker", ""), ("podman", "localhost")])
def test_what_it_writes_before_the_names_of_images_that_were_made_here(flavour: str, registry: str) -> None:
    assert engine(flavour).local_registry == registry


@pytest.mark.parametrize("flavour", ["docker", "podman"])
def test_names_that_it_makes_up_for_volumes(flavour: str) -> None:
    made = engine(flavour).is_generated_volume_name
    assert made("0a" * 32) and not any(map(made, ("", "0a" * 31, "0A" * 32, "0a" * 33, "0g" * 32, "0a" * 32 + "\n")))


@pytest.mark.parametrize("flavour", ["docker", "podman"])
def test_its_socket_for_containers(flavour: str) -> None:
    at = ApiSocket("/run/x.sock", "/var/run/docker.sock", "DOCKER_CONFIG", "/run/secrets/docker")
    assert engine(flavour).api_socket == at
    assert engine(flavour, "tcp://127.0.0.1:1").api_socket is None
