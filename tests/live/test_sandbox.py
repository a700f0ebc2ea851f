"""Hardened runs as they are from inside: what a hostile program tries, what bounds it, and what is told of it afterwards."""

from __future__ import annotations

import json
import os
import re
import resource
import time
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.engine_api.sandboxes.podman_body import FIRST_ID
from perry_ffi.errors import BackendNotAvailable, NotFound, ServiceStartupFailed, Unsupported, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.service import capability
from perry_ffi.trust.admit import Admitted
from tests.engines.daemon import ask
from tests.live.conftest import IMAGE
from tests.live.sandbox_support import PROBE_IMAGE, Runner, attempts, pinned, runner  # noqa: F401
from tests.support.sandbox_table import TABLE

pytestmark = pytest.mark.anyio
MIB = 1 << 20
SOON = 10.0
"""Seconds after a bound in which even a machine that runs all tests at once has ended what the bound ends."""


def lines(text: str, word: str) -> list[list[str]]:
    return [line.split()[1:] for line in text.splitlines() if line.startswith(word + " ")]


# -- attempts -------------------------------------------------------------------------------------


async def test_what_is_tried_from_inside(runner: Runner) -> None:
    result = await runner.run("attempts")
    found = attempts(result.stdout)
    assert "done" in found and result.exit_code == 0 and result.warnings == []
    assert {name: found.get(name) for name, wanted in TABLE.items() if found.get(name) not in wanted} == {}
    assert found["setuid_root"] == "65534", "a program that is setuid root gives nobody its rights"
    assert found["interfaces"] == "lo"
    assert result.isolation.model_dump() == {
        "level": "container", "runtime": "runc", "seccomp": "strict", "userns": runner.podman, "network": "none",
    }  # fmt: skip


async def test_who_it_is_inside(runner: Runner) -> None:
    result = await runner.run("attempts", user="1234:2345")
    status = {words[0]: words[1:] for words in lines(result.stdout, "status")}
    assert status["Uid:"] == ["1234"] * 4 and status["Gid:"] == ["2345"] * 4
    assert {status[name][0] for name in ("CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:")} == {"0" * 16}
    assert status["NoNewPrivs:"] == ["1"] and status["Seccomp:"] == ["2"]
    found = attempts(result.stdout)
    assert found["cgroup_paths"] == "hidden" and found["terminal"] == "no" and found["pid"] == "1"
    outside = found["uid_map"].split()
    assert outside == (["0", str(FIRST_ID), "65536"] if runner.podman else ["0", "0", "4294967295"])


async def test_its_limits_from_inside(runner: Runner) -> None:
    result = await runner.run("attempts", "/data", "/also", "/in", files=99, tmp="3m", shm="2m", input={"/in/a": "x"})
    found = attempts(result.stdout)
    assert found["limit_nofile"] == "99 99" and found["limit_core"] == "0 0" and found["limit_fsize"] == f"{3 * MIB} {3 * MIB}"
    assert found["limit_nproc"] == "4096 4096"
    assert runner.podman or found["limit_cpu"] == "31 31"
    places = {words[0]: words for words in lines(result.stdout, "place")}
    for place in ("/tmp", "/data", "/also"):
        assert places[place][2] == str(3 * MIB), "volumes of the image are memories, as small as /tmp"
        assert {"noexec", "nosuid", "nodev"} <= set(places[place]) and "ro" not in places[place]
        assert runner.podman or places[place][4] == "4096"
    assert places["/dev/shm"][2] == str(2 * MIB)
    assert "ro" in places["/"]
    assert ("ro" in places["/in"]) == runner.podman


async def test_what_stands_in_its_environment(runner: Runner) -> None:
    result = await runner.shell("env; pwd; hostname", env={"MINE": "a b"}, workdir="/home")
    own = {"HOME": "/tmp", "PATH": "/bin", "FROM_IMAGE": "yes", "MINE": "a b", "HOSTNAME": "sandbox"}
    by_podman = {"container": "podman", "TERM": "xterm"} if runner.podman else {}
    said = dict(line.partition("=")[::2] for line in result.stdout.splitlines() if "=" in line)
    assert {name: text for name, text in said.items() if name not in ("SHLVL", "PWD", "OLDPWD")} == {**own, **by_podman}
    assert result.stdout.splitlines()[-2:] == ["/home", "sandbox"]


async def test_the_engine_s_own_profile_is_named_in_the_result(runner: Runner) -> None:
    result = await runner.run("attempts", seccomp="default")
    found = attempts(result.stdout)
    assert result.isolation.seccomp == "default"
    assert found["ptrace_child"] == "works" and found["mount"] == "EPERM", "the other layers hold"


async def test_a_profile_of_one_s_own(runner: Runner, tmp_path: Path) -> None:
    from perry_ffi.sandbox.seccomp import document

    profile = document("SCMP_ARCH_X86_64")
    profile["syscalls"].append({"names": ["kcmp"], "action": "SCMP_ACT_ALLOW"})
    path = tmp_path / "own.json"
    path.write_text(json.dumps(profile))
    result = await runner.run("attempts", seccomp=str(path))
    assert result.isolation.seccomp.startswith("sha256:")
    assert attempts(result.stdout)["kcmp"] != "EPERM" and attempts(result.stdout)["ptrace_child"] == "EPERM"


async def test_root_where_it_is_not_the_host_s(runner: Runner) -> None:
    if not runner.podman:
        with pytest.raises(Unsupported) as refused:
            await runner.shell("id -u", user="0:0")
        assert refused.value.details["member"] == "CapabilitySpec.user"
        return
    result = await runner.shell("id -u; touch /x; touch /in/x; rm -f /in/a; chown 1 /tmp", user="0:0", input={"/in/a": "x"})
    assert result.stdout == "0\n" and len(result.stderr.splitlines()) == 4
    assert result.isolation.userns


# -- floods ---------------------------------------------------------------------------------------


async def test_a_fork_bomb(runner: Runner) -> None:
    result = await runner.run("forks", pids=32)
    words = result.stdout.split()
    assert words[0] == "forks" and int(words[1]) < 32 and words[2] == "EAGAIN"


@pytest.mark.parametrize("place", ["/tmp", "/data", "/also", "/dev/shm"])
async def test_a_disk_that_is_filled(runner: Runner, place: str) -> None:
    result = await runner.run("fill", place, tmp="4m", shm="4m")
    _, where, size, why = result.stdout.split()
    assert (where, why) == (place, "ENOSPC") and int(size) <= 4 * MIB


async def test_more_files_than_a_memory_holds(runner: Runner) -> None:
    """Podman takes no number of inodes: there the bound of memory ends it."""
    result = await runner.run("inodes", "/tmp", memory="32m", timeout="60s")
    if runner.podman:
        assert result.exit_code == 137 and result.signal == "SIGKILL" and result.oom_killed is not False
    else:
        assert result.stdout == "inodes /tmp 4095 ENOSPC\n"


@pytest.mark.parametrize("how", ["memory", "memfd"])
async def test_more_memory_than_there_is(runner: Runner, how: str) -> None:
    """Podman of this age says of none that it was killed for want of memory: that is not known, and not denied."""
    result = await runner.run(how, memory="32m")
    assert result.exit_code == 137 and result.signal == "SIGKILL" and not result.timed_out
    assert result.oom_killed in ((True, None) if runner.podman else (True,))


async def test_more_open_files_than_it_may(runner: Runner) -> None:
    found = (await runner.run("open", files=64)).stdout.split()
    assert int(found[1]) < 64 and found[2] == "EMFILE"


@pytest.mark.parametrize("stream", ["1", "2"])
async def test_a_flood_of_output_is_cut(runner: Runner, stream: str) -> None:
    """A GiB is begun, and what is over the bound is thrown away: this process holds nothing of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await runner.run("output", stream, maxOutput="1m", timeout="60s")
    name, other = ("stdout", "stderr") if stream == "1" else ("stderr", "stdout")
    assert len(getattr(result, name)) == MIB and getattr(result, other) == ""
    assert result.truncated.model_dump() == {name: True, other: False}
    assert result.exit_code is None and result.signal == "SIGKILL" and not result.timed_out
    assert result.duration_ms < 1000 * SOON
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 64 * 1024, f"{grown} KiB more"


async def test_one_that_ignores_signals_and_never_reads(runner: Runner) -> None:
    result = await runner.run("sleep", timeout="1s", stdin="x" * (8 * MIB))
    assert result.timed_out and result.exit_code is None and result.signal == "SIGKILL"
    assert (result.stdout, result.stderr) == ("asleep\n", ""), "what it said is there"
    assert 1000 <= result.duration_ms < 1000 * SOON


async def test_one_that_only_computes(runner: Runner) -> None:
    result = await runner.run("spin", timeout="1s", cpus=0.5)
    assert result.timed_out and not any(result.truncated.model_dump().values())


# -- what goes in and comes out -------------------------------------------------------------------


async def test_output_is_whole_and_apart(runner: Runner) -> None:
    result = await runner.shell("i=0; while [ $i -lt 500 ]; do echo out$i; echo err$i >&2; i=$((i+1)); done; exit 7")
    assert result.stdout == "".join(f"out{i}\n" for i in range(500))
    assert result.stderr == "".join(f"err{i}\n" for i in range(500))
    assert result.exit_code == 7 and result.signal is None


async def test_any_bytes_come_back(runner: Runner) -> None:
    import base64

    data = bytes(range(256)) * 40
    packed = {"base64": base64.b64encode(data).decode()}
    result = await runner.shell("cat; cat /in/data >&2", stdin=packed, input={"/in/data": packed}, encoding="base64")
    assert base64.b64decode(result.stdout) == data and base64.b64decode(result.stderr) == data
    assert (await runner.shell("printf '\\377'")).stdout == "�"


async def test_a_signal_that_ends_it(runner: Runner) -> None:
    result = await runner.shell("kill -SEGV $$")
    assert result.exit_code == 0 or result.signal == "SIGSEGV", "the first process of a container is not killed by itself"
    assert (await runner.shell("sh -c 'kill -TERM $$'; exit $?")).signal == "SIGTERM"


async def test_large_input_is_read_in_full(runner: Runner) -> None:
    result = await runner.shell("wc -c", stdin="y" * (4 * MIB))
    assert result.stdout.strip() == str(4 * MIB)


async def test_input_files_are_only_read(runner: Runner) -> None:
    members = {"/in/a.txt": "first", "/in/sub/b.txt": "second", "/home/job/c": "third"}
    line = "cat /in/a.txt /in/sub/b.txt /home/job/c; touch /in/x /in/sub/x /home/job/x; rm -f /in/a.txt; chmod 777 /in/a.txt"
    result = await runner.shell(line, input=members)
    assert result.stdout == "firstsecondthird" and len(result.stderr.splitlines()) == 5
    assert result.warnings == []


async def test_files_of_the_host_are_only_read(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown/f").write_text("of the host")
    for path in (tmp_path, tmp_path / "shown"):
        path.chmod(0o777)
    (tmp_path / "shown/f").chmod(0o666)
    mount = f"{tmp_path}/shown:/home/shown:ro"
    result = await runner.shell("cat /home/shown/f; echo x > /home/shown/f; echo x > /home/shown/g", volumes=[mount])
    assert result.stdout == "of the host" and len(result.stderr.splitlines()) == 2
    with pytest.raises(Unsupported, match="no file and no directory"):
        await runner.shell("true", volumes=[f"{runner.engine.socket}:/home/s:ro"])
    with pytest.raises(Unsupported, match="sockets of services"):
        await runner.shell("true", volumes=["/run:/home/s:ro"])


async def test_a_network_where_it_is_granted(runner: Runner) -> None:
    result = await runner.run("attempts", network=True)
    found = attempts(result.stdout)
    assert "eth0" in found["interfaces"] and result.isolation.network == "default"
    assert found["raw_socket"] == "EPERM"
    with pytest.raises(NotFound):
        await runner.shell("true", network="no-such-network")


# -- what prevents a run --------------------------------------------------------------------------


async def test_a_command_that_is_not_there(runner: Runner) -> None:
    for command in ("/no/such", "/tmp"):
        with pytest.raises(ServiceStartupFailed):
            await runner.run(entrypoint=[command])


async def test_isolation_that_is_not_there(runner: Runner) -> None:
    with pytest.raises(BackendNotAvailable) as refused:
        await runner.shell("true", isolation="microvm")
    rows = refused.value.details["rows"]
    assert {"runtime": "runc", "class": "container", "reason": ""} in rows and refused.value.details["remedy"]
    with pytest.raises(BackendNotAvailable):
        await runner.shell("true", runtime="no-such-runtime")
    assert (await runner.shell("true", runtime="runc")).isolation.runtime == "runc"


async def test_another_image_than_the_verified_one_does_not_run(runner: Runner) -> None:
    """The name is moved after the verification: what was verified runs, by its id, or nothing does."""
    name = "localhost/perry-sandbox-moved:1"
    document = {"image": name, "cmd": ["euid"]}
    await runner.backend.tag_image(PROBE_IMAGE, name)

    async def moved(client: object, spec: CapabilitySpec) -> Admitted:
        found = await pinned(runner.client, spec)
        await runner.backend.tag_image(IMAGE, name)
        return found

    async def lying(client: object, spec: CapabilitySpec) -> Admitted:
        other = await runner.backend.inspect_image(PROBE_IMAGE)
        return Admitted(name, name, other.id)

    try:
        result = await capability.run(runner.client, validate(CapabilitySpec, document), admission=moved)
        assert result.stdout == "65534\n", "the image that the name meant when it was verified"
        with pytest.raises(VerificationFailed):
            await capability.run(runner.client, validate(CapabilitySpec, document), admission=lying)
    finally:
        await runner.backend.remove_image(name)


# -- secrets --------------------------------------------------------------------------------------


async def test_what_it_is_given_is_told_to_nobody(runner: Runner) -> None:
    """Neither the engine's events nor labels, nor the list of processes, nor an error has it."""
    secret = f"s3cret{os.urandom(8).hex()}"
    since = time.time()
    given = {"env": {"TOKEN": secret}, "stdin": secret, "input": {"/in/key": secret}}
    seen: list[str] = []
    labels: list[str] = []

    async def look() -> None:
        while True:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(path.read_bytes().decode(errors="replace"))
                except OSError:
                    continue
            for found in await runner.backend.list_containers(all=True):
                labels.append(json.dumps(found.labels) + found.name)
            await anyio.sleep(0.05)

    async with anyio.create_task_group() as group:
        group.start_soon(look)
        result = await runner.shell("sleep 1; cat /in/key", **given)
        group.cancel_scope.cancel()
    assert result.stdout == secret and labels
    assert not any(secret in text for text in seen + labels)
    query = f"/v1.41/events?since={int(since) - 1}&until={int(time.time()) + 1}"
    status, events = ask(runner.engine.socket, "GET", query)
    assert status == 200 and b"perry-cap" in events and secret.encode() not in events
    for wrong in ({"entrypoint": ["/no/such"]}, {"network": "no-such-network"}, {"isolation": "microvm"}):
        with pytest.raises(Exception) as failed:
            await runner.run(**{**given, **wrong})
        error = failed.value
        assert secret not in json.dumps(getattr(error, "details", {})) + str(error) + repr(error)
    mentions = re.findall(rf"{secret}", json.dumps(result.model_dump(by_alias=True)))
    assert len(mentions) == 1, "what the program said itself"
