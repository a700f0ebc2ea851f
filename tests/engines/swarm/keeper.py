"""The process that holds the lab's bridge and registry: ``python -m tests.engines.swarm.keeper FOLDER ADDRESS PORT``.

It begins in a fresh network, and ends when its standard input does: then it takes all of the lab away, also after a test run
that was killed and could not.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.engines.leavings import remove_folder
from tests.engines.registry import registry

BRIDGE = "br0"
READY = "ready"


def _build(address: str) -> None:
    words = [
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"address add {address}/24 dev {BRIDGE}",
        f"link set {BRIDGE} up",
    ]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(words), text=True, check=True)


def _until_nodes_end(folder: Path, seconds: float = 10.0) -> None:
    """Nodes end by themselves with the run that started them; what is late is ended by force after that."""
    deadline = time.monotonic() + seconds
    while _nodes(folder) and time.monotonic() < deadline:
        time.sleep(0.01)


def _nodes(folder: Path) -> bool:
    mine = f"tests.engines.swarm.machine\0{folder}/".encode()
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mine in entry.read_bytes():
                return True
        except OSError:
            continue
    return False


def main() -> int:
    folder, address, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    # What ends a run, a terminal's interrupt say, is not to end what cleans up after it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        _build(address)
        with registry(folder, port, {}, address):
            (folder / READY).touch()
            sys.stdin.buffer.read()
    finally:
        _until_nodes_end(folder)
        remove_folder(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
