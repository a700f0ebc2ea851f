"""The lab itself: its nodes are machines, its swarm is one, and it leaves nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.engines.leavings import control_groups
from tests.engines.swarm.lab import Lab, Node, until
from tests.engines.swarm.wire import environ
from tests.swarm.services import SAY_THE_NODE, create, service, wait_for

ENDS = """
import sys, time
from tests.engines.swarm.lab import swarm_lab
from tests.swarm.services import create, service, wait_for
with swarm_lab(1) as lab:
    create(lab.nodes[0], service(lab, "a"))
    wait_for(lab, "a", "running")
    print(lab.folder, flush=True)
    time.sleep(600)
"""


def reached(lab: Lab, node: Node, port: int) -> str:
    return str(until(lambda: lab.wire.fetch(node.address, port), f"port {port} of {node.name} answers")).strip()


def is_now(node: Node, state: str) -> None:
    until(lambda: node.state == state, f"{node.name} is {state}")


def is_empty(node: Node) -> None:
    until(lambda: not node.containers(), f"nothing runs on {node.name}")


def test_three_nodes_are_one_swarm(lab: Lab) -> None:
    rows = lab.leader().call("GET", "/nodes")
    assert sorted(row["Description"]["Hostname"] for row in rows) == ["n1", "n2", "n3"]
    assert {row["ID"] for row in rows} == {node.id for node in lab.nodes} == {node.id for node in (*lab.managers, *lab.workers)}
    assert [lab.leader()] == lab.managers == lab.nodes[:1]
    assert lab.leftovers("shop") == []


def test_tasks_run_on_every_node_and_are_reached_from_the_wire(lab: Lab) -> None:
    spec = service(lab, "web", *SAY_THE_NODE, replicas=3, ports={8080: 80}, Env=["NODE={{.Node.Hostname}}"])
    create(lab.leader(), spec)
    tasks = wait_for(lab, "web", *["running"] * 3)
    assert {lab.node_of(task) for task in tasks} == set(lab.nodes)
    assert [reached(lab, node, 8080) for node in lab.nodes] == ["n1", "n2", "n3"]
    assert [len(node.containers(com_docker_swarm_service_name="web")) for node in lab.nodes] == [1, 1, 1]


def test_tasks_on_two_nodes_reach_each_other_by_name(lab: Lab) -> None:
    leader = lab.leader()
    network = leader.call("POST", "/networks/create", {"Name": "between", "Driver": "overlay"})["Id"]
    web = service(lab, "web", *SAY_THE_NODE, Env=["NODE={{.Node.Hostname}}"])
    asks = service(lab, "asks", "sh", "-c", "until wget -q -O /tmp/index.html http://web/; do sleep 0.2; done; exec httpd -f -p 80 -h /tmp",
                   ports={8081: 80})  # fmt: skip
    for spec, node in ((web, lab.nodes[1]), (asks, lab.nodes[2])):
        spec["TaskTemplate"] |= {"Networks": [{"Target": network}], "Placement": {"Constraints": [f"node.hostname=={node.name}"]}}
        create(leader, spec)
    assert reached(lab, lab.nodes[2], 8081) == "n2"


def test_a_drained_node_gives_its_tasks_away_and_gets_none_back(lab: Lab) -> None:
    create(lab.leader(), service(lab, "web", replicas=3))
    wait_for(lab, "web", *["running"] * 3)
    drained = lab.nodes[1]
    drained.drain()
    is_empty(drained)
    assert drained not in {lab.node_of(task) for task in wait_for(lab, "web", *["running"] * 3)}
    drained.activate()
    assert lab.leader().call("GET", f"/nodes/{drained.id}")["Spec"]["Availability"] == "active" and not drained.containers()


def test_a_node_without_power_or_cable_is_down_and_comes_back(lab: Lab) -> None:
    """Its tasks run elsewhere. Without a cable alone they run on where they are, too, until it hears of the swarm again."""
    create(lab.leader(), service(lab, "web", replicas=3))
    wait_for(lab, "web", *["running"] * 3)
    cut, pulled = lab.workers
    cut.power_cut()
    pulled.cable(plugged=False)
    for node in lab.workers:
        is_now(node, "down")
    until(lambda: {task.get("NodeID") for task in lab.tasks("web")} == {lab.nodes[0].id}, "the tasks are on the last node")
    wait_for(lab, "web", *["running"] * 3)
    assert len(pulled.containers()) == 1
    cut.power_on()
    pulled.cable(plugged=True)
    for node in lab.workers:
        is_now(node, "ready")
        is_empty(node)


def test_what_is_left_of_a_project_is_told_and_taken_away(lab: Lab) -> None:
    leader, mine = lab.leader(), {"com.docker.stack.namespace": "shop"}
    secret = {"Labels": mine, "Data": "YQ=="}
    leader.call("POST", "/secrets/create", {"Name": "s", **secret})
    leader.call("POST", "/configs/create", {"Name": "shop_c", "Data": "YQ=="})
    network = leader.call("POST", "/networks/create", {"Name": "shop_net", "Driver": "overlay", "Labels": mine})["Id"]
    mounts = [{"Type": "volume", "Source": "shop_data", "Target": "/data"}]
    spec = {**service(lab, "shop_web", Mounts=mounts), "Labels": mine}
    place = {"Networks": [{"Target": network}], "Placement": {"Constraints": ["node.hostname==n3"]}}
    spec["TaskTemplate"] |= place
    create(leader, spec)
    create(leader, service(lab, "shops"))
    wait_for(lab, "shop_web", "running")
    (container,) = lab.nodes[2].containers(com_docker_swarm_service_name="shop_web")
    name = container["Names"][0].lstrip("/")
    assert lab.leftovers("shop") == [
        "config shop_c", "n1: network shop_net", f"n3: container {name}", "n3: network shop_net", "n3: volume shop_data",
        "secret s", "service shop_web",
    ]  # fmt: skip
    lab.clean()
    assert lab.leftovers("shop") == lab.leftovers("shops") == []


def test_a_lab_of_a_run_that_is_killed_leaves_nothing(lab: Lab) -> None:
    """Beside another one, and with a task that runs. Interrupted, it ends itself; killed, it cannot."""
    words = [sys.executable, "-c", ENDS]
    runs = [
        subprocess.Popen(words, env=environ(), stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) for _ in range(3)
    ]
    folders = [Path(run.stdout.readline().strip()) for run in runs if run.stdout]
    assert all(folder.is_dir() and control_groups(folder) for folder in folders) and len(set(folders)) == 3
    for run, number in zip(runs, (signal.SIGINT, signal.SIGTERM, signal.SIGKILL), strict=True):
        run.send_signal(number)
        run.wait(30)
        if run.stdout:
            run.stdout.close()
    until(
        lambda: not any(folder.exists() or control_groups(folder) or processes_of(folder) for folder in folders), "all are gone"
    )
    assert lab.leader() is lab.nodes[0]


def processes_of(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes()
        except OSError:
            continue
        if bytes(folder) in words:
            found.append(words.replace(b"\0", b" ").decode())
    return found


def test_every_node_may_be_a_manager(managing: Lab) -> None:
    assert managing.managers == managing.nodes and managing.workers == []
    rows = managing.leader().call("GET", "/nodes")
    assert [row["ManagerStatus"]["Reachability"] for row in rows] == ["reachable"] * 3
    assert managing.leftovers("shop") == []
