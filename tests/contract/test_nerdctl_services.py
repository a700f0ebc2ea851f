"""Services on nerdctl, or on the little engine that stands in for it: what it has no words for, the library does in its stead."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import Conflict, ContainerError, ServiceStartupFailed, Timeout, Unsupported
from perry_ffi.model.container import ExecOptions
from perry_ffi.service.client import Client
from tests.contract.test_nerdctl_stack import held, stacks
from tests.live.stack_support import IDLE, Stacks, encode

__all__ = ["stacks"]
pytestmark = pytest.mark.anyio
BOUND = 30.0
NOTHING: dict[str, Any] = {"containers": {}, "networks": set(), "volumes": set()}


def spec(stacks: Stacks, services: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """Services that idle, and end without a grace."""
    return stacks.spec(
        {name: {"command": IDLE, "stop_grace_period": "0s", **given} for name, given in services.items()}, **sections
    )


async def idents(stacks: Stacks, handle: int) -> dict[str, str]:
    return {name: row["id"] for name, row in (await stacks.rows(handle)).items()}


async def networks(stacks: Stacks, name: str) -> list[str]:
    """What a container is on, in its order, less the project's name."""
    found = await (await stacks.client.backend()).inspect_container(f"{stacks.prefix}-{name}")
    return [network.removeprefix(f"{stacks.prefix}_") for network in found.networks]


# -- networks ---------------------------------------------------------------------------------------


async def test_a_service_whose_networks_change_is_made_anew(stacks: Stacks) -> None:
    """It joins nothing that it was not created with, and leaves nothing: the container is another one, with the data it had."""
    sections = {"networks": {"front": {}, "back": {}}}

    def wanted(*names: str) -> dict[str, Any]:
        return spec(stacks, {"a": {"networks": list(names), "volumes": ["/kept"]}, "b": {"networks": ["front"]}}, **sections)

    handle = await stacks.up(wanted("front"))
    first = await idents(stacks, handle)
    await stacks.out(handle, "a", "sh", "-c", "echo kept >/kept/f")
    steps = (await stacks.plan(wanted("back", "front")))["steps"]
    assert {step["service"] for step in steps if step.get("service")} == {"a"}
    handle = await stacks.up(wanted("back", "front"))
    second = await idents(stacks, handle)
    assert second["b-1"] == first["b-1"] and second["a-1"] != first["a-1"]
    assert sorted(await networks(stacks, "a-1")) == ["back", "front"]
    assert await stacks.out(handle, "a", "cat", "/kept/f") == "kept\n"
    assert (await stacks.plan(wanted("back", "front")))["steps"] == []
    handle = await stacks.up(wanted("back"))
    assert await networks(stacks, "a-1") == ["back"]
    assert await stacks.out(handle, "a", "cat", "/kept/f") == "kept\n"
    await stacks.gone(handle)
    assert await held(stacks) == NOTHING


async def test_a_network_that_is_defined_otherwise_stays_and_that_is_told(stacks: Stacks) -> None:
    """None is made anew beneath what is on it, for nothing could be put back."""

    def wanted(subnet: str) -> dict[str, Any]:
        return spec(stacks, {"a": {}}, networks={"default": {"ipam": {"config": [{"subnet": subnet}]}}})

    handle = await stacks.up(wanted("10.231.7.0/24"))
    before = await held(stacks)
    plan = await stacks.plan(wanted("10.231.8.0/24"))
    assert plan["steps"] == [] and "networks.default: its definition changed" in str(plan["notes"])
    handle = await stacks.up(wanted("10.231.8.0/24"))
    assert await held(stacks) == before
    await stacks.gone(handle)
    handle = await stacks.up(wanted("10.231.8.0/24"))
    (found,) = [row for row in await (await stacks.client.backend()).list_networks() if row.name.startswith(stacks.prefix)]
    assert found.subnets == ["10.231.8.0/24"]
    await stacks.gone(handle)


async def test_an_address_is_given_on_one_network_and_told_on_several(stacks: Stacks) -> None:
    pools = {name: {"ipam": {"config": [{"subnet": f"10.231.{number}.0/24"}]}} for name, number in (("front", 9), ("back", 10))}
    addressed = {"front": {"ipv4_address": "10.231.9.77"}, "back": {}}
    with pytest.raises(Unsupported) as caught:
        await stacks.up(spec(stacks, {"a": {"networks": addressed}}, networks=pools), strict=True)
    assert caught.value.details["member"] == "services.a.networks.front.ipv4_address"
    assert await held(stacks) == NOTHING
    handle = await stacks.up(spec(stacks, {"a": {"networks": {"front": addressed["front"]}}}, networks=pools), strict=True)
    assert await networks(stacks, "a-1") == ["front"]
    await stacks.gone(handle)


# -- replicas ---------------------------------------------------------------------------------------


async def test_replicas_come_and_go_and_are_all_called_by_the_service(stacks: Stacks) -> None:
    handle = await stacks.up(spec(stacks, {"web": {"scale": 2}, "own": {"hostname": "chosen"}}))
    first = await idents(stacks, handle)
    await stacks.call("scale", handle, encode({"web": 3}))
    more = await idents(stacks, handle)
    assert sorted(more) == ["own-1", "web-1", "web-2", "web-3"] and first.items() <= more.items()
    backend = await stacks.client.backend()
    for name, ident in more.items():
        called = await backend.exec_container(ident, ["hostname"], ExecOptions())
        assert called.stdout == ("chosen\n" if name == "own-1" else "web\n")
    await stacks.call("scale", handle, encode({"web": 1}))
    assert await idents(stacks, handle) == {name: first[name] for name in ("own-1", "web-1")}
    await stacks.call("scale", handle, encode({"web": 0}))
    assert await stacks.states(handle) == {"own-1": "running"}
    await stacks.gone(handle)


async def test_a_replica_that_somebody_removed_comes_back(stacks: Stacks) -> None:
    wanted = spec(stacks, {"web": {"scale": 3}})
    handle = await stacks.up(wanted)
    first = await idents(stacks, handle)
    await (await stacks.client.backend()).remove_container(first["web-2"], force=True)
    handle = await stacks.up(wanted)
    second = await idents(stacks, handle)
    assert {name for name, ident in second.items() if first[name] != ident} == {"web-2"}
    await stacks.gone(handle)


# -- restart policies -------------------------------------------------------------------------------


async def test_a_service_that_restarts_until_it_may_not(stacks: Stacks) -> None:
    """Its runs are counted, and ended is not told as restarting."""
    failing = {"command": ["sh", "-c", "echo ran >>/runs/f; exit 3"], "restart": "on-failure:2", "volumes": ["runs:/runs"]}
    wanted = spec(stacks, {"job": failing, "see": {"volumes": ["runs:/runs"]}}, volumes={"runs": {}})
    handle = await stacks.up(wanted)
    with anyio.fail_after(BOUND):
        while await stacks.out(handle, "see", "sh", "-c", "touch /runs/f; cat /runs/f") != "ran\n" * 3:
            await anyio.sleep(0.1)
        while (row := (await stacks.rows(handle))["job-1"])["status"] not in ("exited", "restarting"):
            await anyio.sleep(0.1)
    assert row["exitCode"] == 3
    await stacks.call("stop", handle, encode(["job"]), encode({"timeout": 0}))
    assert (await stacks.states(handle))["job-1"] == "exited"
    await stacks.gone(handle)


async def test_what_always_restarts_stays_as_somebody_left_it(stacks: Stacks) -> None:
    wanted = spec(stacks, {"a": {"restart": "always"}, "b": {"restart": "unless-stopped"}})
    handle = await stacks.up(wanted)
    first = await idents(stacks, handle)
    await stacks.call("stop", handle, None, encode({"timeout": 0}))
    assert await stacks.states(handle) == {"a-1": "exited", "b-1": "exited"}
    await anyio.sleep(0.5)
    assert await stacks.states(handle) == {"a-1": "exited", "b-1": "exited"}
    await stacks.up(wanted, wait=True)
    assert await stacks.states(handle) == {"a-1": "running", "b-1": "running"} and await idents(stacks, handle) == first
    await stacks.call("kill", handle, encode(["a"]), None)
    with anyio.fail_after(BOUND):
        while (await stacks.states(handle))["a-1"] != "exited":
            await anyio.sleep(0.05)
    await stacks.gone(handle)


# -- health -----------------------------------------------------------------------------------------


async def test_a_gate_that_never_opens_says_what_its_probes_said(stacks: Stacks) -> None:
    check = {"test": "echo not $$((1 + 1)) >&2; echo so $$((2 + 2)); exit 4", "interval": "50ms", "retries": 3}
    gated = {"depends_on": {"db": {"condition": "service_healthy"}}}
    with pytest.raises(ServiceStartupFailed, match=r"services\.db.*unhealthy") as caught:
        await stacks.up(spec(stacks, {"db": {"healthcheck": check}, "web": gated}))
    assert "so 4" in str(caught.value.details) and "not 2" in str(caught.value.details)
    assert caught.value.details["rolledBack"] is True
    assert await held(stacks) == NOTHING


async def test_a_gate_that_is_not_required_lets_pass(stacks: Stacks) -> None:
    check = {"test": ["CMD", "false"], "interval": "50ms", "retries": 1}
    gated = {"depends_on": {"db": {"condition": "service_healthy", "required": False}}}
    handle = await stacks.up(spec(stacks, {"db": {"healthcheck": check}, "web": gated}))
    assert await stacks.states(handle) == {"db-1": "running", "web-1": "running"}
    await stacks.gone(handle)


async def test_health_of_an_earlier_run_does_not_open_a_gate(stacks: Stacks) -> None:
    """nerdctl keeps what an earlier run was found to be."""
    check = {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": "50ms", "retries": 200}
    late = {"command": ["sh", "-c", "rm -f /tmp/ready; sleep 0.7; touch /tmp/ready; exec sleep 600"], "healthcheck": check}
    gated = {"command": ["sleep", "600"], "depends_on": {"db": {"condition": "service_healthy"}}}
    handle = await stacks.up(spec(stacks, {"db": late, "web": gated}), wait=True)
    await stacks.call("stop", handle, None, encode({"timeout": 0}))
    began = time.monotonic()
    await stacks.call("start", handle, None, None)
    assert time.monotonic() - began > 0.7
    assert (await stacks.rows(handle))["db-1"]["health"] == "healthy"
    await stacks.gone(handle)


# -- one-off runs and commands ----------------------------------------------------------------------


async def test_runs_of_their_own(stacks: Stacks) -> None:
    """A run has the service's surroundings, a name and host name of its own, and leaves nothing."""
    web = {"environment": {"X": "-x=1,2"}, "restart": "always", "ports": ["18081:80"], "volumes": ["data:/data"]}
    handle = await stacks.up(spec(stacks, {"web": web}, volumes={"data": {}}))
    await stacks.out(handle, "web", "sh", "-c", "echo shared >/data/f")
    before = await held(stacks)
    line = 'cat /data/f; echo "$X $Y"; hostname; echo wrong >&2; exit 9'
    result = await stacks.call("run", handle, "web", encode({"cmd": ["sh", "-c", line], "env": {"Y": "--y"}}))
    *said, host = result["stdout"].splitlines()
    assert said == ["shared", "-x=1,2 --y"] and host not in ("", "web")
    assert result["stderr"] == "wrong\n" and result["exitCode"] == 9
    assert await held(stacks) == before
    with pytest.raises(Timeout):
        await stacks.call("run", handle, "web", encode({"cmd": ["sleep", "60"], "timeout": 0.5}))
    assert await held(stacks) == before
    with pytest.raises(ServiceStartupFailed, match="/no/such/program"):
        await stacks.call("run", handle, "web", encode({"cmd": ["/no/such/program"]}))
    assert await held(stacks) == before
    kept = await stacks.call("run", handle, "web", encode({"cmd": ["false"], "rm": False, "name": f"{stacks.prefix}-kept"}))
    assert kept["exitCode"] == 1 and (await held(stacks))["containers"][f"{stacks.prefix}-kept"][0] == "exited"
    await stacks.gone(handle)
    assert await held(stacks) == NOTHING


async def test_a_line_that_is_written_in_pieces(stacks: Stacks) -> None:
    """nerdctl keeps each piece by itself, and tells its time within the line."""
    write = "printf one; sleep 0.3; printf two; printf ' '; sleep 0.3; echo three; head -c 100000 /dev/zero | tr '\\0' x; echo; printf end"
    handle = await stacks.up(spec(stacks, {"a": {"command": ["sh", "-c", write], "restart": "no"}}), wait=False)
    said = await stacks.call("run", handle, "a", None)
    assert said["stdout"] == f"onetwo three\n{'x' * 100000}\nend"


async def test_codes_of_commands_inside(stacks: Stacks) -> None:
    """nerdctl ends with 1 for each that fails: the command's own code, and its own last words, are told apart from nerdctl's."""
    handle = await stacks.up(spec(stacks, {"a": {}}))
    words = 'time="2026-01-01T00:00:00Z" level=fatal msg="exec failed with exit code 5"'
    for line, code in (("exit 7", 7), ("exit 1", 1), ("exit 255", 255), ("kill -9 $$", 137), ("/etc", 126), ("/no/such", 127)):
        assert (await stacks.exec(handle, "a", "sh", "-c", line))["exitCode"] == code
    result = await stacks.exec(handle, "a", "sh", "-c", 'echo "$0" >&2; printf last >&2; exit 6', words)
    assert (result["exitCode"], result["stderr"]) == (6, f"{words}\nlast")
    result = await stacks.exec(handle, "a", "sh", "-c", 'printf %s "$0" >&2', words)
    assert (result["exitCode"], result["stderr"]) == (0, words)
    result = await stacks.exec(handle, "a", "sh", "-c", 'cat; echo "$A"; pwd', stdin="-in\n", env={"A": "-a=b,c"}, workdir="/tmp")
    assert result["stdout"] == "-in\n-a=b,c\n/tmp\n"
    with pytest.raises(ContainerError, match="/no/such"):
        await stacks.exec(handle, "a", "/no/such")
    await stacks.call("pause", handle, None, None)
    with pytest.raises(Conflict, match="does not run"):
        await stacks.exec(handle, "a", "true")
    await stacks.call("unpause", handle, None, None)
    await stacks.call("stop", handle, None, encode({"timeout": 0}))
    with pytest.raises(Conflict, match="does not run"):
        await stacks.exec(handle, "a", "true")
    await stacks.gone(handle)


# -- what is known, and what is put into volumes -----------------------------------------------------


async def test_an_old_probe_tells_no_health(stacks: Stacks, tmp_path: Path) -> None:
    """Without systemd nobody probes once the handle is closed, and nerdctl goes on saying what the last probe found."""
    (tmp_path / "ok").touch()
    check = {"test": ["CMD", "test", "-e", "/state/ok"], "interval": "1s", "timeout": "1s", "retries": 2}
    handle = await stacks.up(spec(stacks, {"a": {"healthcheck": check, "volumes": [f"{tmp_path}:/state"]}}), wait=True)
    assert (await stacks.rows(handle))["a-1"]["health"] == "healthy"
    environment = dict(stacks.client.settings.environ or {})
    await stacks.client.aclose()
    stacks.client = Client(environment)
    (tmp_path / "ok").unlink()
    await anyio.sleep(3)
    handle = await stacks.call("attach", stacks.prefix)
    assert (await stacks.rows(handle))["a-1"]["health"] in (None, "starting", "unhealthy")
    await stacks.gone(handle)


async def test_files_for_a_volume_of_a_root_that_is_only_to_be_read(stacks: Stacks, tmp_path: Path) -> None:
    """The image lacks the way to the volume, and none can be made: another container has the volume meanwhile, and goes."""
    (tmp_path / "s").write_text("x")
    wanted = spec(
        stacks, {"a": {"read_only": True, "secrets": ["s"], "volumes": ["/kept"]}}, secrets={"s": {"file": str(tmp_path / "s")}}
    )
    handle = await stacks.up(wanted)
    assert await stacks.out(handle, "a", "sh", "-c", "cat /run/secrets/s; touch /kept/f; ! touch /f 2>/dev/null") == "x"
    assert list(await stacks.rows(handle)) == ["a-1"] and len((await held(stacks))["containers"]) == 1
    await stacks.gone(handle)
    assert await held(stacks) == NOTHING
