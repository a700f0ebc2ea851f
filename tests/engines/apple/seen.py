"""apple/container by its own words, apart from the library under test: the few questions that tests have, answered in the shape
of docker's API. A container's id is its name there; when a run ended, and with which code, is told to nobody.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]
Answer = tuple[int, bytes]
_LISTS = {
    "containers": ["list", "--all"], "networks": ["network", "list"], "volumes": ["volume", "list"], "images": ["image", "list"],
}  # fmt: skip
_REMOVALS = {
    "containers": ["delete", "--force"], "networks": ["network", "delete"], "volumes": ["volume", "delete"],
    "images": ["image", "delete"],
}  # fmt: skip
_ABSENT = ("not found", "failed to delete")
_STOPPED = ("created", "exited")


class Seen:
    """The program that ``environ`` leads to."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, kind: str, name: str, options: Mapping[str, str]) -> Answer:
        rows = self._rows(kind)
        if kind == "volumes" and not name:
            return 200, json.dumps({"Volumes": rows}).encode()
        if name in ("", "json"):
            listed = [row for row in rows if kind != "containers" or "all" in options or row["State"]["Status"] not in _STOPPED]
            return 200, json.dumps([_listed(row) for row in listed] if kind == "containers" else listed).encode()
        wanted = name.removesuffix("/json")
        found = [row for row in rows if wanted in (row.get("Name", "").lstrip("/"), row.get("Id"), *row.get("RepoTags", ()))]
        return (200, json.dumps(found[0]).encode()) if found else (404, b"")

    def change(self, kind: str, verb: str, name: str, options: Mapping[str, str]) -> Answer:
        """verb: ``rm``, or what docker calls it."""
        own = self._unnamed_volumes(name) if (kind, verb) == ("containers", "rm") and "v" in options else []
        wait = [f"--time={options['t']}"] if "t" in options else []
        commands = {"rm": [_REMOVALS[kind]], "stop": [["stop", *wait]], "restart": [["stop", *wait], ["start"]]}.get(
            verb, [[verb]]
        )
        for words in commands:
            done = self._run(*words, name)
            if done.returncode:
                return (404 if any(word in done.stderr for word in _ABSENT) else 409), done.stderr.encode()
        for volume in own:
            self._run("volume", "delete", volume)
        return 204, b""

    def _unnamed_volumes(self, name: str) -> list[str]:
        """Those of a container that it gave a name by itself, and that stay when the container goes."""
        unnamed = {row["Name"] for row in self._rows("volumes") if any("anonymous" in label for label in row["Labels"])}
        mounts = [mount for row in self._rows("containers") if row["Id"] == name for mount in row["Mounts"]]
        return [mount["Name"] for mount in mounts if mount.get("Name") in unnamed]

    def _rows(self, kind: str) -> list[Row]:
        said = self._run(*_LISTS[kind], "--format=json")
        assert said.returncode == 0, said.stderr
        shape = {"containers": _container, "networks": _network, "volumes": _volume, "images": _image}[kind]
        return [shape(row) for row in json.loads(said.stdout)]

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["container", *words], env=self._environ, capture_output=True, text=True, timeout=120)


def _container(row: Row) -> Row:
    configuration, status = row["configuration"], row["status"]
    stopped = "exited" if status.get("startedDate") else "created"
    state = stopped if status["state"] == "stopped" else status["state"]
    return {
        "Id": row["id"], "Name": f"/{row['id']}", "Created": configuration["creationDate"],
        "State": {"Status": state, "Running": state == "running", "StartedAt": status.get("startedDate", "")},
        "Config": {"Labels": configuration["labels"], "Image": configuration["image"]["reference"]},
        "Mounts": [mount for item in configuration["mounts"] if (mount := _mount(item))],
        "NetworkSettings": {"Networks": {item["network"]: {} for item in configuration["networks"]}},
    }  # fmt: skip


def _listed(row: Row) -> Row:
    return {**row, **row["Config"], "Names": [row["Name"]], "State": row["State"]["Status"]}


def _mount(item: Row) -> Row | None:
    ((kind, more),) = item["type"].items()
    place = {"Destination": item["destination"], "RW": "ro" not in item["options"]}
    if kind == "volume":
        return {"Type": "volume", "Name": more["name"], **place}
    return None if kind == "tmpfs" else {"Type": "bind", "Source": item["source"], **place}


def _network(row: Row) -> Row:
    configuration = row["configuration"]
    internal = configuration["mode"] == "hostOnly"
    return {"Id": row["id"], "Name": configuration["name"], "Internal": internal, "Labels": configuration["labels"]}


def _volume(row: Row) -> Row:
    return {"Name": row["configuration"]["name"], "Labels": row["configuration"]["labels"]}


def _image(row: Row) -> Row:
    name = row["configuration"]["name"].removeprefix("docker.io/library/").removeprefix("docker.io/")
    return {"Id": f"sha256:{row['id']}", "RepoTags": [name]}
