"""The commands that look: without an event loop where that is certain, in the usual way everywhere else; and what a start costs."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.cli import hosted
from perry_ffi.cli.interrupts import Interrupted, OwnSignals
from perry_ffi.cli.main import main
from tests.support.local_engine import CONTAINER, ID, LocalEngine, local_engine

SOURCE = Path(__file__).resolve().parents[3] / "src"
COUNTED = """
import dataclasses, re, sys
made = [0, 0]
process, compiled = dataclasses._process_class, re._compiler.compile
def processed(*words, **more):
    made[0] += 1
    return process(*words, **more)
def compile(*words, **more):
    made[1] += 1
    return compiled(*words, **more)
dataclasses._process_class, re._compiler.compile = processed, compile
import perry_ffi.cli.main
before = set(sys.modules)
status = perry_ffi.cli.main.main(sys.argv[1:], own_process=True, prepare=lambda: None)
import json
names = ("asyncio", "anyio", "_ssl", "_hashlib", "hashlib", "yaml", "yaml.resolver", "pydantic", "argparse")
loaded = {name for name, module in sys.modules.items() if type(module) is type(sys)}
heavy = [name for name in names if name in loaded]
print(json.dumps([status, len(loaded - before), *made, heavy]), file=sys.stderr)
"""


def environ(engine: LocalEngine, **more: str) -> dict[str, str]:
    home = str(engine.path.parent)
    return {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "DOCKER_HOST": engine.host, **more}


@pytest.mark.parametrize("chunked", [False, True])
def test_ps_asks_little_and_tells_all(tmp_path: Path, chunked: bool) -> None:
    with local_engine(tmp_path, chunked=chunked) as engine:
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "-p", "shop", "ps", "--format", "json"], env={**environ(engine), "PYTHONPATH": str(SOURCE)},
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (row["Name"], row["Service"], row["Health"], row["FailingStreak"]) == ("shop-web-1", "web", "unhealthy", 4)
    assert row["Command"] == '"sh -c \'echo up; ser…"' and row["Engine"] == "docker" and row["LocalVolumes"] == "1"
    assert [path for path, _ in engine.asked] == ["/containers/json", f"/containers/{ID}/json"]
    assert engine.asked[0][1] == {"label": ["com.docker.compose.project=shop"]}
    status, modules, dataclasses, expressions, heavy = json.loads(done.stderr.splitlines()[-1])
    assert (status, heavy) == (0, [])
    # What a start may cost: more of any of these is felt, each time that somebody looks.
    assert modules <= 60 and dataclasses == 0 and expressions <= 14, (modules, dataclasses, expressions)


def test_a_file_that_names_the_project_brings_no_event_loop(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("name: shop\nservices: {web: {image: i}, db: {image: i}}\n")
    with local_engine(tmp_path) as engine:
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "ps", "-q"], env={**environ(engine), "PYTHONPATH": str(SOURCE)}, cwd=tmp_path,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stdout == f"{ID}\n" and len(engine.asked) == 1
    status, modules, dataclasses, expressions, heavy = json.loads(done.stderr.splitlines()[-1])
    assert (status, heavy) == (0, ["yaml"])
    assert modules <= 112 and dataclasses == 0 and expressions <= 26, (modules, dataclasses, expressions)


IMAGE = "sha256:" + "f" * 64


def running(folder: Path, *services: str) -> dict[str, Any]:
    """The answers of an engine on which the project of a folder runs, services with one container each."""
    from perry_ffi.compose import load
    from perry_ffi.stack import identity

    project = load(env={}, working_directory=folder)
    network = {**identity.network_labels(project.name, "default", identity.resource_hash(project.networks["default"]), "", "")}
    rows = []
    for number, name in enumerate(services):
        digest = identity.config_hash(project.services[name], networks={"default": "shop_default"})
        labels = identity.container_labels(project.name, name, 1, digest=digest, image_id=IMAGE, depends_on={})
        joined = {"shop_default": {"NetworkID": "n1"}}
        rows.append({**CONTAINER, "Id": f"{number:064x}", "Names": [f"/shop-{name}-1"], "Labels": labels, "Mounts": [],
                     "NetworkSettings": {"Networks": joined}})  # fmt: skip
    return {
        "/containers/json": rows,
        "/networks": [{"Id": "n1", "Name": "shop_default", "Driver": "bridge", "Labels": network}],
        "/images/example/app%3A1/json": {
            "Id": IMAGE,
            "RepoTags": ["example/app:1"],
            "Created": "2026-11-26T11:51:16Z",
            "Size": 1,
            "Os": "linux",
            "Architecture": "amd64",
            "Config": {},
        },
    }


SHOP_FILE = "name: shop\nservices: {web: {image: 'example/app:1'}, db: {image: 'example/app:1'}}\n"


def test_an_up_with_nothing_to_do_costs_little_more_than_a_look(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(SHOP_FILE)
    with local_engine(tmp_path, running(tmp_path, "web", "db")) as engine:
        done = subprocess.run(
            [sys.executable, "-c", COUNTED, "up", "-d"], env={**environ(engine), "PYTHONPATH": str(SOURCE)}, cwd=tmp_path,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    said, counts = done.stderr.splitlines()
    assert (said, done.stdout) == ("shop: nothing to do", "")
    assert [path for path, _ in engine.asked] == ["/images/example/app%3A1/json", "/containers/json", "/networks"]
    status, modules, dataclasses, expressions, heavy = json.loads(counts)
    assert (status, heavy) == (0, ["yaml"]) and engine.connections == 1
    assert modules <= 120 and dataclasses == 0 and expressions <= 27, (modules, dataclasses, expressions)


@pytest.mark.parametrize("services", [(), ("web",)])
def test_an_up_with_something_to_do_is_planned_in_the_usual_way(tmp_path: Path, services: tuple[str, ...]) -> None:
    (tmp_path / "compose.yaml").write_text(SHOP_FILE)
    with local_engine(tmp_path, running(tmp_path, *services)) as engine:
        assert "cannot" in told(engine, "up", "-d", status=1)[1]
        assert "/_ping" in [path for path, _ in engine.asked]


@pytest.mark.parametrize(
    "words", [("--wait",), ("--force-recreate",), ("--scale", "web=1"), ("web",), ("--pull", "always"), ("--dry-run",)]
)
def test_an_up_that_is_asked_for_more_is_planned_in_the_usual_way(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "compose.yaml").write_text(SHOP_FILE)
    with local_engine(tmp_path, running(tmp_path, "web", "db")) as engine:
        told(engine, "up", "-d", *words, status=1)
        assert engine.asked[0][0] == "/_ping"


def test_an_up_beside_another_waits_its_turn(tmp_path: Path) -> None:
    """The other's changes are under way: what is seen of them decides nothing."""
    from perry_ffi.runtime import lock_file

    (tmp_path / "compose.yaml").write_text(SHOP_FILE)
    with local_engine(tmp_path, running(tmp_path, "web", "db")) as engine:
        lock = lock_file.opened(lock_file.folder_of(str(tmp_path)), f"docker {engine.host}", "shop", "project")
        assert lock_file.taken(lock)
        told(engine, "up", "-d", status=1)
        os.close(lock)
        assert [path for path, _ in engine.asked][:2] == ["/images/example/app%3A1/json", "/_ping"]


def told(engine: LocalEngine, *words: str, status: int = 0, **more: str) -> tuple[str, str]:
    """What the program says on its two outputs."""
    code = "from perry_ffi.cli.main import program; program()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env={**environ(engine, **more), "PYTHONPATH": str(SOURCE)}, cwd=engine.path.parent,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def test_what_a_person_is_told(tmp_path: Path) -> None:
    with local_engine(tmp_path) as engine:
        line = told(engine, "-p", "shop", "ps")[0].splitlines()[1]
        assert "Up 5 seconds (unhealthy, 4 failed)" in line and line.endswith("0.0.0.0:8080->80/tcp")
        assert "no such service: nosuch" in told(engine, "-p", "shop", "ps", "nosuch", status=1)[1]
        assert told(engine, "-p", "shop", "port", "web")[0] == "80/tcp -> 0.0.0.0:8080\n80/tcp -> [::]:8080\n"
        assert told(engine, "-p", "shop", "port", "web", "80")[0] == "0.0.0.0:8080\n"
        assert json.loads(told(engine, "ls", "--format", "json")[0]) == [
            {"Name": "shop", "Status": "running(1)", "ConfigFiles": ""}
        ]


@pytest.mark.parametrize(
    "change",
    [
        {"DOCKER_HOST": "tcp://127.0.0.1:1"},
        {"DOCKER_HOST": "unix:///nosuch.sock"},
        {"DOCKER_HOST": "", "DOCKER_CONTEXT": "there"},
        {"PERRY_CONTAINER_BACKEND": "podman", "CONTAINER_HOST": "SOCKET", "DOCKER_HOST": ""},
        {"DOCKER_HOST": "", "PERRY_CONTAINER_BACKEND": "docker"},
    ],
)
def test_what_is_not_certain_is_asked_in_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service import quick

    with local_engine(tmp_path) as engine:
        found = environ(engine, **change)
        env = {name: engine.host if value == "SOCKET" else value for name, value in found.items() if value}

        async def work(reader: object) -> object:
            return await reader.containers({"com.docker.compose.project": "shop"})  # type: ignore[attr-defined]

        with pytest.raises(quick.NotQuick):
            quick.ask(Invocation(env, str(tmp_path)).engine_env, work)


@pytest.mark.parametrize("answer", [b"no json", b"{}", b'[{"Id": 1, "Names": ["/a"]}]'])
def test_what_is_odd_is_asked_again(tmp_path: Path, answer: bytes) -> None:
    from perry_ffi.service import quick

    async def work(reader: object) -> object:
        return await reader.containers({})  # type: ignore[attr-defined]

    with local_engine(tmp_path, {"/containers/json": answer}) as engine, pytest.raises(quick.NotQuick):
        quick.ask(environ(engine), work)


def test_a_project_that_is_named_needs_no_file(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: [")
    with local_engine(tmp_path) as engine:
        assert told(engine, "ps", "-q", COMPOSE_PROJECT_NAME="shop")[0] == f"{ID}\n"
        told(engine, "ps", "-q", status=1)


def test_where_nobody_made_it_possible_nothing_waits_without_an_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This engine cannot be asked in the usual way."""
    with local_engine(tmp_path) as engine:
        for name, value in environ(engine).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        assert main(["-p", "shop", "ps"]) == 1 and engine.asked[0][0] == "/_ping"


def test_inside_of_another_program_interrupts_are_heard_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """Nothing is made ready for an event loop there either, and a signal ends the wait for an engine that is silent."""
    came, comes = os.pipe()
    made: list[str] = []

    class Heard(OwnSignals):
        @contextmanager
        def listening(self) -> Iterator[list[int]]:
            made.append("listens")
            try:
                yield [came]
            finally:
                if select.select([came], [], [], 0)[0]:
                    raise Interrupted(143) from None

    with local_engine(tmp_path) as engine:
        for name, value in environ(engine).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        assert hosted.run(["-p", "shop", "ps", "-q"], Heard(), lambda: made.append("made ready")) == 0
        assert (made, capfd.readouterr().out, len(engine.asked)) == (["listens"], f"{ID}\n", 1)
    silent = socket.socket(socket.AF_UNIX)
    with silent:
        silent.bind(str(tmp_path / "silent"))
        silent.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/silent")
        threading.Thread(target=lambda: (silent.accept(), os.write(comes, b"."))).start()
        assert hosted.run(["-p", "shop", "ps"], Heard(), lambda: made.append("made ready")) == 143
    assert made == ["listens", "listens"]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("made_ready", [True, False])
def test_the_usual_way_is_made_ready_where_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool, made_ready: bool
) -> None:
    from perry_ffi.cli import engine, read
    from perry_ffi.cli.main import Invocation

    made = []
    monkeypatch.setattr(engine, "with_engine", lambda *_, **__: made.append("asked"))
    invocation = Invocation({"DOCKER_HOST": "tcp://there:1"}, str(tmp_path))
    invocation.alone, invocation.prepare = alone, None if made_ready else lambda: made.append("ready")
    read.ask(invocation, lambda reader: reader.containers({}))
    assert made == ["ready", "asked"][made_ready:]
