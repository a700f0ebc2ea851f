"""The same runs under gVisor: a kernel of its own between a program and the host's."""

from __future__ import annotations

import pytest

from perry_ffi.errors import ServiceStartupFailed
from tests.live.sandbox_support import Runner, attempts, gvisor  # noqa: F401
from tests.support.sandbox_table import INSIDE_GVISOR, STOPPED

pytestmark = pytest.mark.anyio
MIB = 1 << 20


async def test_what_is_tried_from_inside(gvisor: Runner) -> None:
    result = await gvisor.run("attempts", timeout="60s")
    found = attempts(result.stdout)
    assert "done" in found and result.isolation.level == "gvisor" and result.isolation.seccomp == "none"
    worked = {name for name in STOPPED if found.get(name) in ("works", "readable")}
    assert worked <= INSIDE_GVISOR
    assert "gcc" not in found["version"] and found["setuid_root"] == "65534" and found["interfaces"] == "lo"
    assert found["limit_nproc"] == "64 64" and found["limit_nofile"] == "256 256"


async def test_the_strongest_there_is(gvisor: Runner) -> None:
    result = await gvisor.shell("id -u; touch /x", user="0:0", timeout="60s")
    assert result.stdout == "0\n" and result.stderr, "root of its own kernel, of a root that is only read"
    assert (await gvisor.shell("true", isolation="strongest", timeout="60s")).isolation.level == "gvisor"


async def test_bounds(gvisor: Runner) -> None:
    filled = (await gvisor.run("fill", "/tmp", tmp="4m", timeout="60s")).stdout.split()
    assert filled[3] == "ENOSPC" and int(filled[2]) <= 4 * MIB
    covered = (await gvisor.run("fill", "/data", tmp="4m", timeout="60s")).stdout.split()
    assert covered[3] == "ENOSPC" and int(covered[2]) <= 4 * MIB
    flood = await gvisor.run("output", timeout="60s")
    assert flood.truncated.stdout and len(flood.stdout) == MIB and flood.signal == "SIGKILL"
    asleep = await gvisor.run("sleep", timeout="2s")
    assert asleep.timed_out and asleep.stdout == "asleep\n" and asleep.duration_ms < 20_000
    memory = await gvisor.run("memory", memory="96m", timeout="60s")
    assert memory.exit_code == 137 and memory.oom_killed is not False


async def test_a_fork_bomb(gvisor: Runner) -> None:
    """Its bound counts the sandbox's own threads: one of 2022 ends as a whole, later ones refuse the next process."""
    result = await gvisor.run("forks", timeout="60s")
    assert "EAGAIN" in result.stdout or result.exit_code not in (0, None)


async def test_what_goes_in_and_comes_out(gvisor: Runner) -> None:
    result = await gvisor.shell("cat; cat /in/a; touch /in/x; exit 3", stdin="said ", input={"/in/a": "read"}, timeout="60s")
    assert result.stdout == "said read" and result.stderr and result.exit_code == 3
    with pytest.raises(ServiceStartupFailed):
        await gvisor.run(entrypoint=["/no/such"], timeout="60s")
