"""The steps of docs/perry.md, in a new folder, word for word."""

from __future__ import annotations

import re
import shutil

from tests.engines import image
from tests.engines.daemon import ask
from tests.perry.root import CHECKOUT, ROOT, Debian13, said, with_network

TEXT = (ROOT / "docs/perry.md").read_text()


def block(name: str) -> str:
    """The code that follows a marker."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```\n", TEXT, re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_steps_of_the_documentation_work_as_written(root: Debian13) -> None:
    assert root.engines is not None
    socket = root.engines.engines["docker"].socket
    ask(socket, "POST", f"/v1.41/images/{image.IMAGE}/tag?repo=alpine&tag=3.20")
    place = "/opt/new"
    shutil.rmtree(root.inside(place), ignore_errors=True)
    root.inside(place).mkdir()
    environment = {**root.environment("docker"), "LIBRARY": CHECKOUT}
    steps = with_network(root.command(["sh", "-eu", "-c", block("steps")], place), 300, environment)
    assert steps.returncode == 0, steps.stderr
    program = block("program")
    assert len([line for line in program.splitlines() if line.strip()]) <= 15
    (root.inside(place) / "hello/main.ts").write_text(program)
    compiling, running = block("run").splitlines()
    root.check(["sh", "-eu", "-c", compiling], f"{place}/hello")
    assert (root.inside(place) / "hello/perry.lock").exists()
    done = root.run(["sh", "-eu", "-c", running], f"{place}/hello", env=environment)
    assert said(done) == ["hello from a container 0"]
    ask(socket, "DELETE", "/v1.41/images/alpine:3.20")
