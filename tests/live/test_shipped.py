"""``perry-compose`` of the wheel, installed without a compiler, on real engines."""

from __future__ import annotations

import json
import signal
import subprocess
import venv
from pathlib import Path

import pytest

from tests.live.stack_support import SERVE, Stacks, environ, nothing_of, stacks  # noqa: F401
from tests.support import library as lib

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    static = lib.ROOT / "build/static" / lib.NAME
    if not static.exists():
        pytest.skip(f"{static} is not there: make static")
    from scripts.ship import launcher, wheel

    launcher.build(static, static.parent / launcher.NAME)
    folder = tmp_path_factory.mktemp("wheel")
    [packed] = wheel.build(static, folder)
    venv.create(folder / "environment", with_pip=True)
    command = [folder / "environment/bin/python", "-I", "-m", "pip", "install", "--quiet", "--no-index", packed]
    subprocess.run(command, check=True, env={"PATH": "/nonexistent", "HOME": str(folder)})
    return folder / "environment/bin/perry-compose"


async def test_from_up_to_down(stacks: Stacks, program: Path) -> None:
    (stacks.folder / "compose.yaml").write_text(
        json.dumps(stacks.spec({"web": {"command": SERVE, "depends_on": ["db"]}, "db": {}}))
    )
    env = environ(stacks.engine, stacks.folder)

    def run(*words: str) -> str:
        done = subprocess.run([program, *words], cwd=stacks.folder, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    run("up", "-d")
    rows = [json.loads(line) for line in run("ps", "--format", "json").splitlines()]
    assert {row["Service"]: row["State"] for row in rows} == {"web": "running", "db": "running"}
    with subprocess.Popen([program, "logs", "-f"], cwd=stacks.folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    run("down", "-t", "1")
    assert nothing_of(stacks.engine, stacks.prefix)
