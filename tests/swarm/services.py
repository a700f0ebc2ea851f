"""Services of these tests as the engine's own API has them, apart from the library under test."""

from __future__ import annotations

from typing import Any

from tests.engines.swarm.lab import Lab, Node, until

Spec = dict[str, Any]
SLEEP = ("sleep", "600")
SAY_THE_NODE = ("sh", "-c", 'echo "$NODE" >/tmp/index.html; exec httpd -f -p 80 -h /tmp')
"""Says over HTTP on which node it runs; needs ``Env`` NODE."""


def service(
    lab: Lab, name: str, *command: str, replicas: int = 1, ports: dict[int, int] | None = None, **container: object
) -> Spec:
    """A replicated service without a virtual address. ports: of each node, to those of a task. container: more of ContainerSpec."""
    published = [
        {"Protocol": "tcp", "PublishMode": "host", "PublishedPort": outside, "TargetPort": inside}
        for outside, inside in (ports or {}).items()
    ]
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": {"Image": lab.image, "Command": list(command or SLEEP), "StopGracePeriod": 0, **container},
            "RestartPolicy": {"Condition": "any", "Delay": 100_000_000},
        },
        "Mode": {"Replicated": {"Replicas": replicas}},
        "UpdateConfig": {"Monitor": 100_000_000, "FailureAction": "pause"},
        "EndpointSpec": {"Mode": "dnsrr", "Ports": published},
    }


def create(manager: Node, spec: Spec) -> str:
    """The id of the service."""
    return str(manager.call("POST", "/services/create", spec)["ID"])


def look(manager: Node, name: str) -> Any:
    """What the engine has of it."""
    return manager.call("GET", f"/services/{name}")


def update(manager: Node, name: str, spec: Spec, version: int | None = None) -> None:
    """version: the one it had when it was looked at; the present one where none is given."""
    version = look(manager, name)["Version"]["Index"] if version is None else version
    manager.call("POST", f"/services/{name}/update?version={version}", spec)


def wait_for(lab: Lab, name: str, *states: str) -> list[Any]:
    """The tasks that are to run, when they are in these states: one for each."""

    def reached() -> list[Any]:
        tasks = lab.tasks(name)
        return tasks if sorted(task["Status"]["State"] for task in tasks) == sorted(states) else []

    return until(reached, f"the tasks of {name} are {states}")  # type: ignore[no-any-return]
