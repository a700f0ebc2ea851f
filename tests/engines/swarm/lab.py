"""A lab: nodes in one swarm, the wire between them, an image that each of them can pull.

Labs of several processes may be there at once, beside private engines too: the nodes' addresses are known inside a lab alone,
everything else is named by its folder, which names its process. A lab ends with its process, however that ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.engines import image
from tests.engines.daemon import EngineMissing, need
from tests.engines.dockerd import containerd_words, dockerd_words
from tests.engines.leavings import own_folder, remove_folder
from tests.engines.swarm import objects
from tests.engines.swarm.node import Node, Refused, until
from tests.engines.swarm.wire import Wire

PREFIX = "perry-swarm-"


class Lab:
    """nodes: the managers first. wire: the network between them. image: the tests' busybox, as every node can pull it.

    registry: where that lies, for the nodes and on the wire. folder: all that the lab has on the disk.
    """

    def __init__(self, folder: Path, size: int, managers: int, heartbeat: float) -> None:
        self.folder = folder
        self.wire = Wire(folder)
        self.registry = self.wire.registry
        self.image = f"{self.registry}/perry-test:1"
        self.nodes = [Node(number, folder, self.wire, self.leader) for number in range(1, size + 1)]
        self._managers, self._heartbeat = managers, heartbeat

    @property
    def managers(self) -> list[Node]:
        return self.nodes[: self._managers]

    @property
    def workers(self) -> list[Node]:
        return self.nodes[self._managers :]

    @property
    def has_ipvs(self) -> bool:
        """Whether virtual addresses and ingress ports work here."""
        return all(node.has_ipvs for node in self.nodes if node.running)

    # -- its life ------------------------------------------------------------------------------------

    def start(self) -> None:
        self.wire.start()
        self._start_nodes()

    def _start_nodes(self) -> None:
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(Node.power_on, self.nodes))
            first = self.nodes[0]
            tokens = first.init(self._heartbeat)
            pushed = pool.submit(self._push, first)
            joined = [pool.submit(node.join, first, tokens["worker"], manager=False) for node in self.workers]
            for node in self.managers[1:]:
                node.join(first, tokens["manager"], manager=True)
            for done in (pushed, *joined):
                done.result()
        self._wait_until_ready()

    def stop(self) -> None:
        """Nothing of it is left. Idempotent."""
        for node in self.nodes:
            node.power_cut()
        self.wire.stop()

    def _push(self, node: Node) -> None:
        image.build(node.socket)
        repository, _, tag = self.image.rpartition(":")
        node.call("POST", f"/images/{image.IMAGE}/tag?repo={repository}&tag={tag}")
        status, body = node.ask("POST", f"/images/{repository}/push?tag={tag}", {})
        if status != 200 or b'"error"' in body:
            raise RuntimeError(f"the test image could not be pushed: {status} {body[-500:]!r}")

    def _wait_until_ready(self) -> None:
        def ready() -> bool:
            states = [row["Status"]["State"] for row in self.leader().call("GET", "/nodes")]
            return states == ["ready"] * len(self.nodes)

        until(ready, "every node is ready")

    # -- its swarm -----------------------------------------------------------------------------------

    def leader(self) -> Node:
        """The manager that leads, as one that can know says: it has power and a cable. TimeoutError where there is none."""
        return until(self._leader, "a manager leads")  # type: ignore[no-any-return]

    def _leader(self) -> Node | None:
        """Asked of each: one that came back may not hear of its leader for a minute, while the others follow it."""
        last: Exception | None = None
        for asked in self.managers:
            if asked.running and asked.plugged:
                try:
                    # One that asks a leader who is gone waits for twenty seconds.
                    rows = asked.call("GET", "/nodes", seconds=2)
                except (OSError, Refused) as error:
                    last = error
                    continue
                leading = [row["ID"] for row in rows if (row.get("ManagerStatus") or {}).get("Leader")]
                return next((node for node in self.managers if node.id in leading), None)
        if last is not None:
            raise last
        return None

    def tasks(self, service: str) -> list[dict[str, Any]]:
        """Tasks of a service that are to run, by slot, in whatever state they are."""
        return objects.tasks(self.leader(), service)

    def node_of(self, task: dict[str, Any]) -> Node:
        """Where a task is. KeyError where it has no node yet."""
        return {node.id: node for node in self.nodes}[task.get("NodeID", "")]

    def _renew(self) -> None:
        """The same nodes in another swarm, with nothing on their disks."""
        for node in self.nodes:
            node.power_cut()
            node.wipe()
        self._start_nodes()

    # -- what tests leave ----------------------------------------------------------------------------

    def leftovers(self, project: str) -> list[str]:
        """What there is of a project on any node that runs: containers, services, networks, volumes, configs, secrets."""
        running = [node for node in self.nodes if node.running]
        return sorted({str(row) for row in objects.found(self.leader(), running) if row.is_of(project)})

    def clean(self) -> None:
        """Everything as it was at the start: all power and cables, active nodes in their roles, no objects. Images stay.

        A swarm of which a node was away is made anew. To its managers the end of that node's old connection, which may come minutes
        later, is the end of the new one: from then on they tell nothing of its logs, until it has connected once more.
        """
        if any(node.was_away for node in self.nodes):
            return self._renew()
        for node in self.nodes:
            node.change(Availability="active", Labels={}, Role="manager" if node.manager else "worker")
        until(lambda: not objects.take_away(self.leader(), self.nodes), "the lab is empty")


def _need_all() -> None:
    if os.geteuid() != 0:
        raise EngineMissing("a swarm of several nodes needs root")
    for program, package in (
        ("unshare", "util-linux"), ("nsenter", "util-linux"), ("ip", "iproute2"), ("docker-registry", "docker-registry"),
    ):  # fmt: skip
        need(program, package)
    containerd_words(Path())
    dockerd_words(Path())
    image.busybox()


@contextmanager
def swarm_lab(nodes: int = 3, managers: int = 1, heartbeat: float = 2.0) -> Iterator[Lab]:
    """A swarm of so many nodes, of which the first ``managers`` are managers. EngineMissing where one cannot be.

    heartbeat: seconds between a node's reports. One that has missed three is down; an engine's own choice is 5.
    """
    if not 1 <= managers <= nodes < 250:
        raise ValueError(f"{managers} managers of {nodes} nodes")
    _need_all()
    with ExitStack() as stack:
        folder = own_folder(PREFIX)
        stack.callback(remove_folder, folder)
        lab = Lab(folder, nodes, managers, heartbeat)
        stack.callback(lab.stop)
        lab.start()
        yield lab


__all__ = ["Lab", "Node", "Refused", "swarm_lab", "until"]
