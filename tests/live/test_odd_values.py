"""Values that dockerd runs and hardly anybody writes, on both engines: taken, with docker's meaning, or warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import Unsupported
from tests.engines.daemon import ask
from tests.live.conftest import IMAGE
from tests.live.stack_support import Stacks, stacks  # noqa: F401

pytestmark = pytest.mark.anyio

PARTS: dict[str, tuple[dict[str, Any], str, str]] = {
    # the members, a command inside, what it says
    "names": ({"hostname": "a b", "extra_hosts": ["one two= 10.9.8.7", "x_y = [::5]"]}, "hostname; cat /etc/hosts", "10.9.8.7"),
    "variables": ({"environment": {"A=B": "c"}}, "env", "A=B=c"),
    "device": ({"devices": ["/dev/null:dev/x:RW"]}, "ls -l /dev/x", "crw"),
    "limits": ({"ulimits": {"NOFILE": 333}, "pids_limit": -5, "mem_reservation": -1}, "ulimit -n", "333"),
    "platform": ({"platform": "LINUX"}, "true", ""),
    "namespaces": ({"pid": "odd", "uts": "none", "userns_mode": "odd"}, "true", ""),
    "disabled": ({"network_mode": "disabled"}, "ls /sys/class/net", "lo"),
    "labels": ({"labels": {"a=b": "c", "d": "e"}}, "true", ""),
    "empty label": ({"labels": ["=x", "d=e"]}, "true", ""),
    "signals": ({"stop_signal": "100", "stop_grace_period": "0s"}, "true", ""),
    "restart": ({"restart": "on-failure:many"}, "true", ""),
    "servers": ({"dns": ["9.9.9.9 ", "dns.example"], "network_mode": "bridge"}, "cat /etc/resolv.conf", "9.9.9.9"),
    "security": ({"security_opt": ["no-new-privileges=1", "apparmor="]}, "grep NoNewPrivs /proc/self/status", "1"),
    "parameters": ({"sysctls": {"net/core/somaxconn": 321, "kernel.domainname": "x.example"}}, "cat /proc/sys/net/core/somaxconn", "321"),
    "ports": ({"expose": ["80/TCP", "8080:80"], "ports": [{"target": 80, "published": "0", "protocol": "TCP", "mode": "odd"}]}, "true", ""),
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
async def test_taken(stacks: Stacks, part: str) -> None:
    members, command, word = PARTS[part]
    handle = await stacks.up(stacks.spec({"web": members}))
    assert word in await stacks.out(handle, "web", "sh", "-c", command)
    assert (await stacks.plan(stacks.spec({"web": members})))["steps"] == []
    await stacks.down(handle)


async def test_names_of_one_network(stacks: Stacks) -> None:
    """Two keys of one network are one endpoint with the names of both; what parts a name server's words harms nobody."""
    shared = {"name": f"{stacks.prefix}-one"}
    services = {
        "web": {"networks": {"a": {"aliases": ["first", "odd name", ""]}, "b": {"aliases": ["second"]}}},
        "ask": {"networks": ["a"]},
    }
    outside = await stacks.up(stacks.spec({"x": {"networks": ["n"]}}, networks={"n": shared}))
    handle = await stacks.up({
        **stacks.spec(services, networks={key: {**shared, "external": True} for key in ("a", "b")}), "name": f"{stacks.prefix}b",
    })  # fmt: skip
    for name in ("first", "second"):
        look = f"for i in $(seq 50); do nslookup {name} >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1"
        await stacks.out(handle, "ask", "sh", "-c", look)
    await stacks.down(handle)
    await stacks.down(outside)


@pytest.mark.parametrize("name", ["my net", "a/b", "x", "ü?#%2F"])
async def test_names_of_networks(stacks: Stacks, name: str) -> None:
    spec = stacks.spec({"web": {"networks": ["n", "default"]}}, networks={"n": {"name": f"{stacks.prefix} {name}"}})
    if stacks.podman:
        with pytest.raises(Unsupported, match=r"networks\.n\.name"):
            await stacks.up(spec)
        return
    handle = await stacks.up(spec)
    assert (await stacks.plan(spec))["steps"] == []
    await stacks.down(handle)


async def test_a_directory_and_a_device_as_secrets(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/key").write_text("in a folder")
    secrets = {"certs": {"file": str(tmp_path / "certs")}, "none": {"file": "/dev/null"}}
    spec = stacks.spec({"web": {"secrets": ["certs", "none"]}}, secrets=secrets)
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "web", "sh", "-c", "cat /run/secrets/certs/key; cat /run/secrets/none") == "in a folder"
    assert (await stacks.plan(spec))["steps"] == []
    await stacks.down(handle)


async def test_a_grace_without_end_ends_when_it_is_told_to(stacks: Stacks) -> None:
    handle = await stacks.up(stacks.spec({"web": {"stop_grace_period": "-1s"}}))
    await stacks.call("stop", handle, None, None)
    assert (await stacks.rows(handle))["web-1"]["status"] == "exited"
    await stacks.down(handle)


async def test_an_up_builds_for_its_own_platform(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nARG A\nRUN echo $A >/a\n")
    build = {"context": str(tmp_path), "platforms": ["linux/amd64", "linux/arm64"], "entitlements": ["network.host"],
             "args": ["=x", "A=b"], "cache_from": [""], "network": "default", "labels": {"a=b": "c"}}  # fmt: skip
    handle = await stacks.up(stacks.spec({"web": {"build": build, "command": ["sleep", "600"]}}))
    assert await stacks.out(handle, "web", "cat", "/a") == "b\n"
    await stacks.down(handle)
    ask(stacks.engine.socket, "DELETE", f"/v1.41/images/{stacks.prefix}-web?force=1")
