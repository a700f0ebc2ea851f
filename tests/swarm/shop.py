"""The project of these tests: five services, one of which ends, with a config, a secret and a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from perry_ffi.compose import Project, load_document
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context
from perry_ffi.stack.context import StackContext
from tests.engines.swarm.lab import Lab

NAME = "shop"
Change = Callable[[dict[str, Any]], None]
SLEEP = ["sleep", "600"]
ENV = {"PASSWORD": "hidden"}


def shop(lab: Lab, change: Change | None = None) -> Project:
    """db is healthy soon; migrate ends once db is healthy; api, three of it, comes after migrate; web after api; side by itself."""

    def service(*command: str, **members: Any) -> dict[str, Any]:
        return {
            "image": lab.image, "command": list(command or SLEEP), "stop_grace_period": "1s", "networks": ["net"],
            "deploy": {"endpoint_mode": "dnsrr", "update_config": {"monitor": "1s", "order": "start-first", "parallelism": 0},
                       **members.pop("deploy", {})},
            **members,
        }  # fmt: skip

    document: dict[str, Any] = {
        "name": NAME,
        "services": {
            "db": service(
                "sh", "-c", "sleep 1; touch /tmp/ready; exec sleep 600",
                secrets=["password"],
                healthcheck={"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "500ms", "retries": 20},
            ),
            "migrate": service(
                "cat", "/schema",
                configs=[{"source": "schema", "target": "/schema"}],
                depends_on={"db": {"condition": "service_healthy"}},
            ),
            "api": service(
                scale=3, depends_on={"migrate": {"condition": "service_completed_successfully"}},
            ),
            "web": service(scale=2, depends_on=["api"]),
            "side": service(),
        },
        "networks": {"net": {}},
        "configs": {"schema": {"content": "one\n"}},
        "secrets": {"password": {"environment": "PASSWORD"}},
    }  # fmt: skip
    if change is not None:
        change(document)
    return load_document(document, env=ENV, working_directory="/")


@asynccontextmanager
async def on(socket: Path | str, runtime_dir: Path, environ: Mapping[str, str] | None = None) -> AsyncIterator[StackContext]:
    """The verbs of stacks on the swarm that the engine at this socket manages."""
    found = {
        "PERRY_CONTAINER_BACKEND": "swarm",
        "DOCKER_HOST": f"unix://{socket}",
        "XDG_RUNTIME_DIR": str(runtime_dir),
        **(environ or {}),
    }
    client = Client(found)
    try:
        yield await stack_context(client)
    finally:
        await client.aclose()


def tasks_of(lab: Lab) -> dict[str, list[dict[str, Any]]]:
    """The tasks of each service of the project that are to run, and those that ended, by the service's name in the file."""
    manager = lab.leader()
    names = {row["ID"]: row["Spec"]["Name"].removeprefix(f"{NAME}_") for row in manager.call("GET", "/services")}
    found: dict[str, list[dict[str, Any]]] = {}
    for task in manager.call("GET", "/tasks"):
        found.setdefault(names.get(task["ServiceID"], "?"), []).append(task)
    return found
