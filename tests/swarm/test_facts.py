"""What the engine does with a swarm, where a plain translation of a project would fall into it.

These hold the engine, not the library: where one fails on a newer engine, what is made of it has to be looked at again.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from tests.engines.swarm.lab import Lab, Node, Refused, until
from tests.swarm.services import Spec, create, look, service, update, wait_for


def refused(status: int, words: str, node: Node, method: str, target: str, document: object = None) -> None:
    with pytest.raises(Refused, match=words) as error:
        node.call(method, target, document)
    assert error.value.status == status


def all_tasks(lab: Lab, name: str) -> list[Any]:
    """Those that are over, too."""
    asked = quote(f'{{"service":["{name}"]}}')
    return list(lab.leader().call("GET", f"/tasks?filters={asked}"))


def one_shot(lab: Lab, name: str, *command: str, condition: str = "none", failure: str = "pause") -> Spec:
    spec = service(lab, name, *command)
    spec["TaskTemplate"]["RestartPolicy"]["Condition"] = condition
    spec["UpdateConfig"]["FailureAction"] = failure
    return spec


def update_state(lab: Lab, name: str, *states: str) -> str:
    def reached() -> str:
        state = (look(lab.leader(), name).get("UpdateStatus") or {}).get("State", "")
        return state if state in states else ""

    return str(until(reached, f"the update of {name} is {states}"))


def test_a_worker_says_that_it_is_none_of_the_managers(lab: Lab) -> None:
    refused(503, "not a swarm manager", lab.workers[0], "GET", "/services")
    swarm = lab.workers[0].call("GET", "/info")["Swarm"]
    assert (swarm["LocalNodeState"], swarm["ControlAvailable"]) == ("active", False)
    assert [row["Addr"] for row in swarm["RemoteManagers"]] == [f"{lab.managers[0].address}:2377"]


def test_text_of_an_environment_is_a_template_unless_it_is_escaped(lab: Lab) -> None:
    texts = ["A={{.Node.Hostname}}", 'B={{"{{"}}.Node.Hostname}} }}', 'C={{"{{"}}{{"{{"}}']
    create(lab.leader(), service(lab, "a", Env=texts))
    (task,) = wait_for(lab, "a", "running")
    node, container = lab.node_of(task), task["Status"]["ContainerStatus"]["ContainerID"]
    came = node.call("GET", f"/containers/{container}/json")["Config"]["Env"]
    assert {f"A={node.name}", "B={{.Node.Hostname}} }}", "C={{{{"} <= set(came)


def test_a_template_that_means_nothing_is_refused(lab: Lab) -> None:
    refused(400, "NoSuch", lab.leader(), "POST", "/services/create", service(lab, "a", Env=["A={{.NoSuch}}"]))


@pytest.mark.parametrize(("kind", "member"), [("configs", "Config"), ("secrets", "Secret")])
def test_a_config_or_secret_does_not_change_and_does_not_go_while_it_is_used(lab: Lab, kind: str, member: str) -> None:
    leader, content = lab.leader(), {"Name": "c", "Data": base64.b64encode(b"one").decode()}
    ident = leader.call("POST", f"/{kind}/create", content)["ID"]
    version = leader.call("GET", f"/{kind}/{ident}")["Version"]["Index"]
    other = {**content, "Data": base64.b64encode(b"two").decode()}
    refused(400, "only updates to Labels", leader, "POST", f"/{kind}/{ident}/update?version={version}", other)
    leader.call("POST", f"/{kind}/{ident}/update?version={version}", {**content, "Labels": {"a": "b"}})
    file = {"Name": "/c", "UID": "0", "GID": "0", "Mode": 0o444}
    used: dict[str, Any] = {f"{member}s": [{f"{member}ID": ident, f"{member}Name": "c", "File": file}]}
    create(leader, service(lab, "a", **used))
    refused(400, "in use by the following service: a", leader, "DELETE", f"/{kind}/{ident}")
    leader.call("DELETE", "/services/a")
    leader.call("DELETE", f"/{kind}/{ident}")


def test_a_removed_overlay_is_listed_until_its_last_container_has_ended(lab: Lab) -> None:
    """And meanwhile it takes no service; its name is taken, too, unless an engine before API 1.44 is not asked to look for it."""
    leader, wanted = lab.leader(), {"Name": "net", "Driver": "overlay"}
    old = leader.call("POST", "/networks/create", wanted)["Id"]
    spec = service(lab, "a", StopGracePeriod=60_000_000_000)
    spec["TaskTemplate"] |= {"Networks": [{"Target": old}], "Placement": {"Constraints": ["node.role==manager"]}}
    create(leader, spec)
    (task,) = wait_for(lab, "a", "running")
    refused(400, "in use by (service|task)", leader, "DELETE", f"/networks/{old}")
    leader.call("DELETE", "/services/a")
    until(lambda: leader.ask("DELETE", f"/networks/{old}")[0] == 204, "the overlay may go")

    def listed() -> list[str]:
        return sorted(row["Id"] for row in leader.call("GET", "/networks") if row["Name"] == "net")

    assert listed() == [old]
    again = service(lab, "b")
    again["TaskTemplate"]["Networks"] = [{"Target": old}]
    with pytest.raises(Refused, match="network .* not found"):
        create(leader, again)
    refused(409, "already exists", leader, "POST", "/networks/create", {**wanted, "CheckDuplicate": True})
    new = []
    if leader.api < (1, 44):
        new.append(leader.call("POST", "/networks/create", wanted)["Id"])
    else:
        refused(409, "already exists", leader, "POST", "/networks/create", wanted)
    leader.call("DELETE", f"/containers/{task['Status']['ContainerStatus']['ContainerID']}?force=1")
    until(lambda: listed() == new, "the old one is listed no more")


def test_an_update_of_what_has_changed_meanwhile_is_out_of_sequence(lab: Lab) -> None:
    leader, spec = lab.leader(), service(lab, "a", replicas=0)
    create(leader, spec)
    version = look(leader, "a")["Version"]["Index"]
    update(leader, "a", {**spec, "Labels": {"a": "1"}}, version)
    refused(
        500, "update out of sequence", leader, "POST", f"/services/a/update?version={version}", {**spec, "Labels": {"a": "2"}}
    )
    assert look(leader, "a")["Spec"]["Labels"] == {"a": "1"}


def test_an_update_that_changes_no_task_has_no_status(lab: Lab) -> None:
    leader, spec = lab.leader(), service(lab, "a")
    create(leader, spec)
    (task,) = wait_for(lab, "a", "running")
    assert "UpdateStatus" not in look(leader, "a")
    update(leader, "a", {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": 1}})
    assert update_state(lab, "a", "completed") == "completed"
    (task,) = wait_for(lab, "a", "running")
    update(leader, "a", {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": 1}, "Labels": {"a": "1"}})
    found = look(leader, "a")
    assert not found.get("UpdateStatus") and found["Spec"]["Labels"] == {"a": "1"}
    create(leader, service(lab, "later"))
    wait_for(lab, "later", "running")
    assert [row["ID"] for row in lab.tasks("a")] == [task["ID"]]


def test_a_spec_comes_back_with_more_than_was_sent(lab: Lab) -> None:
    spec = service(lab, "a", replicas=0)
    create(lab.leader(), spec)
    came = look(lab.leader(), "a")["Spec"]
    assert came["TaskTemplate"]["ContainerSpec"]["Isolation"] == "default"
    assert "Isolation" not in spec["TaskTemplate"]["ContainerSpec"]


def test_one_shots_end_and_stay_ended(lab: Lab) -> None:
    """Also when their node is drained. Of a policy that restarts after any end, another task comes."""
    leader = lab.leader()
    for name, condition in (("none", "none"), ("failure", "on-failure"), ("any", "any")):
        create(leader, one_shot(lab, name, "true", condition=condition))
    until(lambda: len(all_tasks(lab, "any")) > 1, "the one that always starts again does")
    until(lambda: [task["Status"]["State"] for task in all_tasks(lab, "failure")] == ["complete"], "failure has ended")
    until(lambda: [task["Status"]["State"] for task in all_tasks(lab, "none")] == ["complete"], "none has ended")
    lab.node_of(all_tasks(lab, "none")[0]).drain()
    create(leader, service(lab, "later"))
    wait_for(lab, "later", "running")
    ended = [task["Status"]["State"] for name in ("none", "failure") for task in all_tasks(lab, name)]
    assert ended == ["complete", "complete"]


def test_an_update_of_a_one_shot_counts_its_end_as_a_failure(lab: Lab) -> None:
    leader = lab.leader()
    for name, failure, seconds in (("back", "rollback", 30), ("on", "continue", 1)):
        spec = one_shot(lab, name, "true", failure=failure)
        create(leader, spec)
        until(lambda: [task["Status"]["State"] for task in all_tasks(lab, name)] == ["complete"], f"{name} has ended")  # noqa: B023
        changed = one_shot(lab, name, "sh", "-c", "true", failure=failure)
        changed["UpdateConfig"]["Monitor"] = seconds * 1_000_000_000  # Its end has to be seen within that.
        update(leader, name, changed)
    assert update_state(lab, "back", "rollback_started", "rollback_completed", "rollback_paused")
    assert update_state(lab, "on", "completed") == "completed"


def test_a_first_start_has_no_status_and_tells_of_its_troubles_by_its_tasks(lab: Lab) -> None:
    """An image that is missing is tried for ever, a host's port that is taken is waited for."""
    leader = lab.leader()
    create(leader, service(lab, "gone", Image=f"{lab.registry}/none:1"))
    spec = service(lab, "port", replicas=2, ports={8082: 80})
    spec["TaskTemplate"]["Placement"] = {"Constraints": ["node.role==manager"]}
    create(leader, spec)
    until(lambda: [task for task in all_tasks(lab, "gone") if task["Status"]["State"] == "rejected"], "a task is rejected")
    rejected = next(task for task in all_tasks(lab, "gone") if task["Status"]["State"] == "rejected")
    assert "No such image" in rejected["Status"]["Err"]
    pending = next(task for task in wait_for(lab, "port", "pending", "running") if task["Status"]["State"] == "pending")
    assert "no suitable node (" in pending["Status"]["Err"]
    assert "host-mode port already in use on 1 node" in pending["Status"]["Err"]
    assert "UpdateStatus" not in look(leader, "gone") and "UpdateStatus" not in look(leader, "port")
