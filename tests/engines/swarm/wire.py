"""The network between the nodes: a bridge, a cable for each node, and the registry."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

from tests.engines.daemon import Daemon
from tests.engines.swarm.keeper import BRIDGE, READY
from tests.engines.swarm.machine import CARD

ROOT = Path(__file__).resolve().parents[3]
NETWORK = "10.77.0"
GATEWAY = f"{NETWORK}.254"
REGISTRY_PORT = 5000


def environ() -> dict[str, str]:
    """Of the lab's own programs."""
    return {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "PYTHONPATH": str(ROOT)}


class Wire:
    """The bridge's network. address: the bridge's own. No other network has its addresses: it has no way out."""

    def __init__(self, folder: Path) -> None:
        self.address, self.registry = GATEWAY, f"{GATEWAY}:{REGISTRY_PORT}"
        self._cables = itertools.count(1)
        words = [sys.executable, "-m", "tests.engines.swarm.keeper", str(folder), GATEWAY, str(REGISTRY_PORT)]
        self._keeper = Daemon("wire", ["unshare", "--net", *words], folder, environ(), held=True)
        self._ready = folder / READY

    def start(self) -> None:
        self._keeper.start(self._ready.exists)

    def stop(self) -> None:
        """Ends it, and with it the lab: the folder goes, and what runs or is mounted there."""
        self._keeper.stop(seconds=60)

    def words(self, *command: str) -> list[str]:
        """``command``, so that it runs in the bridge's network: from there published ports and the registry are reached."""
        assert self._keeper.process, "the lab has ended"
        return ["nsenter", f"--net=/proc/{self._keeper.process.pid}/ns/net", "--", *command]

    def run(self, *command: str, seconds: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Runs it there, whatever it ends with."""
        return subprocess.run(self.words(*command), capture_output=True, text=True, timeout=seconds, env=environ(), check=False)

    def fetch(self, address: str, port: int, target: str = "/") -> str:
        """What an HTTP server says that is reached from there. OSError where none answers well."""
        done = self.run("busybox", "wget", "-q", "-O", "-", f"http://{address}:{port}{target}")
        if done.returncode != 0:
            raise OSError(f"http://{address}:{port}{target}: {done.stderr.strip()}")
        return done.stdout

    def connect(self, process: int, hardware: str) -> str:
        """Puts a card into the network of ``process``; gives the name of the cable's end on the bridge.

        hardware: the card's address, the same as before, or the neighbours would look for the old one.
        """
        cable = f"v{next(self._cables)}"
        self._ip(
            f"link add {cable} type veth peer name {CARD} address {hardware} netns {process}",
            f"link set {cable} master {BRIDGE}",
            f"link set {cable} up",
        )
        return cable

    def plug(self, cable: str, *, plugged: bool) -> None:
        """Carries packets or none; the card on the other side sees its carrier go."""
        self._ip(f"link set {cable} {'up' if plugged else 'down'}")

    def _ip(self, *lines: str) -> None:
        subprocess.run(self.words("ip", "-batch", "-"), input="\n".join(lines), text=True, check=True, env=environ())
