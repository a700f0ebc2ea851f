"""What Compose says of services, brought up on real engines."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import ContainerError, NotFound, ServiceStartupFailed, Timeout, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from perry_ffi.service.client import Client
from tests.engines.private import Engines
from tests.live.conftest import IMAGE, api_of
from tests.live.peer import Peer
from tests.live.stack_support import SERVE, Stacks, encode, environ, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]


def check(test: str, **members: Any) -> dict[str, Any]:
    return {"test": ["CMD-SHELL", test], "interval": "200ms", "retries": 2, "timeout": "5s", **members}


# -- order and readiness ------------------------------------------------------------------------------


async def test_conditions_of_depends_on(stacks: Stacks) -> None:
    """Healthy, completed, started; each is waited for, in order, by events."""
    spec = stacks.spec({
        "db": {"command": ["sh", "-c", "trap 'exit 0' TERM; sleep 0.4; touch /tmp/ok; while :; do sleep 1 & wait $$!; done"],
               "healthcheck": check("test -e /tmp/ok", retries=20)},
        "job": {"command": ["sh", "-c", "sleep 0.3; echo done"], "volumes": ["shared:/s"]},
        "web": {"depends_on": {"db": {"condition": "service_healthy"}, "job": {"condition": "service_completed_successfully"}}},
        "last": {"depends_on": ["web"]},
    }, volumes={"shared": {}})  # fmt: skip
    handle = await stacks.up(spec)
    raw = {name: stacks.ask(f"/containers/{stacks.prefix}-{name}-1/json")["State"] for name in ("db", "job", "web", "last")}
    moments = [raw["job"].get("FinishedAt", ""), raw["web"]["StartedAt"], raw["last"]["StartedAt"]]
    assert moments == sorted(moments), "some tell whole seconds, and no end"
    assert (await stacks.rows(handle))["db-1"]["health"] == "healthy"
    status = await stacks.call("status", handle)
    assert status["status"] == "running" and status["services"]["job"]["status"] == "completed"
    graph = await stacks.call("graph", handle)
    assert {"from": "web", "to": "db", "condition": "service_healthy"} in graph["edges"]
    assert (await stacks.plan(spec))["steps"] == []
    report = await stacks.down(handle)
    assert report == {"containers_removed": 4, "networks_removed": 1, "volumes_removed": 1, "errors": []}
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_what_cannot_become_ready_fails_at_once_with_evidence(stacks: Stacks) -> None:
    after = {"bad": {"condition": "service_completed_successfully"}}
    bad = {"command": ["sh", "-c", "echo out; echo err >&2; exit 7"]}
    with pytest.raises(ServiceStartupFailed) as caught:
        await stacks.up(stacks.spec({"bad": bad, "web": {"depends_on": after}}))
    assert caught.value.details["exitCode"] == 7 and caught.value.details["service"] == "bad"
    assert sorted(caught.value.details["logs"]) == ["err", "out"]
    assert nothing_of(stacks.engine, stacks.prefix)
    # Unhealthy: with what the probe said.
    ill = {"command": SERVE, "healthcheck": check("echo it is ill; exit 3", retries=1)}
    with pytest.raises(ServiceStartupFailed) as caught:
        await stacks.up(stacks.spec({"ill": ill}), wait=True, waitTimeout=30)
    assert caught.value.details["reason"] == "it is unhealthy"
    assert "it is ill" in caught.value.details["probe"]["output"]
    # A crash loop: not at the end of the time, but when it is one.
    loop = {"command": ["sh", "-c", "echo again; exit 9"], "restart": "always"}
    with pytest.raises(ServiceStartupFailed) as caught:
        await stacks.up(stacks.spec({"loop": loop, "w": {"depends_on": {"loop": {"condition": "service_healthy"}}}}))
    assert "again" in caught.value.details.get("logs", ()) or not await stacks.has("LogOptions.runs", native=True)
    # One that takes too long.
    slow = {"command": SERVE, "healthcheck": check("exit 1", retries=1000)}
    with pytest.raises(Timeout):
        await stacks.up(stacks.spec({"slow": slow}), wait=True, waitTimeout=1)
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_what_is_not_required_may_fail(stacks: Stacks) -> None:
    needs = {"bad": {"condition": "service_completed_successfully", "required": False}}
    spec = stacks.spec({"bad": {"command": ["false"]}, "web": {"depends_on": needs}})
    handle = await stacks.up(spec)
    assert (await stacks.states(handle))["web-1"] == "running"


async def test_named_services_profiles_scale_and_orphans(stacks: Stacks) -> None:
    services = {"a": {}, "b": {"depends_on": ["a"]}, "c": {}, "d": {"profiles": ["debug"]}}
    spec = stacks.spec(services)
    handle = await stacks.up(spec, services=[])
    assert await stacks.states(handle) == {}
    handle = await stacks.up(spec, services=["b"])
    assert set(await stacks.states(handle)) == {"a-1", "b-1"}
    handle = await stacks.up(spec, profiles=["debug"], scale={"c": 2})
    before = {row["name"]: row["id"] for row in (await stacks.rows(handle)).values()}
    assert {name.removeprefix(stacks.prefix + "-") for name in before} == {"a-1", "b-1", "c-1", "c-2", "d-1"}
    await stacks.call("scale", handle, encode({"c": 3}))
    await stacks.call("scale", handle, encode({"c": 0}))
    status = (await stacks.call("status", handle))["services"]["c"]
    assert (status["status"], status["wanted"], status["running"]) == ("running", 0, 0)
    await stacks.call("scale", handle, encode({"c": 1}))
    assert set(await stacks.states(handle)) == {"a-1", "b-1", "c-1", "d-1"}
    # A service that the file has, if only in a profile, is no orphan; one that it has not stays until it is asked.
    less = stacks.spec({name: services[name] for name in ("a", "d")})
    found = await stacks.plan(less)
    assert found["steps"] == [] and "b-1" in found["notes"][0] and "d-1" not in found["notes"][0]
    handle = await stacks.up(less, removeOrphans=True)
    rows = await stacks.rows(handle)
    assert set(rows) == {"a-1", "d-1"}
    assert rows["a-1"]["id"] == before[f"{stacks.prefix}-a-1"], "what is right is left alone"


async def test_recreation_keeps_anonymous_volumes_and_touches_nothing_else(stacks: Stacks) -> None:
    services = {"db": {"volumes": ["/keep", "named:/named"]}, "other": {}}
    sections = {"volumes": {"named": {}}}
    volumes = set(stacks.held()["volumes"])
    handle = await stacks.up(stacks.spec(services, **sections))
    await stacks.out(handle, "db", "sh", "-c", "echo a >/keep/f; echo b >/named/f")
    before, made = await stacks.rows(handle), await stacks.made(handle)
    for value in ("1", "2"):
        services["db"]["environment"] = {"V": value}
        handle = await stacks.up(stacks.spec(services, **sections))
        assert await stacks.out(handle, "db", "sh", "-c", "cat /keep/f /named/f; echo $V") == f"a\nb\n{value}\n"
    after = await stacks.rows(handle)
    assert (await stacks.made(handle))["db-1"] != made["db-1"] and after["other-1"] == before["other-1"]
    # Another volume by the same key, and a place that the file has no more.
    services["db"]["volumes"] = ["named:/named"]
    handle = await stacks.up(stacks.spec(services, volumes={"named": {"name": f"{stacks.prefix}-other"}}))
    assert await stacks.out(handle, "db", "sh", "-c", "ls -A /named; test -e /keep || echo none") == "none\n"
    assert (await stacks.rows(handle))["other-1"] == before["other-1"]
    await stacks.down(handle)
    assert set(stacks.held()["volumes"]) == volumes, "also the anonymous ones are gone"


@pytest.mark.needs("op.archive")
async def test_down_keeps_the_data_of_anonymous_volumes(stacks: Stacks) -> None:
    """Unless volumes are asked for. One that only carries secrets holds no data, and goes."""
    (stacks.folder / "s").write_text("x")
    secret = {"s": {"file": str(stacks.folder / "s")}}
    services = {"db": {"volumes": ["/keep"], "read_only": True, "secrets": ["s"]}}
    volumes = set(stacks.held()["volumes"])
    handle = await stacks.up(stacks.spec(services, secrets=secret))
    mounts = stacks.ask(f"/containers/{stacks.prefix}-db-1/json")["Mounts"]
    kept = next(row["Name"] for row in mounts if row["Destination"] == "/keep")
    await stacks.down(handle, volumes=False)
    assert set(stacks.held()["volumes"]) - volumes == {kept}
    stacks.asked("DELETE", f"/volumes/{kept}")


async def test_forced_and_refused_recreation(stacks: Stacks) -> None:
    spec = stacks.spec({"a": {}})
    first = await stacks.made(await stacks.up(spec))
    second = await stacks.made(await stacks.up(spec, forceRecreate=True))
    changed = stacks.spec({"a": {"environment": {"A": "1"}}})
    third = await stacks.made(await stacks.up(changed, noRecreate=True))
    assert first != second == third
    # Of the services that are named alone; what they depend on, and their anonymous volumes, where that is asked for.
    pair = stacks.spec({"a": {"environment": {"A": "1"}, "volumes": ["/keep"]}, "b": {"depends_on": ["a"]}})
    ids = [await stacks.made(await stacks.up(pair))]
    for options in ({"forceRecreate": True, "services": ["b"]}, {"alwaysRecreateDeps": True, "services": ["b"]}):
        ids.append(await stacks.made(await stacks.up(pair, **options)))
    assert [ids[0][name] == ids[1][name] for name in ("a-1", "b-1")] == [True, False]
    assert [ids[1][name] == ids[2][name] for name in ("a-1", "b-1")] == [False, True]
    handle = await stacks.up(pair, services=["a"])
    await stacks.out(handle, "a", "sh", "-c", "echo x >/keep/f")
    assert await stacks.out(await stacks.up(pair, forceRecreate=True), "a", "cat", "/keep/f") == "x\n"
    assert await stacks.out(await stacks.up(pair, renewAnonVolumes=True), "a", "ls", "-A", "/keep") == ""
    with pytest.raises(ValidationError, match="contradict"):
        await stacks.up(pair, forceRecreate=True, noRecreate=True)


# -- networks, ports, volumes --------------------------------------------------------------------------


@pytest.mark.needs("ServiceSpec.networks.several_addresses", "ServiceSpec.networks.addresses", "ServiceSpec.network.shared")
async def test_networks(stacks: Stacks) -> None:
    number = int(stacks.prefix[2:6], 16) % 200 + 20
    spec = stacks.spec({
        "a": {"networks": {"front": {"aliases": ["alpha"], "ipv4_address": f"10.77.{number}.9"}, "back": None}},
        "b": {"networks": ["front"]},
        "c": {"networks": ["back"]},
        "side": {"network_mode": "service:a"},
        "alone": {"network_mode": "none"},
        "host": {"network_mode": "host"},
    }, networks={
        "front": {"ipam": {"config": [{"subnet": f"10.77.{number}.0/24"}]}},
        "back": {"internal": True, "labels": {"team": "x"}},
    })  # fmt: skip
    handle = await stacks.up(spec)
    # Podman's name server learns of a container a moment after it is started.
    way = "nslookup" if stacks.podman else "ping -c1 -W2"  # Packets may not pass: dockerd beside it drops what it did not allow.
    reach = f"for i in 1 2 3 4 5 6 7 8 9; do {way} alpha && exit; sleep 0.3; done; exit 1"
    assert f"10.77.{number}.9" in await stacks.out(handle, "b", "sh", "-c", reach)
    find = "for i in 1 2 3 4 5 6 7 8 9; do nslookup a && exit; sleep 0.3; done; exit 1"
    assert "Address" in await stacks.out(handle, "c", "sh", "-c", find)
    assert (await stacks.exec(handle, "c", "nslookup", "b"))["exitCode"] != 0, "not on one network"
    assert f"10.77.{number}.9" in await stacks.out(handle, "side", "ip", "addr")
    assert "eth0" not in await stacks.out(handle, "alone", "ip", "addr")
    back = stacks.ask(f"/networks/{stacks.prefix}_back")
    assert back["Internal"] is True and back["Labels"]["team"] == "x"
    assert (await stacks.plan(spec))["steps"] == []
    # Whoever joins a container that is made anew is made anew too.
    spec["services"]["a"]["environment"] = {"A": "1"}
    handle = await stacks.up(spec)
    assert f"10.77.{number}.9" in await stacks.out(handle, "side", "ip", "addr")
    assert (await stacks.down(handle))["errors"] == []


@pytest.mark.needs("ServiceSpec.networks.alias_names")
async def test_interfaces_come_in_the_order_of_priorities(stacks: Stacks) -> None:
    networks = {f"n{i}": {"priority": 10 + i, "aliases": [f"x{i}"]} for i in range(4)}
    number = int(stacks.prefix[2:6], 16) % 200 + 20
    pools = {f"n{i}": {"ipam": {"config": [{"subnet": f"10.{78 + i}.{number}.0/24"}]}} for i in range(4)}
    handle = await stacks.up(stacks.spec({"a": {"networks": networks, "extra_hosts": ["gw:host-gateway"]}}, networks=pools))
    rows = [line.split() for line in (await stacks.out(handle, "a", "ip", "-o", "-4", "addr")).splitlines()]
    by_priority = stacks.podman or not stacks.engine.socket or api_of(stacks.engine) >= (1, 49)
    assert {row[1]: row[3].split(".")[1] for row in rows if row[1] != "lo"} == {
        f"eth{i}": str((81 - i) if by_priority else 78 + i) for i in range(4)
    }, "docker goes by the networks' names where it takes none of interfaces"
    gateway = (await stacks.out(handle, "a", "grep", "gw", "/etc/hosts")).split()[0]
    assert gateway == f"10.81.{number}.1" or (not stacks.podman and gateway.count(".") == 3)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.needs("ServiceSpec.ports.range")
async def test_ports(stacks: Stacks) -> None:
    """A fixed port, one of a range for each replica, and UDP."""
    fixed, udp = free_port(), free_port(socket.SOCK_DGRAM)
    low = 23000 + int(stacks.prefix[2:6], 16) % 9000
    row = low + 9100
    listen = ["sh", "-c", "trap 'exit 0' TERM; while :; do echo hello | nc -l -p 80 & wait $$!; done"]
    spec = stacks.spec({
        "tcp": {"command": listen, "ports": [f"127.0.0.1:{fixed}:80"]},
        "many": {"command": listen, "scale": 2, "ports": [f"{low}-{low + 1}:80"]},
        "udp": {"ports": [f"127.0.0.1:{udp}:53/udp"]},
        "row": {"ports": [f"127.0.0.1:{row}-{row + 2}:90-92"]},
    })  # fmt: skip
    handle = await stacks.up(spec)
    rows = await stacks.rows(handle)
    assert rows["row-1"]["ports"] == [f"127.0.0.1:{row + i}->{90 + i}/tcp" for i in range(3)]
    assert rows["tcp-1"]["ports"] == [f"127.0.0.1:{fixed}->80/tcp"]
    published = {line.partition("->")[0].rpartition(":")[2] for n in ("many-1", "many-2") for line in rows[n]["ports"]}
    assert published == {str(low), str(low + 1)}
    for port in (fixed, low, low + 1):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
            assert peer.recv(5) == b"hello"
    assert rows["udp-1"]["ports"] == [f"127.0.0.1:{udp}->53/udp"]
    assert (await stacks.plan(spec))["steps"] == []


@pytest.mark.needs("ServiceSpec.volumes.relabelled")
async def test_volumes_with_a_label_of_selinux(stacks: Stacks) -> None:
    """In the short syntax, as files for Fedora have them. Options of another kind of mount are warned of and left out."""
    other = {"type": "tmpfs", "target": "/t", "bind": {"selinux": "z"}, "volume": {"nocopy": True}}
    private = {"type": "volume", "target": "/p", "bind": {"selinux": "Z"}}
    volumes = ["data:/v:z", "conf:/w:ro,Z", "plain:/x", "kept:/y:rw,nocopy,z", "/s", private, other]
    spec = stacks.spec({"a": {"volumes": volumes}}, volumes=dict.fromkeys(("data", "conf", "plain", "kept")))
    progress = await stacks.call("progress")
    handle = await stacks.up(spec)
    told = [row["member"] for row in await stacks.records(progress) if row.get("code") == "unsupported"]
    await stacks.close(progress)
    places = [(5, "bind.selinux"), (6, "bind.selinux"), (6, "volume.nocopy")]
    assert told == [f"services.a.volumes[{index}].{member}" for index, member in places]
    command = "touch /v/f /x/f /y/f /s/f /p/f /t/f && ! touch /w/f 2>/dev/null && ls /v"
    assert await stacks.out(handle, "a", "sh", "-c", command) == "f\n"
    if not stacks.podman:
        modes = {row["Destination"]: row["Mode"] for row in stacks.ask(f"/containers/{stacks.prefix}-a-1/json")["Mounts"]}
        assert [modes[place] for place in ("/v", "/w", "/x", "/y")] == ["z", "ro,Z", "z", "z,nocopy"]
    assert (await stacks.plan(spec))["steps"] == []
    await stacks.down(handle)


@pytest.mark.needs("ServiceSpec.volumes_from.any")
async def test_volumes_of_every_kind(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "bound").mkdir()
    (tmp_path / "bound/f").write_text("from here\n")
    made = tmp_path / "made/here"
    spec = stacks.spec({
        "a": {
            "volumes": [
                "named:/named", f"{tmp_path}/bound:/bound:ro", f"{made}:/made",
                {"type": "tmpfs", "target": "/fast", "tmpfs": {"size": "1m"}},
            ],
            "tmpfs": ["/other"],
        },
        "b": {"volumes_from": ["a:ro"]},
    }, volumes={"named": {"labels": {"x": "y"}}})  # fmt: skip
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "a", "cat", "/bound/f") == "from here\n"
    assert (await stacks.exec(handle, "a", "touch", "/bound/g"))["exitCode"] != 0
    assert made.is_dir()
    mounts = await stacks.out(handle, "a", "cat", "/proc/mounts")
    assert "tmpfs /fast " in mounts and "tmpfs /other " in mounts
    await stacks.out(handle, "a", "sh", "-c", "echo x >/named/f")
    assert await stacks.out(handle, "b", "cat", "/named/f") == "x\n"
    assert (await stacks.exec(handle, "b", "touch", "/named/g"))["exitCode"] != 0
    assert (await stacks.plan(spec))["steps"] == []
    missing = stacks.spec({"m": {"volumes": [{"type": "bind", "source": f"{tmp_path}/none", "target": "/m",
                                              "bind": {"create_host_path": False}}]}})  # fmt: skip
    with pytest.raises(ContainerError):
        await stacks.up(missing)
    # Volumes stay unless they are asked for.
    await stacks.down(handle, volumes=False)
    assert f"{stacks.prefix}_named" in stacks.held()["volumes"]
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "a", "cat", "/named/f") == "x\n"
    assert (await stacks.down(handle))["volumes_removed"] == 1


@pytest.mark.needs("op.archive")
async def test_configs_and_secrets(stacks: Stacks, tmp_path: Path) -> None:
    """From files, contents and variables; owners and permissions as they are written; byte for byte."""
    secret = "p\"a's$word\n\\with 'all'"
    (tmp_path / "file").write_text(secret)
    grant = {"source": "s", "target": "renamed", "uid": "1000", "gid": "1000", "mode": "0440"}
    spec = stacks.spec(
        {"a": {"configs": ["c", {"source": "c", "target": "/etc/app/conf"}], "secrets": ["f", "e", grant]}},
        configs={"c": {"content": "text"}},
        secrets={"f": {"file": str(tmp_path / "file")}, "s": {"file": str(tmp_path / "file")}, "e": {"environment": "TOKEN"}},
    )
    stacks.client.settings.environ["TOKEN"] = "hidden-9177"  # type: ignore[index]
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "a", "cat", "/c", "/etc/app/conf") == "texttext"
    assert await stacks.out(handle, "a", "cat", "/run/secrets/f") == secret
    assert await stacks.out(handle, "a", "cat", "/run/secrets/e") == "hidden-9177"
    assert await stacks.out(handle, "a", "stat", "-c", "%u %g %a", "/run/secrets/renamed") == "1000 1000 440\n"
    assert (await stacks.plan(spec))["steps"] == []
    document = json.dumps([stacks.ask(f"/containers/{stacks.prefix}-a-1/json"), await stacks.plan(spec)])
    assert "hidden-9177" not in document and json.dumps(secret)[1:-1] not in document
    (tmp_path / "file").write_text("another")
    assert "configuration changed" in json.dumps(await stacks.plan(spec))


async def test_hooks(stacks: Stacks) -> None:
    spec = stacks.spec({"a": {
        "volumes": ["v1:/v"],
        "pre_start": [{"command": ["sh", "-c", "echo pre-$$H >>/v/log"], "environment": {"H": "start"}}],
        "post_start": [{"command": ["sh", "-c", "echo post-start >>/v/log"]}],
        "pre_stop": [{"command": ["sh", "-c", "echo pre-stop >>/v/log"]}],
    }}, volumes={"v1": {}})  # fmt: skip
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "a", "cat", "/v/log") == "pre-start\npost-start\n"
    assert list(await stacks.states(handle)) == ["a-1"]
    await stacks.call("restart", handle, None, None)
    assert (await stacks.out(handle, "a", "cat", "/v/log")).splitlines()[2:] == ["pre-stop", "post-start"]
    spec["services"]["a"]["post_start"] = [{"command": ["sh", "-c", "echo oh; exit 4"]}]
    was = stacks.held()
    with pytest.raises(ServiceStartupFailed, match="post_start") as caught:
        await stacks.up(spec)
    assert caught.value.details["exitCode"] == 4 and caught.value.details["logs"] == ["oh"]
    assert {row[:2] for row in stacks.held()["containers"].values()} == {row[:2] for row in was["containers"].values()}


async def test_health_is_told_though_nobody_waits_for_it(stacks: Stacks) -> None:
    """Also of a container that is started again, and one that joins."""
    services = {"a": {"healthcheck": check("test -e /tmp/ok", retries=2)}}
    handle = await stacks.up(stacks.spec(services))

    async def until(*wanted: str) -> None:
        with anyio.fail_after(30):
            while (await stacks.call("status", handle))["services"]["a"]["health"] not in wanted:
                await anyio.sleep(0.1)

    await until("unhealthy")
    await stacks.out(handle, "a", "mkdir", "-p", "/tmp/ok")
    await until("healthy")
    await stacks.call("restart", handle, None, None)
    await until("healthy")
    await stacks.call("scale", handle, encode({"a": 2}))
    await until("unhealthy")
    await stacks.down(handle)


@pytest.mark.needs("op.build", "ContainerSpec.healthcheck.of_the_image")
async def test_an_old_health_decides_nothing(stacks: Stacks, tmp_path: Path) -> None:
    """Of a stack whose handle is closed: on podman without systemd nobody has probed since. By the file or by the image."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state/ok").touch()
    image = f"FROM {IMAGE}\nHEALTHCHECK --interval=1s --timeout=1s --retries=2 CMD test -e /state/ok\n"
    mount = {"volumes": [f"{tmp_path}/state:/state"], "command": SERVE}
    spec = stacks.spec({
        "own": {**mount, "healthcheck": {"test": ["CMD", "test", "-e", "/state/ok"], "interval": "1s", "timeout": "1s", "retries": 2}},
        "image": {**mount, "build": {"context": str(tmp_path), "dockerfile_inline": image}},
        "app": {"depends_on": {"own": {"condition": "service_healthy"}, "image": {"condition": "service_healthy"}}, "command": SERVE},
    })  # fmt: skip

    async def leave() -> None:
        await stacks.client.aclose()
        stacks.client = Client(environ(stacks.engine, tmp_path))

    handle = await stacks.up(spec)
    assert {(await stacks.rows(handle))[f"{name}-1"]["health"] for name in ("own", "image")} == {"healthy"}
    await leave()
    (tmp_path / "state/ok").unlink()
    await anyio.sleep(4)
    handle = await stacks.call("attach", stacks.prefix)
    seen = {row["health"] for name, row in (await stacks.rows(handle)).items() if name != "app-1"}
    assert seen <= {None, "starting", "unhealthy"}, "nobody knows it, or it is unhealthy"
    await leave()
    was = stacks.held()
    changed = {**spec, "services": {**spec["services"], "app": {**spec["services"]["app"], "environment": {"REV": "2"}}}}
    with pytest.raises(ServiceStartupFailed, match="(own|image)-1: it is unhealthy"):
        await stacks.up(changed)
    assert stacks.held()["containers"] == was["containers"]
    (tmp_path / "state/ok").touch()
    await anyio.sleep(4)
    handle = await stacks.up(changed)
    await stacks.down(handle, images="local")


async def test_probes_are_counted_as_the_check_says(stacks: Stacks) -> None:
    """The first one comes an interval after the start, each is run once whoever waits, and one that hangs is a failed one."""
    late = {"command": ["sh", "-c", "sleep 2.3; touch /tmp/ok; exec sleep 600"],
            "healthcheck": {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "1s", "retries": 3}}  # fmt: skip
    for _ in range(2):  # The second time with a handle open, which runs probes too.
        handle = await stacks.up(stacks.spec({"late": late}), wait=True, waitTimeout=30, forceRecreate=True)
        assert (await stacks.rows(handle))["late-1"]["health"] == "healthy"
    hung = {"healthcheck": {"test": ["CMD-SHELL", "exec sleep 600"], "interval": "300ms", "timeout": "1s", "retries": 2}}
    with pytest.raises(ServiceStartupFailed, match="unhealthy") as caught:
        await stacks.up(stacks.spec({"late": late, "hung": hung}), wait=True, waitTimeout=40)
    assert caught.value.details["service"] == "hung" and caught.value.details["probe"]["status"] == "unhealthy"


async def test_both_engines_run_the_same_probe(stacks: Stacks) -> None:
    """The first word after CMD-SHELL is the shell's line, the others its arguments; a program's arguments keep their blanks."""
    tests = {
        "words": ["CMD-SHELL", 'test "$$0 $$1" = "-d my db"', "-d", "my db"],
        "program": ["CMD", "sh", "-c", "test -d /bin && test $$0 = x", "x"],
        "empty": ["CMD", "test", "", "=", ""],
        "line": ["CMD-SHELL", "test a  =  'a' && true"],
    }
    spec = stacks.spec({name: {"healthcheck": {"test": test, "interval": "300ms", "retries": 2}} for name, test in tests.items()})
    spec["services"]["bare"] = {
        **spec["services"]["line"],
        "healthcheck": {"test": ["CMD-SHELL"], "interval": "300ms", "retries": 1},
    }
    handle = await stacks.up(spec)
    wanted = {**dict.fromkeys(tests, "healthy"), "bare": "unhealthy"}
    with anyio.fail_after(60):
        while (await health_of(stacks, handle)) != wanted:
            await anyio.sleep(0.2)


async def health_of(stacks: Stacks, handle: int) -> dict[str, Any]:
    services = (await stacks.call("status", handle))["services"]
    return {name: row["health"] for name, row in services.items()}


# -- images --------------------------------------------------------------------------------------------


@pytest.mark.needs("op.build", "ContainerSpec.healthcheck.of_the_image")
async def test_built_images(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE} AS one\nARG WHO\nRUN echo for $WHO >/who\nFROM one AS two\nRUN echo two >>/who\n"
    )
    inline = f'FROM {IMAGE}\nHEALTHCHECK --interval=1s CMD true\nCMD ["sleep", "600"]\n'
    spec = stacks.spec({
        "first": {"build": {"context": str(tmp_path), "args": {"WHO": "me"}, "target": "one"}, "command": SERVE},
        "second": {"build": {"context": str(tmp_path), "args": {"WHO": "you"}}, "image": f"{stacks.prefix}/own:1", "command": SERVE},
        "inline": {"build": {"context": str(tmp_path), "dockerfile_inline": inline}, "stop_grace_period": "0s"},
        "after": {"depends_on": {"inline": {"condition": "service_healthy"}}},
    })  # fmt: skip
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "first", "cat", "/who") == "for me\n"
    assert await stacks.out(handle, "second", "cat", "/who") == "for you\ntwo\n"
    assert (await stacks.rows(handle))["inline-1"]["health"] == "healthy"
    assert (await stacks.plan(spec))["steps"] == []
    # A build that changes nothing recreates nothing; one that does recreates its own.
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo anew >/who\n")
    spec["services"]["first"]["build"].pop("target")
    before = await stacks.rows(handle)
    await stacks.call("build", handle, encode({"services": ["second"]}))
    handle = await stacks.up(spec)
    after = await stacks.rows(handle)
    assert await stacks.out(handle, "second", "cat", "/who") == "anew\n"
    assert after["first-1"]["id"] == before["first-1"]["id"]
    report = await stacks.down(handle, images="local")
    assert report["errors"] == []
    tags = [tag for row in stacks.ask("/images/json") for tag in row.get("RepoTags") or []]
    assert not any(f"{stacks.prefix}-first" in tag for tag in tags)
    assert any(f"{stacks.prefix}/own" in tag for tag in tags)
    await stacks.client._active.remove_image(f"{stacks.prefix}/own:1", force=True)  # type: ignore[union-attr]


@pytest.mark.socket("it needs a registry, and what stands in for nerdctl transfers no images")
async def test_pull_policies(stacks: Stacks, engines: Engines) -> None:
    if not engines.registry:
        pytest.skip(engines.missing["registry"])
    reference = f"{engines.registry}/{stacks.prefix}/app:1"
    backend = await stacks.client.backend()
    await backend.tag_image(IMAGE, reference)
    await backend.push_image(reference, PushOptions())
    await backend.remove_image(reference, force=True)
    with pytest.raises(NotFound, match="pull policy is never"):
        await stacks.up(stacks.spec({"a": {"image": reference, "pull_policy": "never"}}))
    handle = await stacks.up(stacks.spec({"a": {"image": reference}}))
    assert (await stacks.plan(stacks.spec({"a": {"image": reference}})))["steps"] == []
    found = await stacks.plan(stacks.spec({"a": {"image": reference, "pull_policy": "always"}}))
    assert found["steps"][0]["action"] == "pull image"
    first = (await stacks.rows(handle))["a-1"]["id"]
    handle = await stacks.up(stacks.spec({"a": {"image": reference, "pull_policy": "always"}}))
    assert (await stacks.rows(handle))["a-1"]["id"] == first, "what was pulled is what was there"
    with pytest.raises(ContainerError):
        await stacks.up(stacks.spec({"a": {"image": f"{engines.registry}/none/none:1"}}))
    assert (await stacks.rows(handle))["a-1"]["id"] == first
    await stacks.down(handle, images="all")


@pytest.mark.needs("op.build", "ServiceSpec.pull_policy.period")
async def test_a_pull_policy_with_a_period(stacks: Stacks, engines: Engines, tmp_path: Path) -> None:
    if engines.registry is None:
        pytest.skip(engines.missing["registry"])
    backend = await stacks.client.backend()
    reference = f"{engines.registry}/{stacks.prefix}/daily:1"
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL mine={stacks.prefix}\n")
    await backend.build_image(validate(BuildSpec, {"context": str(tmp_path)}), reference)
    await backend.push_image(reference, PushOptions())
    await backend.remove_image(reference, force=True)
    await backend.pull_image(reference, PullOptions())
    daily = stacks.spec({"a": {"image": reference, "pull_policy": "daily"}})
    planned = [row["action"] for row in (await stacks.plan(daily))["steps"]]
    noted = not stacks.ask(f"/images/{reference}/json").get("Metadata", {}).get("LastTagTime", "0001").startswith("0001")
    unknown = not (stacks.podman or noted)
    assert ("pull image" in planned) is unknown, (
        "docker's own store of images notes no pull, containerd's does; podman says nothing"
    )
    handle = await stacks.up(daily)
    assert (await stacks.plan(daily))["steps"] == []
    await stacks.down(handle, images="all")


# -- docker compose beside us -----------------------------------------------------------------------


@pytest.mark.usefixtures("docker_compose")
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
async def test_docker_compose_sees_the_stack(stacks: Stacks) -> None:
    peer = Peer(stacks.engine, stacks.folder)
    await stacks.up(stacks.spec({"a": {"scale": 2}, "b": {"depends_on": ["a"]}}))
    assert stacks.prefix in {row["Name"] for row in json.loads(peer.run("ls", "--format", "json")[0])}
    rows = peer.run("-p", stacks.prefix, "ps", "--format", "json")[0].splitlines()
    names = {json.loads(line)["Name"] for line in rows}
    assert names == {f"{stacks.prefix}-{name}" for name in ("a-1", "a-2", "b-1")}
