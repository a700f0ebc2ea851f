"""The packed npm package, as the README has it: in a folder of a system that has no checkout of this project."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import image
from tests.engines.daemon import ask
from tests.perry.root import CHECKOUT, ROOT, Debian13, said, with_network
from tests.support import library as lib

README = (ROOT / "README.md").read_text()
PLACE = "/opt/packed"


@pytest.fixture(scope="module")
def bare(root: Debian13) -> Iterator[Debian13]:
    """The root, whose checkout is out of sight."""
    checkout, hidden = root.inside(CHECKOUT), root.inside("/opt/.hidden-checkout")
    shutil.rmtree(hidden, ignore_errors=True)
    checkout.rename(hidden)
    yield root
    hidden.rename(checkout)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    static = ROOT / "build/static" / lib.NAME
    if not static.exists():
        pytest.skip(f"{static} is not there: make static")
    lib.need_tool("npm", "apt-get install npm")
    from scripts.ship import launcher, npm

    launcher.build(static, static.parent / launcher.NAME)
    return npm.build(static, tmp_path_factory.mktemp("npm"))[0]


def block(language: str, words: str) -> str:
    """The README's first block of code in this language that has these words in it."""
    found = [text for text in re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S) if words in text]
    return str(found[0])


def test_the_example_of_the_readme_works(bare: Debian13, packed: Path) -> None:
    assert bare.engines is not None
    socket = bare.engines.engines["docker"].socket
    ask(socket, "POST", f"/v1.41/images/{image.IMAGE}/tag?repo=alpine&tag=3.20")
    shutil.rmtree(bare.inside(PLACE), ignore_errors=True)
    bare.inside(PLACE).mkdir()
    shutil.copy2(packed, bare.inside(PLACE) / "perry-container.tgz")
    steps = block("sh", "npm init").replace('--install-links "$LIBRARY/packages/perry-container"', "../perry-container.tgz")
    assert "../perry-container.tgz" in steps
    done = with_network(bare.command(["sh", "-eu", "-c", steps], PLACE), 300, bare.environment("docker"))
    assert done.returncode == 0, done.stderr
    folder = f"{PLACE}/hello"
    bare.inside(f"{folder}/main.ts").write_text(block("ts", 'from "perry-container"'))
    compiling, running = block("sh", "perry compile").splitlines()
    bare.check(["sh", "-eu", "-c", compiling], folder)
    environment = bare.environment("docker")
    assert said(bare.run(["sh", "-eu", "-c", running], folder, env=environment)) == ["hello from a container 0"]
    # Shipped: the program and the library beside it, and nothing else.
    shipped = f"{PLACE}/shipped"
    bare.inside(shipped).mkdir()
    shutil.copy2(bare.inside(f"{folder}/hello"), bare.inside(shipped))
    shutil.copy2(bare.inside(f"{folder}/node_modules/perry-container/lib/{lib.NAME}"), bare.inside(shipped))
    shutil.rmtree(bare.inside(folder))
    assert said(bare.run([f"{shipped}/hello"], "/", env=environment)) == ["hello from a container 0"]
    shutil.rmtree(bare.inside(PLACE))
    ask(socket, "DELETE", "/v1.41/images/alpine:3.20")
