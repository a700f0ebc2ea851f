"""Members of a service on real engines: each is sent, and looked for in the container or the engine's document."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from perry_ffi.errors import BackendError, Unsupported, ValidationError
from perry_ffi.model.container import ContainerHandle, ExecOptions
from perry_ffi.stack.translate.archive import archives, read_files
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import file_mounts
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.translate.warn import warnings
from tests.live.conftest import IMAGE, Bench
from tests.support.ports import free_ports

pytestmark = pytest.mark.anyio

See = Callable[[Mapping[str, Any], str], bool]


class Case(NamedTuple):
    """service: the member. command: run inside. see: whether its output and the document show it.

    docker, podman: the member that is warned of on that engine instead; since: up to that API alone, of docker; release: up to that
    release alone, of podman.
    """

    service: dict[str, Any]
    see: See
    command: str = "true"
    docker: str = ""
    podman: str = ""
    since: tuple[int, int] | None = None
    release: tuple[int, int] | None = None

    def warned(self, bench: Bench) -> str:
        """The member that is warned of here."""
        if bench.podman:
            return "" if self.release and bench.backend.version.abilities >= self.release else self.podman  # type: ignore[attr-defined]
        return "" if self.since and bench.api >= self.since else self.docker


def _host(member: str, value: Any) -> See:
    return lambda raw, out: raw["HostConfig"].get(member) == value


def _config(member: str, *expected: Any) -> See:
    return lambda raw, out: raw["Config"].get(member) in expected


def _says(*words: str) -> See:
    return lambda raw, out: all(word in out for word in words)


def _default_network(raw: Any) -> Any:
    """The place of a container on the network that its engine has for those which name none."""
    networks = raw["NetworkSettings"]["Networks"]
    return networks["bridge" if "bridge" in networks else "podman"]


def _shares(kind: str) -> Case:
    """The host's namespace, seen from inside."""
    member = {"ipc": "ipc", "uts": "uts", "pid": "pid", "cgroup": "cgroup", "user": "userns_mode"}[kind]
    here = os.readlink(f"/proc/self/ns/{kind}")
    podman = "cgroup" if kind == "cgroup" else ""
    return Case({member: "host"}, _says(here), f"readlink /proc/self/ns/{kind}", podman=podman, release=(5, 8))


def _block_device() -> str | None:
    try:
        rows = [line.split() for line in Path("/proc/partitions").read_text().splitlines()[2:]]
    except OSError:
        return None
    names = [row[3] for row in rows if len(row) == 4 and Path("/sys/block", row[3]).exists()]
    return next((f"/dev/{name}" for name in names if Path("/dev", name).exists()), None)


CASES: dict[str, Case] = {
    "command": Case({"command": ["sleep", "600"]}, _config("Cmd", ["sleep", "600"])),
    "entrypoint": Case({"entrypoint": ["sleep"], "command": ["600"]}, _config("Entrypoint", ["sleep"], "sleep")),
    "user": Case({"user": "1000:5"}, _says("uid=1000", "gid=5"), "id"),
    "group_add": Case({"group_add": ["7", "user"]}, _says("7", "1000"), "id -G"),
    "working_dir": Case({"working_dir": "/home"}, _says("/home"), "pwd"),
    "environment": Case({"environment": {"A": "b\n-c=$d", "E": ""}}, _says("A=b\n-c=$d", "E=\n"), "env"),
    "environment-unset": Case(
        {"environment": {"PATH": None}, "command": ["/bin/sleep", "600"]},
        lambda raw, out: not any(word.startswith("PATH=") for word in raw["Config"]["Env"]),
    ),
    "hostname": Case({"hostname": "some-host"}, _says("some-host"), "hostname"),
    "domainname": Case({"domainname": "d.example"}, _says("d.example"), "cat /proc/sys/kernel/domainname", podman="domainname"),
    "tty": Case({"tty": True}, _config("Tty", True)),
    "stdin_open": Case({"stdin_open": True}, _config("OpenStdin", True)),
    "stop_signal": Case({"stop_signal": "SIGINT"}, _config("StopSignal", "SIGINT", "2", 2)),
    "stop_grace_period": Case({"stop_grace_period": "1m1.5s"}, _config("StopTimeout", 62)),
    "restart": Case(
        {"restart": "on-failure:3"}, _host("RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3})
    ),
    "deploy.restart_policy": Case(
        {"deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 2}}},
        _host("RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 2}),
    ),
    "healthcheck": Case(
        {"healthcheck": {"test": ["CMD", "true"], "interval": "1m0s", "timeout": "5s", "retries": 4, "start_period": "2s"}},
        lambda raw, out: {"Interval": 60 * 10**9, "Timeout": 5 * 10**9, "Retries": 4, "StartPeriod": 2 * 10**9}.items()
        <= raw["Config"]["Healthcheck"].items(),
    ),
    "healthcheck.disable": Case(
        {"healthcheck": {"disable": True}}, lambda raw, out: raw["Config"]["Healthcheck"]["Test"] == ["NONE"]
    ),
    "healthcheck.start_interval": Case(
        {"healthcheck": {"test": ["CMD", "true"], "start_interval": "1s"}},
        lambda raw, out: raw["Config"]["Healthcheck"].get("StartInterval") == 10**9,
        docker="healthcheck.start_interval", podman="healthcheck.start_interval", since=(1, 44),
    ),
    "cpus": Case({"cpus": 0.5}, _host("NanoCpus", 500_000_000)),
    "deploy.limits": Case(
        {"deploy": {"resources": {"limits": {"cpus": 0.25, "memory": "67108864", "pids": 77}}}},
        lambda raw, out: {"NanoCpus": 250_000_000, "Memory": 67108864, "PidsLimit": 77}.items() <= raw["HostConfig"].items(),
    ),
    "cpu_shares": Case({"cpu_shares": 73}, _host("CpuShares", 73)),
    "cpu_quota": Case({"cpu_quota": 50000, "cpu_period": 100000}, _host("CpuQuota", 50000)),
    "cpuset": Case({"cpuset": "0"}, _host("CpusetCpus", "0")),
    "cpu_count": Case({"cpu_count": 2}, _host("CpuCount", 2), docker="cpu_count", podman="cpu_count"),
    "cpu_percent": Case({"cpu_percent": 50}, _host("CpuPercent", 50), docker="cpu_percent", podman="cpu_percent"),
    "mem_limit": Case({"mem_limit": "67108864"}, _host("Memory", 67108864)),
    "mem_reservation": Case({"mem_reservation": "33554432"}, _host("MemoryReservation", 33554432)),
    "memswap_limit": Case({"mem_limit": "64m", "memswap_limit": "128m"}, _host("MemorySwap", 134217728)),
    "memswap_limit-unlimited": Case(
        {"mem_limit": "64m", "memswap_limit": "-1"}, _host("MemorySwap", -1), podman="memswap_limit"
    ),
    "oom_score_adj": Case({"oom_score_adj": 500}, _says("500"), "cat /proc/1/oom_score_adj"),
    "pids_limit": Case({"pids_limit": 99}, _host("PidsLimit", 99)),
    "shm_size": Case({"shm_size": "8388608"}, _says("size=8192k"), "grep /dev/shm /proc/mounts"),
    "ulimits": Case({"ulimits": {"nofile": {"soft": 256, "hard": 512}}}, _says("256", "512"), "grep 'open files' /proc/1/limits"),
    "sysctls": Case({"sysctls": {"net.core.somaxconn": "123"}}, _says("123"), "cat /proc/sys/net/core/somaxconn"),
    "devices": Case(
        {"devices": [{"source": "/dev/null", "target": "/dev/xnull", "permissions": "rw"}]},
        _says("crw"), "ls -l /dev/xnull",
    ),
    "cap_add": Case({"cap_drop": ["ALL"], "cap_add": ["NET_ADMIN"]}, _says("0000000000001000"), "grep CapEff /proc/self/status"),
    "read_only": Case({"read_only": True}, _says("Read-only"), "touch /x 2>&1"),
    "security_opt": Case({"security_opt": ["no-new-privileges:true"]}, _says("1"), "grep NoNewPrivs /proc/self/status"),
    "ipc": _shares("ipc"),
    "uts": _shares("uts"),
    "pid": _shares("pid"),
    "cgroup": _shares("cgroup"),
    "userns_mode": _shares("user"),
    "cgroup_parent": Case({"cgroup_parent": "perry-parent"}, _host("CgroupParent", "perry-parent")),
    "logging": Case(
        {"logging": {"driver": "json-file", "options": {"max-size": "10m"}}},
        lambda raw, out: raw["HostConfig"]["LogConfig"]["Type"] == "json-file",
    ),
    "logging.options": Case(
        {"logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}},
        lambda raw, out: raw["HostConfig"]["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"},
        podman="logging.options.max-file",
    ),
    "logging.options.tag": Case(
        {"logging": {"driver": "json-file", "options": {"tag": "x"}}},
        lambda raw, out: raw["HostConfig"]["LogConfig"]["Config"] == {"tag": "x"},
        podman="logging.options.tag",
    ),
    "labels": Case({"labels": {"a": "-b\n=c"}}, lambda raw, out: raw["Config"]["Labels"].get("a") == "-b\n=c"),
    "annotations": Case(
        {"annotations": {"a": "b"}}, lambda raw, out: raw["HostConfig"]["Annotations"]["a"] == "b",
        docker="annotations", podman="annotations", since=(1, 43), release=(5, 4),
    ),
    "dns": Case(
        {"dns": ["9.9.9.9"], "dns_search": ["x.example"], "dns_opt": ["ndots:2"]},
        lambda raw, out: raw["HostConfig"]["Dns"] == ["9.9.9.9"] and "x.example" in out and "ndots:2" in out,
        "cat /etc/resolv.conf",
    ),
    "extra_hosts": Case({"extra_hosts": ["a=10.9.8.7", "b=::1"]}, _says("10.9.8.7", "::1"), "cat /etc/hosts"),
    "extra_hosts.host-gateway": Case(
        {"extra_hosts": ["gw=host-gateway"]},
        lambda raw, out: out.split()[0] == _default_network(raw)["Gateway"],
        "grep gw /etc/hosts",
    ),
    "expose": Case({"expose": ["99", "100/udp"]}, lambda raw, out: {"99/tcp", "100/udp"} <= set(raw["Config"]["ExposedPorts"])),
    "tmpfs": Case({"tmpfs": ["/t:size=1m,mode=700"]}, _says("size=1024k", "mode=700"), "grep ' /t ' /proc/mounts"),
    "volumes.tmpfs": Case(
        {"volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1048576", "mode": 448}}]},
        _says("size=1024k", "mode=700"), "grep ' /t ' /proc/mounts",
    ),
    "volumes.anonymous": Case({"volumes": [{"type": "volume", "target": "/data"}]}, _says(" /data "), "cat /proc/mounts"),
    "credential_spec": Case({"credential_spec": {"file": "x.json"}}, _says(""), docker="credential_spec", podman="credential_spec"),
    "isolation": Case({"isolation": "default"}, _says("")),
    "init": Case({"init": True}, _host("Init", True)),
    "platform": Case({"platform": "linux/" + {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64")}, _says("")),
}  # fmt: skip


def project_of(bench: Bench, service: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    web = {"image": IMAGE, "command": ["sleep", "600"], "network_mode": "bridge", "stop_grace_period": "0s", **service}
    return {"name": bench.prefix, "services": {"web": web, **others.pop("services", {})}, **others}


async def started(bench: Bench, project: Mapping[str, Any], service: str = "web", number: int = 1) -> ContainerHandle:
    spec = service_spec(project, service, number, image=IMAGE, labels={"perry.test": bench.prefix})
    handle = await bench.backend.create_container(spec)
    files = file_mounts(project, service, contents={"secrets.two": "from env"})
    for directory, tar in archives(read_files(files)):
        await bench.backend.put_archive(handle.id, directory, tar)
    await bench.backend.start_container(handle.id)
    return handle


async def said(bench: Bench, ident: str, command: str) -> str:
    result = await bench.backend.exec_container(ident, ["/bin/sh", "-c", command], ExecOptions())
    return result.stdout


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_member_is_honoured_or_warned_of(bench: Bench, case: Case) -> None:
    project = project_of(bench, case.service)
    warned = {item.member for item in warnings(project, bench.backend.capabilities, backend=bench.engine.name)}
    handle = await started(bench, project)
    if expected := case.warned(bench):
        assert warned == {f"services.web.{expected}"}
        return
    assert not warned
    raw = (await bench.backend.inspect_container(handle.id)).raw or {}
    out = await said(bench, handle.id, case.command)
    assert case.see(raw, out), out


async def test_rates_of_block_devices(bench: Bench) -> None:
    if (device := _block_device()) is None:
        pytest.skip("this machine has no block device")
    rates = {
        "device_read_bps": [{"Path": device, "Rate": "1048576"}],
        "device_write_iops": [{"Path": device, "Rate": "30"}],
    }
    handle = await started(bench, project_of(bench, {"blkio_config": rates}))
    host = ((await bench.backend.inspect_container(handle.id)).raw or {})["HostConfig"]
    assert host["BlkioDeviceReadBps"] == [{"Path": device, "Rate": 1048576}]
    assert host["BlkioDeviceWriteIOps"] == [{"Path": device, "Rate": 30}]


async def test_mounts(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("hello")
    volumes = [
        {"type": "bind", "source": str(tmp_path), "target": "/strict", "read_only": True, "bind": {}},
        {"type": "bind", "source": str(tmp_path / "new"), "target": "/made", "bind": {"create_host_path": True}},
        {"type": "volume", "source": "data", "target": "/data", "volume": {}},
        {"type": "volume", "source": "data", "target": "/ro", "read_only": True, "volume": {"nocopy": True}},
    ]
    project = project_of(bench, {"volumes": volumes}, volumes={"data": {"name": bench.name("data")}})
    name, spec = volume_spec(project, "data", {"l": "v"})
    assert spec is not None
    await bench.backend.create_volume(name, spec)
    handle = await started(bench, project)
    command = "cat /strict/f; touch /strict/x 2>&1; touch /made/there; touch /data/d; touch /ro/y 2>&1; ls /ro"
    out = await said(bench, handle.id, command)
    assert "hello" in out and out.count("Read-only") == 2 and out.endswith("d\n")
    assert (tmp_path / "new/there").exists()


async def test_a_missing_source_is_an_error_and_nothing_is_made(bench: Bench, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    project = project_of(bench, {"volumes": [{"type": "bind", "source": str(gone), "target": "/x", "bind": {}}]})
    with pytest.raises(Exception, match="gone") as caught:
        await started(bench, project)
    assert type(caught.value).__module__ == "perry_ffi.errors"
    assert not gone.exists()


async def test_volume_members_that_an_engine_lacks_are_refused(bench: Bench) -> None:
    mount = {"type": "volume", "source": "data", "target": "/d", "volume": {"subpath": "a/b"}}
    project = project_of(bench, {"volumes": [mount]}, volumes={"data": {"name": bench.name("data")}})
    if bench.podman or bench.api < (1, 45):
        with pytest.raises(Unsupported, match=r"services\.web\.volumes\[0\]\.volume\.subpath"):
            warnings(project, bench.backend.capabilities)


async def test_an_image_as_a_mount(bench: Bench) -> None:
    project = project_of(bench, {"volumes": [{"type": "image", "source": IMAGE, "target": "/img"}]})
    if not bench.podman and bench.api < (1, 48):
        with pytest.raises(Unsupported, match=r"volumes\[0\]\.type"):
            warnings(project, bench.backend.capabilities)
        return
    handle = await started(bench, project)
    assert "busybox" in await said(bench, handle.id, "ls /img/bin")


def looked_up(name: str) -> str:
    """A command that says the addresses of ``name``. Podman's name server learns of a container a moment after its start.

    The dot keeps nslookup from asking for ``name.dns.podman`` alone. Libraries ask for both, and podman 4.3 knows that one only
    on the network of the server that is asked, which is first by chance.
    """
    ask = f"nslookup {name}. 2>&1"
    return f"for i in $(seq 50); do {ask} >/dev/null && break; sleep 0.1; done; {ask} | tail -n +3"


async def test_networks_names_addresses_and_links(bench: Bench) -> None:
    bases = {"a": f"10.{hash(bench.prefix) % 60 + 180}.3", "b": f"10.{hash(bench.prefix) % 60 + 180}.4"}
    networks = {key: {"name": bench.name(key), "ipam": {"config": [{"subnet": f"{base}.0/24"}]}} for key, base in bases.items()}
    services = {
        "db": {"image": IMAGE, "command": ["sleep", "600"], "networks": {"a": None}, "stop_grace_period": "0s"},
    }
    web = {
        "network_mode": None,
        "links": ["db:database"],
        "networks": {
            "b": {"aliases": ["other"], "priority": 1},
            "a": {
                "ipv4_address": f"{bases['a']}.77",
                "aliases": ["site"],
                "mac_address": "02:42:0a:00:00:4d",
                "priority": 9,
            },
        },
    }
    project = project_of(bench, web, services=services, networks=networks)
    assert not warnings(project, bench.backend.capabilities)
    for key in networks:
        name, spec = network_spec(project, key)
        assert spec is not None
        await bench.backend.create_network(name, spec)
    db = await started(bench, project, "db")
    handle = await started(bench, project)
    seen = (await bench.backend.inspect_container(handle.id)).networks
    assert set(seen) == {bench.name("a"), bench.name("b")}
    assert seen[bench.name("a")].ip_address == f"{bases['a']}.77"
    assert seen[bench.name("a")].mac_address == "02:42:0a:00:00:4d"
    assert {"web", "other", f"{bench.prefix}-web-1"} <= set(seen[bench.name("b")].aliases)
    for known in ("db", "database", f"{bench.prefix}-db-1"):
        assert f"{bases['a']}." in await said(bench, handle.id, looked_up(known)), known
    for known in ("web", "site", f"{bench.prefix}-web-1"):
        assert f"{bases['a']}.77" in await said(bench, db.id, looked_up(known)), known


async def test_namespaces_and_volumes_of_another_service(bench: Bench) -> None:
    services = {"db": {"image": IMAGE, "command": ["sleep", "600"], "network_mode": "bridge", "ipc": "shareable",
                       "stop_grace_period": "0s", "volumes": [{"type": "volume", "target": "/shared"}]}}  # fmt: skip
    web = {"network_mode": "service:db", "pid": "service:db", "ipc": "service:db", "volumes_from": ["db:ro"]}
    project = project_of(bench, web, services=services)
    db = await started(bench, project, "db")
    handle = await started(bench, project)
    for kind in ("net", "pid", "ipc"):
        command = f"readlink /proc/self/ns/{kind}"
        assert await said(bench, handle.id, command) == await said(bench, db.id, command)
    assert "Read-only" in await said(bench, handle.id, "touch /shared/x 2>&1")
    await bench.backend.remove_container(handle.id, force=True)


async def test_replicas_take_ports_of_a_range(bench: Bench) -> None:
    first = free_ports(3, first=41_000)
    port = {
        "target": 80,
        "published": f"{first}-{first + 2}",
        "host_ip": "127.0.0.1",
        "protocol": "tcp",
        "mode": "ingress",
    }
    project = project_of(bench, {"ports": [port]})
    taken = set()
    for number in (1, 2):
        handle = await started(bench, project, number=number)
        raw = (await bench.backend.inspect_container(handle.id)).raw or {}
        taken.add(int(raw["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]))
    assert len(taken) == 2 and taken <= {first, first + 1, first + 2}


# -- configs and secrets ----------------------------------------------------------------------------

STAT = "for f in {0}; do stat -c '%n %u %g %a' $f; cat $f; echo; done"


@pytest.mark.parametrize(
    "extra",
    [{}, {"tmpfs": ["/run"]}, {"read_only": True}, {"user": "1000"}],
    ids=["plain", "hidden-by-tmpfs", "read-only", "user"],
)
async def test_secrets_arrive_with_owner_and_permissions(bench: Bench, tmp_path: Path, extra: dict[str, Any]) -> None:
    source = tmp_path / "s"
    source.write_text("file secret\n")
    source.chmod(0o600)
    used = ["one", {"source": "two", "target": "dir/renamed", "uid": "1000", "gid": "7", "mode": "0440"}]
    secrets = {"one": {"file": str(source)}, "two": {"environment": "PT_SECRET"}}
    project = project_of(bench, {"secrets": used, **extra}, secrets=secrets)
    handle = await started(bench, project)
    out = await said(bench, handle.id, STAT.format("/run/secrets/one /run/secrets/dir/renamed"))
    assert out.splitlines() == [
        "/run/secrets/one 0 0 444", "file secret", "", "/run/secrets/dir/renamed 1000 7 440", "from env",
    ]  # fmt: skip
    for folder in ("/run/secrets", "/run/secrets/dir"):
        assert (await said(bench, handle.id, f"stat -c '%a' {folder}")).strip() == "755"
    raw = str((await bench.backend.inspect_container(handle.id)).raw)
    assert "file secret" not in raw and "from env" not in raw


async def test_configs_arrive_where_they_shall(bench: Bench, tmp_path: Path) -> None:
    source = tmp_path / "c"
    source.write_bytes(b"\0\xff binary")
    used = ["inline", {"source": "file", "target": "/etc/app/deep/c", "mode": 0o640}]
    configs = {"inline": {"content": "a: $b\n"}, "file": {"file": str(source)}}
    project = project_of(bench, {"configs": used}, configs=configs)
    handle = await started(bench, project)
    out = await said(bench, handle.id, "stat -c '%u %g %a' /inline /etc/app/deep/c; cat /inline; od -An -tx1 /etc/app/deep/c")
    assert out.splitlines()[:3] == ["0 0 444", "0 0 640", "a: $b"]
    assert out.splitlines()[3].split()[:2] == ["00", "ff"]


async def test_a_config_in_a_mounted_directory_is_bound(bench: Bench, tmp_path: Path) -> None:
    source = tmp_path / "c"
    source.write_text("config")
    mount = {"type": "volume", "source": "data", "target": "/etc/app", "volume": {}}
    project = project_of(
        bench, {"configs": [{"source": "file", "target": "/etc/app/c"}], "volumes": [mount]},
        configs={"file": {"file": str(source)}}, volumes={"data": {"name": bench.name("data")}},
    )  # fmt: skip
    handle = await started(bench, project)
    out = await said(bench, handle.id, "cat /etc/app/c; echo; (echo x > /etc/app/c) 2>&1")
    assert out.splitlines()[0] == "config" and "Read-only" in out
    assert source.read_text() == "config"


async def test_a_file_that_cannot_be_put_anywhere_is_refused(bench: Bench) -> None:
    project = project_of(
        bench, {"configs": ["inline"], "read_only": True}, configs={"inline": {"content": "x"}}
    )  # fmt: skip
    with pytest.raises(Unsupported, match=r"services\.web\.configs\[0\]\.target"):
        await started(bench, project)


async def test_privileges_are_in_the_document(bench: Bench) -> None:
    """Not started: where the tests run may lack the privileges itself."""
    project = project_of(bench, {"privileged": True, "oom_kill_disable": True, "mem_limit": "64m", "mem_swappiness": "50"})
    handle = await bench.backend.create_container(service_spec(project, "web", 1, image=IMAGE, labels={}))
    host = ((await bench.backend.inspect_container(handle.id)).raw or {})["HostConfig"]
    assert host["Privileged"] is True and host["OomKillDisable"] is True and host["MemorySwappiness"] == 50


async def test_a_runtime_is_taken_or_refused(bench: Bench) -> None:
    project = project_of(bench, {"runtime": "no-such-runtime"})
    with pytest.raises((BackendError, Unsupported, ValidationError), match="runtime"):
        await started(bench, project)
