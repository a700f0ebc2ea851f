"""perry-compose beside docker compose: the same command lines with the same outcome, and each with stacks that the other made."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engines.private import Engine, Engines
from tests.engines.seen import seen
from tests.live.conftest import IMAGE, missing
from tests.live.peer import peer_command, peer_version
from tests.live.peer_stories import SERVE, STORIES, Step, Story
from tests.live.stack_support import environ

pytestmark = [pytest.mark.usefixtures("docker_compose"), pytest.mark.timeout(900)]
_GIVEN = os.environ.get("PERRY_TEST_COMPOSE")
OURS = [_GIVEN] if _GIVEN else [sys.executable, "-m", "perry_ffi.cli.main"]
_LONGEST = 60


class Ran(NamedTuple):
    status: int
    out: str
    err: str


class Side:
    """One of both programs, in a folder with a stack of its own."""

    def __init__(self, name: str, engine: Engine, folder: Path, project: str, registry: str) -> None:
        self.name, self.engine, self.folder, self.project, self.registry = name, engine, folder, project, registry
        self._command = OURS if name == "ours" else peer_command() or []
        own = {**environ(engine, folder), "PYTHONPATH": os.pathsep.join(sys.path)} if name == "ours" else dict(os.environ)
        self._env = {**own, "DOCKER_HOST": engine.host}
        self._known: dict[str, str] = {}
        # Podman's answers have a network's name where docker's have its id: for docker compose each ``up`` is on other networks then,
        # and it makes every container anew, its own among them.
        self.tells_networks = engine.name == "docker"

    def write(self, story: Story) -> None:
        self.folder.mkdir(exist_ok=True)
        filled = {}
        for service, members in story.services.items():
            plain: dict[str, Any] = {"stop_grace_period": "1s"}
            plain |= {} if "image" in members else {"image": IMAGE, "command": SERVE}
            filled[service] = {**plain, **members}
        document = {"name": self.project, "services": filled, **story.sections}
        (self.folder / "compose.yaml").write_text(self._filled(json.dumps(document)))
        for path, text in story.files.items():
            if text.startswith("->"):
                (self.folder / path).symlink_to(text[2:])
            else:
                (self.folder / path).write_text(text)

    def run(self, words: str, stdin: str = "") -> Ran:
        try:
            done = subprocess.run(
                [*self._command, *shlex.split(self._filled(words))], cwd=self.folder, env=self._env, input=stdin,
                capture_output=True, text=True, timeout=_LONGEST, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Ran(-1, "", f"it did not end within {_LONGEST} seconds")
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def plain(self, text: str) -> str:
        """What has to be the same: names without the project's, no ids, no times, no ports of the engine's choice."""
        text = text.replace(self.project, "PROJECT")
        text = re.sub(r"\b(sha256:)?[0-9a-f]{12,64}\b", "ID", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z?(\+\d\d:\d\d)?", "TIME", text)
        return re.sub(r"[ \t]+", " ", text)

    def containers(self) -> dict[str, str]:
        """What each container of the project does, and its exit code; whether it is another one than at the last look."""
        status, body = seen(self.engine, "GET", f"/containers/json?all=1&filters={self._filter()}")
        assert status == 200, body
        found, ids = {}, {}
        for row in json.loads(body):
            name = row["Names"][0].lstrip("/").replace(self.project, "PROJECT")
            name = re.sub(r"-run-[0-9a-f]+$", "-run-ID", name)
            state = {"stopped": "exited", "configured": "created"}.get(row["State"], row["State"])
            anew = " anew" if self._known.get(name, row["Id"]) != row["Id"] and self.tells_networks else ""
            found[name], ids[name] = state + anew, row["Id"]
        self._seen = ids
        return found

    def settle(self) -> None:
        """What is there is known from now on."""
        self._known = self._seen

    def left(self) -> list[str]:
        """Networks and volumes of the project."""
        found = []
        for kind in ("networks", "volumes"):
            rows = json.loads(seen(self.engine, "GET", f"/{kind}?filters={self._filter()}")[1])
            found += [row["Name"] for row in (rows if isinstance(rows, list) else rows["Volumes"] or [])]
        return found

    def clean(self) -> None:
        status, body = seen(self.engine, "GET", f"/containers/json?all=1&filters={self._filter()}")
        for row in json.loads(body) if status == 200 else []:
            seen(self.engine, "DELETE", f"/containers/{row['Id']}?force=1&v=1")
        for name in self.left():
            for kind in ("networks", "volumes"):
                seen(self.engine, "DELETE", f"/{kind}/{name}")

    def _filter(self) -> str:
        return json.dumps({"label": [f"com.docker.compose.project={self.project}"]}).replace(" ", "").replace('"', "%22")

    def _filled(self, text: str) -> str:
        for name, value in (("project", self.project), ("registry", self.registry), ("image", IMAGE)):
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture
def sides(engine: Engine, engines: Engines, tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Docker compose, and ours."""
    stem = f"pp{secrets.token_hex(3)}"
    made = [
        Side(name, engine, tmp_path / name, f"{stem}{name[0]}", engines.registry or "registry.invalid")
        for name in ("theirs", "ours")
    ]
    yield made[0], made[1]
    for side in made:
        side.clean()


@pytest.fixture
def both(sides: tuple[Side, Side]) -> dict[str, Side]:
    """Both with the same stack, in the same folder."""
    theirs, ours = sides
    theirs.folder, theirs.project = ours.folder, ours.project
    return {side.name: side for side in sides}


def outcome(side: Side, step: Step) -> Any:
    """Exit status, what is compared of the output, and what there is then; ``said`` for the message of a failure."""
    ran = side.run(step.words, step.stdin)
    out = side.plain(ran.out)
    told = {"no": "", "same": out, "lines": "\n".join(sorted(out.splitlines()))}[step.out]
    return ran, (ran.status, told)


def at_once(sides: tuple[Side, Side], step: Step) -> list[Any]:
    """The outcomes of both, each with a stack of its own: they wait for their containers side by side."""
    with ThreadPoolExecutor(len(sides)) as pool:
        return list(pool.map(outcome, sides, [step, step]))


def same_containers(theirs: Side, ours: Side, words: str) -> None:
    """A container that was told to end may take a moment."""
    until = time.monotonic() + 15
    while (wanted := theirs.containers()) != (found := ours.containers()) and time.monotonic() < until:
        time.sleep(0.2)
    assert found == wanted, words
    theirs.settle()
    ours.settle()


@pytest.mark.parametrize("name", STORIES)
def test_the_same_words_with_the_same_outcome(sides: tuple[Side, Side], engines: Engines, name: str) -> None:
    theirs, ours = sides
    if name == "images" and theirs.engine.name != "docker":
        pytest.skip("on podman docker compose builds by buildx alone, which these tests do not get")
    if name == "images" and engines.registry is None:
        missing(engines.missing["registry"])
    wrong = []
    for side in sides:
        side.write(STORIES[name])
    for step in STORIES[name].steps:
        if step.docker and theirs.engine.name != "docker":
            continue
        if step.newer and peer_version() < (5,):
            said, found = outcome(ours, step)
            if found[0] != step.status:
                wrong.append((step.words, found, said.err[-500:]))
            continue
        (their, wanted), (said, found) = at_once(sides, step)
        if step.own and not (step.by_now and peer_version() >= (5,)):
            assert wanted[0] != step.own[0], (step.words, "is the same by now")
            wanted = (step.own[0], wanted[1])
        if found != wanted:
            wrong.append((step.words, found, wanted, said.err[-500:], their.err[-500:]))
        try:
            same_containers(theirs, ours, step.words)
        except AssertionError as error:
            wrong.append((step.words, str(error), said.err[-500:], their.err[-500:]))
            break
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize(
    "words",
    ["ps", "up -d", "down", "ls", "logs", "images", "start", "stop -t 1", "exec -T web true", "run --rm -T web true", "pull"],
)
def test_without_an_engine(tmp_path: Path, words: str) -> None:
    """An error of both: 1."""
    nowhere = Engine("docker", str(tmp_path / "none.sock"))
    story = Story({"web": {}}, [])
    for name in ("theirs", "ours"):
        side = Side(name, nowhere, tmp_path / name, "nowhere", "")
        side.write(story)
        ran = side.run(words)
        assert ran.status == 1 and ran.out == "" and ran.err, (name, ran)


SHARED = {"web": {"depends_on": ["db"], "volumes": ["data:/data"], "ports": ["80"], "environment": {"A": "1"}}, "db": {}}


@pytest.mark.parametrize("maker", ["theirs", "ours"])
def test_a_stack_of_the_one_is_the_others_too(both: dict[str, Side], maker: str) -> None:
    """It is seen, left alone where nothing changed, changed where something did, stopped, started and taken down."""
    first, second = both[maker], both["ours" if maker == "theirs" else "theirs"]
    story = Story(SHARED, [], sections={"volumes": {"data": {}}})

    def does(side: Side, words: str) -> str:
        ran = side.run(words)
        assert ran.status == 0, (side.name, words, ran)
        return ran.out

    def there(wanted: dict[str, str]) -> None:
        until = time.monotonic() + 10
        while (found := first.containers()) != wanted and time.monotonic() < until:
            time.sleep(0.2)
        assert found == wanted
        first.settle()

    both["ours"].write(story)
    running = {"PROJECT-web-1": "running", "PROJECT-db-1": "running"}
    does(first, "up -d")
    there(running)
    does(second, "up -d")
    there(running)
    for words in ("ps -q", "ps --services", "ls -q --filter name=^{project}$", "logs --no-log-prefix db"):
        assert sorted(does(first, words).split()) == sorted(does(second, words).split()), words
    # Of podman, docker compose leaves out the address.
    assert len({does(side, "port web 80").rpartition(":")[2] for side in (first, second)}) == 1
    assert does(second, "exec -T web hostname") == does(first, "exec -T web hostname")
    changed = {**SHARED, "web": {**SHARED["web"], "environment": {"A": "2"}}}
    both["ours"].write(story._replace(services=changed))
    does(second, "up -d")
    there({**running, "PROJECT-web-1": "running anew" if first.tells_networks else "running"})
    does(first, "up -d")
    there(running)
    does(second, "up -d --scale web=2")
    there({**running, "PROJECT-web-2": "running"})
    does(first, "stop -t 1")
    there(dict.fromkeys([*running, "PROJECT-web-2"], "exited"))
    does(second, "start")
    there({**running, "PROJECT-web-2": "running"})
    if first.tells_networks:  # Of podman, docker compose finds no paused container.
        does(first, "pause web")
        does(second, "unpause web")
    does(second, "restart -t 1 db")
    there({**running, "PROJECT-web-2": "running"})
    does(first, "kill -s KILL web")
    does(second, "rm -f web")
    there({"PROJECT-db-1": "running"})
    does(first, "up -d")
    there(running)
    does(second, "down -t 1 -v")
    there({})
    assert first.left() == []
