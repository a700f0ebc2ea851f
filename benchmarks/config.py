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
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, number

RUNS = 10
OWN = [shutil.which("perry-compose", path=str(Path(sys.executable).parent)) or "perry-compose"]
PEER = ["docker", "compose"]
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
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    alarm = threading.Timer(PATIENCE, kill_session, (process.pid,))
    alarm.start()
    _, status, usage = os.wait4(process.pid, 0)
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL:
        return None
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed in {folder}")
    return time.perf_counter() - start, usage.ru_maxrss


def kill_session(leader: int) -> None:
    """Ends every process of a session; a plugin has a process group of its own."""
    for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
        with contextlib.suppress(ProcessLookupError):
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)


def figures() -> Iterator[Figure]:
    """One after the other. Without a peer only the library's own times are told."""
    version = peer_version()
    with tempfile.TemporaryDirectory() as scratch:
        for name, services, lattice in (("5 services", 5, True), ("500 flat services", 500, False)):
            folder = written(Path(scratch) / name, services, lattice)
            own, theirs = in_turn(folder, version is not None)
            yield beside(f"config of {name}, whole process", own, theirs, version)
        yield from _lattice(written(Path(scratch) / "lattice", 500, True), version)


def _lattice(folder: Path, version: str | None) -> Iterator[Figure]:
    own, _ = in_turn(folder, False)
    detail = shown(own)
    if version is not None:
        answer = once([*PEER, "config", "-q"], folder)
        detail += f"; docker compose {version}: "
        detail += f"no answer in {PATIENCE:.0f} s" if answer is None else f"{answer[0]:.1f} s"
    yield Figure("config of 500 services in a lattice", median(row[0] for row in own), "s", detail, 1.0)
    yield Figure("peak memory of config, 500 services", max(row[1] for row in own) / 1024, "MiB", "", 60)


def peer_version() -> str | None:
    """The version of docker compose, None if it is not there."""
    try:
        done = subprocess.run([*PEER, "version", "--short"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def written(folder: Path, services: int, lattice: bool) -> Path:
    """A folder with such a project."""
    folder.mkdir()
    (folder / "compose.yaml").write_text(project(services, lattice))
    return folder


Runs = list[tuple[float, int]]
"""Seconds and peak KiB of each run."""


def in_turn(folder: Path, with_peer: bool) -> tuple[Runs, Runs]:
    """The runs of both, after one of each that is not counted."""
    own: Runs = []
    theirs: Runs = []
    for _ in range(RUNS + 1):
        for command, rows in ((OWN, own), (PEER if with_peer else None, theirs)):
            measured = once([*command, "config", "-q"], folder) if command else None
            if command and measured is None:
                sys.exit(f"{command[0]} gives no answer in {PATIENCE:.0f} s")
            rows.extend([measured] if measured else [])
    return own[1:], theirs[1:]


def beside(name: str, own: Runs, theirs: Runs, version: str | None) -> Figure:
    """The ratio of the medians; the medians alone where there is no peer."""
    if not theirs:
        return Figure(name, median(row[0] for row in own), "s", shown(own))
    ratio = median(row[0] for row in own) / median(row[0] for row in theirs)
    return Figure(name, ratio, f"× docker compose {version}", f"{shown(own)}; peer {shown(theirs)}", 1.0)


def shown(rows: Runs) -> str:
    """Median seconds and peak memory."""
    peak = max(row[1] for row in rows) / 1024
    return f"{number(median(row[0] for row in rows))} s, {peak:.0f} MiB"
