"""What a command costs that changes something: what it loads, and what it asks the engine. Each is felt by whoever waits for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.local_engine import INSPECTED, PING, LocalEngine, local_engine
from tests.unit.cli.test_read import IMAGE, SOURCE, environ, running

COUNTED = """
import sys
from perry_ffi.interpreter import classes
made, put_off = [0], classes._put_off
def counting(at_once):
    def finish(cls, **options):
        made[0] += 1
        return at_once(cls, **options)
    return put_off(finish)
classes._put_off = counting
import os, perry_ffi.cli.main
def told(status):
    import json
    late = ("anyio._core._sockets", "ast", "dis", "hashlib", "inspect", "locale", "subprocess", "traceback", "typing_extensions")
    loaded = [name for name in late if type(sys.modules.get(name)).__name__ == "module"]
    print(json.dumps([status, len([name for name in sys.modules if name.startswith("perry_ffi")]), len(sys.modules), made[0], loaded]))
    sys.stdout.flush()
    end(status)
end, os._exit = os._exit, told
perry_ffi.cli.main.program()
"""
SERVICES = ("a", "b", "c", "d", "e")


def counted(engine: LocalEngine, folder: Path, *words: str) -> tuple[list[Any], Counter[str]]:
    """What ``COUNTED`` tells of a command, and how often it asked each path, without names."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", COUNTED, *words], env={**environ(engine), "PYTHONPATH": str(SOURCE)}, cwd=folder,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = [re.sub(r"^/v1.41|shop-[a-e]-1|[0-9a-f]{64}", "", path) for path, _ in engine.asked]
    return json.loads(done.stdout.splitlines()[-1]), Counter(asked)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the file of a project of five services."""
    services = {name: {"image": "example/app:1"} for name in SERVICES}
    (tmp_path / "compose.yaml").write_text(json.dumps({"name": "shop", "services": services}))
    return tmp_path


def test_an_up_of_five(folder: Path) -> None:
    made: list[str] = []

    def create(kind: str) -> Any:
        return lambda method: made.append(kind) or {"Id": f"{len(made):064x}", "Warnings": []}

    network = {"Id": "n1", "Name": "shop_default", "Driver": "bridge", "Labels": {}}
    image = {"Id": IMAGE, "RepoTags": ["example/app:1"], "Created": "2026-11-26T11:51:16Z", "Size": 1, "Os": "linux",
             "Architecture": "amd64", "Config": {}}  # fmt: skip
    answers: dict[str, Any] = {
        **PING,
        "/containers/json": [],
        "/networks": [],
        "/images/example/app%3A1/json": image,
        "/networks/create": create("network"),
        "/networks/shop_default": network,
        "/containers/create": create("container"),
        **{f"/containers/shop-{name}-1/start": {} for name in SERVICES},
    }
    with local_engine(folder, answers) as engine:
        (status, own, modules, dataclasses, loaded), asked = counted(engine, folder, "up", "-d")
    assert sorted(made) == ["container"] * 5 + ["network"] and (status, loaded) == (0, [])
    # The first two, whether there is nothing to do, and the last, whether all run on, are asked beside what is done.
    assert asked == {
        "/_ping": 1, "/images/example/app%3A1/json": 2, "/containers/json": 3, "/networks": 2, "/networks/create": 1,
        "/networks/shop_default": 1, "/containers/create": 5, "/containers//start": 5,
    }  # fmt: skip
    assert own <= 358 and modules <= 569 and dataclasses <= 51, (own, modules, dataclasses)


def test_a_down_of_five(folder: Path) -> None:
    answers: dict[str, Any] = {**running(folder, *SERVICES), **PING, "/volumes": {"Volumes": []}}
    rows, networks = answers["/containers/json"], answers["/networks"]
    for row in list(rows):
        ident = row["Id"]
        answers[f"/containers/{ident}/json"] = {**INSPECTED, "Id": ident, "Name": row["Names"][0], "Mounts": []}
        answers[f"/containers/{ident}/kill"] = {}
        answers[f"/containers/{ident}"] = lambda method, row=row: rows.remove(row) or {}
    answers["/networks/n1"] = lambda method: networks.clear() or {} if method == "DELETE" else networks[0]
    with local_engine(folder, answers) as engine:
        (status, own, modules, dataclasses, loaded), asked = counted(engine, folder, "down", "-t", "0")
    assert (rows, networks, status, loaded) == ([], [], 0, [])
    assert asked == {
        "/_ping": 1, "/containers/json": 2, "/networks": 2, "/volumes": 2, "/containers//json": 10, "/containers//kill": 5,
        "/containers/": 5, "/networks/n1": 1,
    }  # fmt: skip
    assert own <= 255 and modules <= 463 and dataclasses <= 34, (own, modules, dataclasses)


def test_an_up_on_podman_with_nothing_to_do_asks_for_no_version(folder: Path) -> None:
    """It takes podman longer to tell than all the rest: it looks its programs up in the system's packages."""
    answers: dict[str, Any] = {**running(folder, *SERVICES), **PING}
    answers["/containers/json"] = [{**row, "Ports": []} for row in answers["/containers/json"]]
    with local_engine(folder, answers, "Libpod/4.3.1 (linux)") as engine:
        (status, *_), asked = counted(engine, folder, "up", "-d", *SERVICES)
    assert status == 0 and asked == {"/_ping": 1, "/images/example/app%3A1/json": 1, "/containers/json": 1, "/networks": 1}
