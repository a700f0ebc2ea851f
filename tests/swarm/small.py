"""A project that is quick to come and to go, what a lab has of it, and processes that bring it up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from perry_ffi.compose import Project, load_document
from perry_ffi.stack.context import StackContext
from tests.engines.swarm.lab import Lab, Node, until
from tests.live.proxy import Proxy, proxy
from tests.swarm.shop import on

NAME = "small"
SLEEP = ["sleep", "3600"]
OBJECTS = ("networks", "configs", "secrets")


def document(lab: Lab, version: str = "1", scale: int = 1, **more: Mapping[str, Any]) -> dict[str, Any]:
    """``back`` with a config and a secret, and ``front`` after it, on a network. Another version changes both, and the config.

    scale: tasks of each; with none nothing has to be waited for. more: further members of a service, by its name; one that is not
    there is added.
    """

    def service(**members: Any) -> dict[str, Any]:
        policy = {"monitor": "100ms", "order": "start-first"}
        return {
            "image": lab.image, "command": SLEEP, "stop_grace_period": "0s", "networks": ["net"],
            "deploy": {"endpoint_mode": "dnsrr", "update_config": policy}, "environment": {"VERSION": version}, "scale": scale,
            **members,
        }  # fmt: skip

    services = {"back": service(configs=["settings"], secrets=["key"]), "front": service(depends_on=["back"])}
    for name, members in more.items():
        services[name] = {**services.get(name, service()), **members}
    return {
        "name": NAME,
        "services": services,
        "networks": {"net": {}},
        "configs": {"settings": {"content": f"version {version}\n"}},
        "secrets": {"key": {"environment": "KEY"}},
    }


def small(lab: Lab, version: str = "1", scale: int = 1, **more: Mapping[str, Any]) -> Project:
    """The project of ``document``."""
    return load_document(document(lab, version, scale, **more), env={"KEY": "hidden"}, working_directory="/")


def held(lab: Lab) -> dict[str, Any]:
    """What the swarm has of the project, in its own words: services as they are defined, and the ids of what they need."""
    manager = lab.leader()
    rows = [row for row in manager.call("GET", "/services") if row["Spec"]["Name"].startswith(f"{NAME}_")]
    found: dict[str, Any] = {row["Spec"]["Name"]: (row["ID"], json.dumps(row["Spec"], sort_keys=True)) for row in rows}
    for kind in OBJECTS:
        for row in manager.call("GET", f"/{kind}"):
            name = row["Name"] if kind == "networks" else row["Spec"]["Name"]
            if name.startswith(f"{NAME}_"):
                found[f"{kind} {name}"] = row.get("ID") or row["Id"]
    return found


def running(lab: Lab) -> dict[str, list[str]]:
    """On which nodes the containers of the project are that run now, by service; told by the engines of all nodes that have power."""
    found: dict[str, list[str]] = {}
    for node in lab.nodes:
        if node.running:
            for row in node.call("GET", "/containers/json"):
                name = row["Labels"].get("com.docker.swarm.service.name", "")
                if name.startswith(f"{NAME}_"):
                    found.setdefault(name.removeprefix(f"{NAME}_"), []).append(node.name)
    return found


@asynccontextmanager
async def tapped(lab: Lab, folder: Path, manager: Node | None = None) -> AsyncIterator[tuple[StackContext, Proxy]]:
    """The verbs of stacks through a proxy before a manager, the one that leads now where none is given."""
    async with proxy((manager or lab.leader()).socket, folder / "tap.sock") as tap, on(tap.socket, folder) as context:
        yield context, tap


def run_once(lab: Lab, **counts: int) -> None:
    """Waits until so many containers of each service run on all nodes together, and none beside: what is replaced ends a moment later."""
    until(
        lambda: {name: len(nodes) for name, nodes in running(lab).items()} == counts,
        f"{counts} run, and nothing is doubled",
    )
