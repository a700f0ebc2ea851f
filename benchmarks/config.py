"""``perry-compose config -q`` as a whole process, beside docker compose: in turn, so that both see the same machine.

A lattice of 500 services (each depends on the three before it) is more than the peer can do; it gets 60 s.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure, Unavailable
from benchmarks.peers import Peer, docker_compose

RUNS = 10
PATIENCE = 60.0
"""Seconds that a process gets."""

SERVICE = """  s{n}:
    image: nginx:{n}
    ports: ['{port}:80']
    environment: {{A: b, C: '${{HOME}}', N: {n}}}
    volumes: ['./d{n}:/d', 'data:/v']
    restart: always
    healthcheck: {{test: curl -f http://localhost, interval: 10s}}
"""


def project(services: int, lattice: bool) -> str:
    """A Compose file of so many services; in a lattice each depends on the three before it."""
    rows = ["services:\n"]
    for n in range(services):
        rows.append(SERVICE.format(n=n, port=8000 + n))
        if lattice and n:
            rows.append(f"    depends_on: [{', '.join(f's{m}' for m in range(max(0, n - 3), n))}]\n")
    return "".join([*rows, "volumes:\n  data:\n"])


def once(command: list[str], folder: Path) -> tuple[float, int] | None:
    """Seconds and peak KiB of one process; None when it runs out of patience."""
    start = time.perf_counter()
    # A session of its own: docker's plugin is a child that would outlive it.
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    alarm = threading.Timer(PATIENCE, kill_session, (process.pid,))
    alarm.start()
    _, status, usage = os.wait4(process.pid, 0)
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL:
        return None
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed with status {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss


def kill_session(leader: int) -> None:
    """Ends every process of a session; a plugin has a process group of its own."""
    for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


PROJECTS = {
    "config of 5 services, whole process": (5, True),
    "config of 500 flat services, whole process": (500, False),
}
LATTICE = ("config of 500 services in a lattice", "peak memory of config, 500 services")


def measures() -> Iterator[Measure]:
    """One after the other. Without a peer the library's own times are told."""
    with tempfile.TemporaryDirectory() as scratch:
        for name, (services, lattice) in PROJECTS.items():
            folder = written(Path(scratch) / f"{services}", services, lattice)
            yield Measure((name,), partial(_beside, name, folder))
        yield Measure(LATTICE, partial(_lattice, written(Path(scratch) / "lattice", 500, True)))


def own_command() -> list[str]:
    """``perry-compose`` of this environment. Raises Unavailable where it is not installed."""
    program = shutil.which("perry-compose", path=str(Path(sys.executable).parent))
    if program is None:
        raise Unavailable("perry-compose is not installed beside this Python: make build installs it")
    return [program]


def _beside(name: str, folder: Path) -> Iterator[Figure]:
    peer = docker_compose()
    if isinstance(peer, str):
        own, _ = in_turn(folder, None)
        yield Figure(name, median(row[0] for row in own), "s", f"{shown(own)}; alone: {peer}")
        return
    own, theirs = in_turn(folder, peer)
    ratio = median(row[0] for row in own) / median(row[0] for row in theirs)
    yield Figure(name, ratio, f"× {peer.name}", f"{shown(own)}; peer {shown(theirs)}", 1.0)


def _lattice(folder: Path) -> Iterator[Figure]:
    own, _ = in_turn(folder, None)
    yield Figure(LATTICE[0], median(row[0] for row in own), "s", f"{shown(own)}; {_answer(docker_compose(), folder)}", 1.0)
    yield Figure(LATTICE[1], max(row[1] for row in own) / 1024, "MiB", "", 60)


def _answer(peer: Peer | str, folder: Path) -> str:
    """What becomes of the peer on the same project."""
    if isinstance(peer, str):
        return f"alone: {peer}"
    try:
        answer = once([*peer.command, "config", "-q"], folder)
    except RuntimeError as error:
        return f"{peer.name}: {error}"
    return f"{peer.name}: " + (f"no answer in {PATIENCE:.0f} s" if answer is None else f"{answer[0]:.1f} s")


def written(folder: Path, services: int, lattice: bool) -> Path:
    """A folder with such a project."""
    folder.mkdir()
    (folder / "compose.yaml").write_text(project(services, lattice))
    return folder


Runs = list[tuple[float, int]]
"""Seconds and peak KiB of each run."""


def in_turn(folder: Path, peer: Peer | None) -> tuple[Runs, Runs]:
    """The runs of both, after one of each that is not counted."""
    contestants: list[tuple[list[str], Runs]] = [(own_command(), [])]
    if peer is not None:
        contestants.append((list(peer.command), []))
    for _ in range(RUNS + 1):
        for command, rows in contestants:
            measured = once([*command, "config", "-q"], folder)
            if measured is None:
                raise RuntimeError(f"{command[0]} gives no answer in {PATIENCE:.0f} s")
            rows.append(measured)
    counted = [rows[1:] for _, rows in contestants]
    return counted[0], counted[1] if peer is not None else []


def shown(rows: Runs) -> str:
    """Median seconds and peak memory."""
    peak = max(row[1] for row in rows) / 1024
    return f"{number(median(row[0] for row in rows))} s, {peak:.0f} MiB"
