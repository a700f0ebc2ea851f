"""The first process of a node: ``python -m tests.engines.swarm.machine FOLDER NAME ADDRESS GATEWAY``.

It begins in fresh namespaces, is the parent of all that runs there, and ends when its standard input does, or when one of its
daemons has ended; the kernel then ends the rest at once: the power is cut.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.engines import namespaces
from tests.engines.dockerd import containerd_socket, containerd_words, dockerd_words

CARD = "eth0"
# What dockerd and containerd have below folders of the machine: here they would be every node's.
_OWN_FOLDERS = ("/run/docker", "/run/containerd", "/etc/docker")


def _connect(address: str, gateway: str) -> None:
    """Waits for the card, which is put in from outside, and gives it its address."""
    while CARD not in (name for _, name in socket.if_nameindex()):
        time.sleep(0.005)
    words = ["link set lo up", f"address add {address}/24 dev {CARD}", f"link set {CARD} up", f"route add default via {gateway}"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(words), text=True, check=True)


def _start(folder: Path, cgroup: str) -> set[int]:
    """The processes of the two daemons."""
    for left in (folder / "d.pid", containerd_socket(folder)):
        left.unlink(missing_ok=True)
    below = subprocess.Popen(containerd_words(folder), stdin=subprocess.DEVNULL)
    while not containerd_socket(folder).exists() and below.poll() is None:
        time.sleep(0.01)
    # Groups of a name of the lab's own can be told from those of other engines, and taken away when power was cut.
    words = ["--cgroup-parent", cgroup, "--exec-opt", "native.cgroupdriver=cgroupfs"]
    above = subprocess.Popen([*dockerd_words(folder), *words], stdin=subprocess.DEVNULL)
    return {below.pid, above.pid}


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def main() -> int:
    folder, name, address, gateway = Path(sys.argv[1]), *sys.argv[2:5]
    threading.Thread(target=_end_with_input, daemon=True).start()
    namespaces.host_name(name)
    for own in _OWN_FOLDERS:
        namespaces.mount("tmpfs", Path(own))
    _connect(address, gateway)
    daemons = _start(folder, f"/{folder.parent.name}")
    # Monitors of containers become its children when dockerd's containerd leaves them.
    while os.wait()[0] not in daemons:
        pass
    return 1


if __name__ == "__main__":
    sys.exit(main())
