"""What is refused of an engine that cannot have it, before it is asked; and what it says of bounds that it left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Reply, Request
from perry_ffi.backends.engine_api.transport.version import EngineVersion
from perry_ffi.errors import Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.settings import Settings
from tests.unit.backends.engine_api.sandboxes.support import spec

pytestmark = pytest.mark.anyio
HERE, AWAY = Endpoint.unix("/nowhere.sock"), Endpoint.parse("tcp://10.0.0.1:2375", where="DOCKER_HOST")


def backend(flavour: str, endpoint: Endpoint) -> EngineBackend:
    client = HttpClient(endpoint, backend=flavour, timeout=1)
    assert of_engine(flavour)
    return EngineBackend(client, EngineVersion(flavour, "20.10" if flavour == "docker" else "4.3.1", (1, 41)), Settings())


def asked(**members: Any) -> CapabilitySpec:
    return validate(CapabilitySpec, {"image": "alpine", **members})


@pytest.mark.parametrize(
    ("flavour", "endpoint", "members", "member"),
    [
        ("docker", AWAY, {"volumes": ["/a:/b:ro"]}, "volumes[0]"),
        ("podman", AWAY, {"volumes": ["/a:/b:ro"], "seccomp": "default"}, "volumes[0]"),
        ("podman", AWAY, {}, "seccomp"),
        ("podman", AWAY, {"seccomp": "/p.json"}, "seccomp"),
        ("docker", HERE, {"user": "0:0"}, "user"),
        ("docker", HERE, {"user": "1:0"}, "user"),
        ("docker", HERE, {"user": "0:0", "isolation": "strongest"}, "user"),
        ("docker", HERE, {"user": "0:0", "isolation": "gvisor", "input": {"/in/a": ""}}, "input"),
    ],
)
def test_what_an_engine_can_never_have(flavour: str, endpoint: Endpoint, members: dict[str, Any], member: str) -> None:
    with pytest.raises(Unsupported) as refused:
        backend(flavour, endpoint).check_sandbox(asked(**members))
    assert refused.value.details["member"] == f"CapabilitySpec.{member}" and refused.value.details["remedy"]


def test_what_an_engine_can_have() -> None:
    backend("docker", AWAY).check_sandbox(asked(input={"/in/a": ""}))
    backend("podman", AWAY).check_sandbox(asked(seccomp="default"))
    backend("podman", HERE).check_sandbox(asked(user="0:0", volumes=["/a:/b:ro"], input={"/in/a": ""}))
    backend("docker", HERE).check_sandbox(asked(user="0:0", isolation="gvisor"))


async def test_the_architecture_of_docker_s_machine_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of its machine grows old; that does not."""
    requests: list[str] = []

    async def exchange(client: HttpClient, request: Request) -> Reply:
        requests.append(request.path[-1])
        return Reply(200, {}, json.dumps({"Arch": "arm64"}).encode(), request.doing, "docker")

    monkeypatch.setattr(HttpClient, "exchange", exchange)
    monkeypatch.setattr("perry_ffi.backends.engine_api.sandboxes.operation.HOST_SECONDS", -1.0)
    engine = backend("docker", HERE)
    assert [(await engine.sandbox_host()).architecture for _ in range(2)] == ["arm64", "arm64"]
    assert requests == ["info", "version", "info"]


async def test_a_bound_that_the_engine_left_out_is_no_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Your kernel does not support pids limit capabilities or the cgroup is not mounted. PIDs limit discarded."
    requests: list[str] = []

    async def exchange(client: HttpClient, request: Request) -> Reply:
        requests.append(f"{request.method} {request.path[-1]}")
        body = {"Id": "made", "Warnings": [said]} if request.method == "POST" else {}
        return Reply(404 if request.method == "GET" else 201, {}, json.dumps(body).encode(), request.doing, "docker")

    monkeypatch.setattr(HttpClient, "exchange", exchange)
    with pytest.raises(Unsupported, match="discarded"):
        await backend("docker", HERE).create_sandbox(spec())
    assert requests[0] == "POST create" and "DELETE made" in requests
