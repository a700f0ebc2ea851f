from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.service import ServiceSpec
from perry_ffi.stack.one_off_spec import OneOff, spec_of
from tests.unit.stack.rig import project

SERVICE = {
    "command": ["serve"],
    "entrypoint": ["enter"],
    "environment": {"A": "1", "GONE": None},
    "ports": ["8080:80"],
    "volumes": ["/own:/data", "/other:/other"],
    "cap_add": ["NET_ADMIN"],
    "restart": "always",
    "tty": True,
    "networks": {"default": {"aliases": ["nick"]}},
}


def made(**options: Any) -> ServiceSpec:
    return spec_of(project({"web": SERVICE}), "web", OneOff(**options), None)


def test_nothing_asked_for() -> None:
    spec = made()
    assert (spec.cmd, spec.entrypoint, spec.ports, spec.restart, spec.rm) == (["serve"], ["enter"], [], None, False)
    assert spec.tty and not spec.stdin_open and not spec.stdin_once
    assert (spec.name or "").startswith("p-web-run-") and spec.labels["com.docker.compose.oneoff"] == "True"


def test_in_place_of_the_services_own() -> None:
    spec = made(cmd=["x"], user="7", workdir="/w", name="mine", tty=False, stdin=True, rm=True)
    assert (spec.cmd, spec.entrypoint, spec.user, spec.workdir, spec.name) == (["x"], ["enter"], "7", "/w", "mine")
    assert (spec.tty, spec.stdin_open, spec.stdin_once, spec.rm) == (False, True, True, True)
    other = made(entrypoint=["sh", "-c"])
    assert (other.entrypoint, other.cmd) == (["sh", "-c"], None), "its own command is for its own entrypoint"


def test_beside_the_services_own() -> None:
    spec = made(env={"A": "2", "GONE": "no"}, cap_add=["SYS_TIME"], cap_drop=["KILL"], labels={"x": "y"})
    assert (spec.env, spec.env_unset) == ({"A": "2", "GONE": "no"}, [])
    assert (spec.cap_add, spec.cap_drop, spec.labels["x"]) == (["NET_ADMIN", "SYS_TIME"], ["KILL"], "y")
    assert [port.published for port in made(service_ports=True).ports] == ["8080"]
    assert [port.target for port in made(ports=["127.0.0.1:9:90/udp"]).ports] == [90]
    mounts = {
        mount.target: mount.source for mount in made(volumes=["/new:/data:ro", "./here:/here", "named:/n", "/anon"]).volumes
    }
    assert mounts["/data"] == "/new" and mounts["/other"] == "/other" and mounts["/here"] == "/here"
    assert mounts["/n"] == "named" and "/anon" in mounts


def test_names_of_the_service() -> None:
    assert "nick" not in made().networks[0].aliases and "nick" in made(use_aliases=True).networks[0].aliases


@pytest.mark.parametrize("options", [{"ports": ["x:y:z:w"]}, {"volumes": ["a:relative"]}, {"cap_add": [""]}])
def test_what_cannot_be_meant(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**options)
