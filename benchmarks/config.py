"""How long ``perry-compose config -q`` takes as a whole process, beside docker compose.

usage: python benchmarks/config.py [--runs N] [--command COMMAND] [--peer COMMAND]

Prints one line a project: the best and median seconds of both, their ratio
(below 1 is faster than the peer), and the peak memory. The peer gets 60 s; a
lattice of 500 services (each depends on the three before it) is more than it
can do, so the line says so. Runs of both alternate, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PATIENCE = 60.0

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
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    _, status, usage = os.wait4(process.pid, 0)
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == -signal.SIGKILL:
        return None
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed in {folder}")
    return time.perf_counter() - start, usage.ru_maxrss


def compare(name: str, folder: Path, own: list[str], peer: list[str] | None, runs: int) -> None:
    """Print one line for a project."""
    mine: list[tuple[float, int]] = []
    theirs: list[tuple[float, int]] = []
    for _ in range(runs):
        for command, rows in ((own, mine), (peer, theirs)):
            measured = once(command, folder) if command else None
            if command and measured is None:
                sys.exit(f"{name}: {command[0]} gives no answer in {PATIENCE:.0f} s")
            rows.extend([measured] if measured else [])
    print(f"{name}: {shown(mine)}" + (f"; peer {shown(theirs)}; ratio {ratio(mine, theirs):.2f}" if theirs else ""))


def shown(rows: list[tuple[float, int]]) -> str:
    """Best and median seconds, and the peak memory."""
    seconds = [row[0] for row in rows]
    peak = max(row[1] for row in rows) / 1024
    return f"{min(seconds):.3f} s best, {statistics.median(seconds):.3f} s median, {peak:.0f} MiB"


def ratio(mine: list[tuple[float, int]], theirs: list[tuple[float, int]]) -> float:
    """Medians compared."""
    return statistics.median(row[0] for row in mine) / statistics.median(row[0] for row in theirs)


def main() -> None:
    """Measure every project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument(
        "--command", default=shutil.which("perry-compose", path=Path(sys.executable).parent) or "perry-compose"
    )
    parser.add_argument("--peer", default="docker compose")
    arguments = parser.parse_args()
    peer = arguments.peer.split()
    try:
        version = subprocess.run([*peer, "version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        version, peer = "no peer on this machine", []
    print(f"Python {sys.version.split()[0]}; peer: {version}; medians of {arguments.runs} runs")
    with tempfile.TemporaryDirectory() as scratch:
        for name, services, lattice in (
            ("5 services", 5, True),
            ("500 flat services", 500, False),
            ("500 in a lattice", 500, True),
        ):
            folder = Path(scratch) / name.replace(" ", "-")
            folder.mkdir()
            (folder / "compose.yaml").write_text(project(services, lattice))
            tail = ["config", "-q"]
            known = peer and not (lattice and services > 100)
            compare(name, folder, [arguments.command, *tail], [*peer, *tail] if known else None, arguments.runs)
        if peer:
            answer = once([*peer, *tail], folder)
            print(
                f"500 in a lattice, peer: {f'no answer in {PATIENCE:.0f} s' if answer is None else f'{answer[0]:.1f} s'}"
            )


if __name__ == "__main__":
    main()
