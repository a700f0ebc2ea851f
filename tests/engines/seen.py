"""What an engine itself says of what it holds, apart from the library under test: over its socket, or by its program.

An engine that is a program answers the few questions that tests have, in the shape of docker's API: nerdctl's documents have
that shape but for what is mended here.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.engines.apple import seen as apple
from tests.engines.daemon import ask
from tests.engines.private import Engine

API = "1.41"
Answer = tuple[int, bytes]
Row = dict[str, Any]
_ABSENT = ("no such", "not found")


def seen(engine: Engine, method: str, target: str, body: bytes | None = None, api: str = API) -> Answer:
    """The status and the body of one question; ``target`` has no version."""
    if engine.socket:
        return ask(engine.socket, method, f"/v{api}{target}", body)
    return _by_program(engine, method, target)


def _by_program(engine: Engine, method: str, target: str) -> Answer:
    parts = urlsplit(target)
    kind, _, rest = parts.path.strip("/").partition("/")
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    teller = apple.Seen(engine.environ) if engine.name == "apple/container" else Nerdctl(engine)
    if method == "GET":
        return teller.get(kind, rest, options)
    verb, name = ("rm", rest) if method == "DELETE" else (rest.rpartition("/")[2], rest.rpartition("/")[0])
    return teller.change(kind, verb, name, options)


class Nerdctl:
    """nerdctl by its own words."""

    def __init__(self, engine: Engine) -> None:
        self._environ = engine.environ

    def change(self, kind: str, verb: str, name: str, options: dict[str, str]) -> Answer:
        words = {
            ("containers", "rm"): ["rm", "--force", "--volumes"],
            ("networks", "rm"): ["network", "rm"],
            ("volumes", "rm"): ["volume", "rm"],
            ("images", "rm"): ["rmi", "--force"],
        }.get((kind, verb), [verb])
        if (kind, verb) == ("containers", "rm") and not self._inspect([name]):
            return 404, b""  # It succeeds with nothing to remove.
        done = self._run(*words, name)
        if done.returncode == 0:
            return 204, b""
        return (404 if any(word in done.stderr.lower() for word in _ABSENT) else 409), done.stderr.encode()

    def get(self, kind: str, rest: str, options: dict[str, str]) -> Answer:
        lists: dict[str, Callable[[], list[Row]]] = {
            "containers": self._containers, "networks": self._networks, "volumes": self._volumes, "images": self._images,
        }  # fmt: skip
        if kind == "volumes" and not rest:
            return 200, json.dumps({"Volumes": self._volumes()}).encode()
        if rest in ("", "json"):
            rows = [
                row for row in lists[kind]() if kind != "containers" or "all" in options or row["State"] in ("running", "paused")
            ]
            return 200, json.dumps(rows).encode()
        if kind == "images" and rest.endswith("/get"):
            return 200, self._saved(rest.removesuffix("/get"))
        name = rest.removesuffix("/json")
        if kind == "containers":
            found = [_container(row) for row in self._inspect([name])]
        elif kind == "images":
            found = self._documents("image", "inspect", "--mode=dockercompat", name)
        else:
            found = [row for row in lists[kind]() if name in (row.get("Name"), row.get("Id"))]
        return (200, json.dumps(found[0]).encode()) if found else (404, b"")

    def _containers(self) -> list[Row]:
        rows = [_container(row) for row in self._inspect([row["ID"] for row in self._lines("ps", "--all", "--no-trunc")])]
        return [
            {
                "Id": row["Id"], "Names": [row["Name"]], "State": row["State"]["Status"], "Labels": row["Config"]["Labels"],
                "Image": row["Config"].get("Image"), "Mounts": row["Mounts"], "NetworkSettings": row["NetworkSettings"],
            }
            for row in rows
        ]  # fmt: skip

    def _inspect(self, names: list[str]) -> list[Row]:
        """Those of ``names`` that are there: of several nerdctl says nothing if one of them is not."""
        found = self._documents("container", "inspect", "--mode=dockercompat", *names) if names else []
        return found or [
            row for name in names if len(names) > 1 for row in self._documents("inspect", "--mode=dockercompat", name)
        ]

    def _networks(self) -> list[Row]:
        names = [row["Name"] for row in self._lines("network", "ls")]
        rows = [row for name in names for row in self._documents("network", "inspect", "--mode=native", name)]
        return [
            {"Id": row.get("NerdctlID") or "", "Name": row["CNI"]["name"], "Labels": row.get("NerdctlLabels") or {}}
            for row in rows
        ]

    def _volumes(self) -> list[Row]:
        names = [row["Name"] for row in self._lines("volume", "ls")]
        return [row for name in names for row in self._documents("volume", "inspect", name)]

    def _images(self) -> list[Row]:
        return [{"Id": row["ID"], "RepoTags": [f"{row['Repository']}:{row['Tag']}"]} for row in self._lines("images")]

    def _saved(self, name: str) -> bytes:
        return subprocess.run(["nerdctl", "save", name], env=self._environ, capture_output=True, timeout=120, check=True).stdout

    def _lines(self, *words: str) -> list[Row]:
        said = self._run(*words, "--format={{json .}}")
        assert said.returncode == 0, said.stderr
        return [json.loads(line) for line in said.stdout.splitlines() if line.strip()]

    def _documents(self, *words: str) -> list[Row]:
        said = self._run(*words).stdout.strip()
        found = json.loads(said) if said else []
        return found if isinstance(found, list) else [found]

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["nerdctl", *words], env=self._environ, capture_output=True, text=True, timeout=120)


def _container(row: Row) -> Row:
    """One document of ``inspect`` as docker writes it: a state where it has none yet, networks by their names."""
    labels = row["Config"].get("Labels") or {}
    state = {**row["State"], "Status": row["State"]["Status"] or "created"}
    networks = {name: {} for name in json.loads(labels.get("nerdctl/networks") or "[]")}
    return {
        **row,
        "Name": f"/{row['Name']}",
        "State": state,
        "Mounts": row.get("Mounts") or [],
        "NetworkSettings": {"Networks": networks},
    }
