"""Docker compose and this library take turns on one project, and neither makes anew what the other made."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from perry_ffi.stack.desired import Service
from tests.live.conftest import IMAGE
from tests.live.peer import Peer, leaves_binds_of_ours
from tests.live.stack_support import Stacks, encode, environ, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
RUN = f'image: {IMAGE}, command: [sleep, "600"], stop_grace_period: 0s'
TURNS = 10

FILES = {
    "context/Dockerfile": f"FROM {IMAGE}\nLABEL l=1\nVOLUME /of-the-image\n",
    "e.env": "A=1\nB=${A}2\n", "l.env": "from.a.file=1\n", "f.txt": "file\n", ".env": "SECRET=hidden\n",
    "included/c.yaml": f"services: {{part: {{{RUN}, secrets: [own], environment: [PART]}}}}\n"
                       "secrets: {own: {environment: PART}}\n",
    "included/.env": "PART=part\n",
}  # fmt: skip
PROJECT = """
name: %(name)s
x-top: {a: 1}
include: [included/c.yaml]
services:
  built: {build: {context: context, args: {Q: 1}}, command: [sleep, "600"], stop_grace_period: 0s, x-own: 1}
  named: {build: context, image: "%(named)s", command: [sleep, "600"], stop_grace_period: 0s}
  files:
    {%(run)s, secrets: [mounted, {source: variable, target: /s, mode: 0440, uid: "1"}],
     configs: [{source: inline, target: /c}, {source: mounted, target: /d}, {source: variable, target: /e}]}
  nets: {%(run)s, networks: {one: {aliases: [q]}, two: {priority: 5}, default: }, container_name: %(name)s-special}
  vols: {%(run)s, volumes: [data:/data, other:/other:ro, /anonymous, ./f.txt:/f:ro], tmpfs: /tmp}
  temp: {%(run)s, volumes: [{type: tmpfs, target: /t, tmpfs: {size: 10m}}]}
  env: {%(run)s, env_file: e.env, label_file: l.env, environment: [NOBODY, SECRET, "X=$$${SECRET}"], labels: {a: "<b>"}}
  many: {%(run)s, scale: 3, ports: ["127.0.0.1::80"], depends_on: [env]}
  replicas: {%(run)s, deploy: {replicas: 2}, x-q: 1}
  healthy: {%(run)s, healthcheck: {test: "true", interval: 1s}}
  after: {%(run)s, depends_on: {healthy: {condition: service_healthy, restart: true}, built: {condition: service_started}}}
  inside: {%(run)s, network_mode: "service:env", ipc: "service:shares", pid: "service:env"}
  shares: {%(run)s, ipc: shareable}
  from: {%(run)s, volumes_from: ["vols:ro"]}
  linked: {%(run)s, links: ["env:e"], extra_hosts: ["h:1.2.3.4"], develop: {watch: [{path: ., action: rebuild}]}}
  profiled: {%(run)s, profiles: [p], attach: false}
  none: {%(run)s, scale: 0}
networks:
  one: {driver_opts: {x: y}, labels: [l=1]}
  two: {internal: true, ipam: {config: [{subnet: 10.231.77.0/24}]}}
volumes: {data: , other: {labels: {k: v}}}
secrets: {mounted: {file: ./f.txt}, variable: {environment: SECRET}}
configs: {inline: {content: "abc"}, mounted: {file: ./f.txt}, variable: {environment: SECRET}}
"""


def named(stacks: Stacks) -> str:
    """An image of a registry that nobody serves."""
    return f"127.0.0.1:1/{stacks.prefix}/named:1"


def text(stacks: Stacks, **changes: str) -> str:
    """The project's file, with parts of it replaced by others."""
    found = PROJECT % {"name": stacks.prefix, "named": named(stacks), "run": RUN}
    for old, new in changes.items():
        assert old in found
        found = found.replace(old, new)
    return found


class Both:
    """The two, in one folder."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self._peer = Peer(stacks.engine, stacks.folder)
        self._ours = 0
        self.settled = False
        """Whether nothing is to be done any more."""
        for name, content in FILES.items():
            path = stacks.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content)
        self.write(text(stacks))

    def write(self, content: str) -> None:
        (self._stacks.folder / "compose.yaml").write_text(content)

    async def theirs(self) -> None:
        self._peer.run("--profile", "p", "up", "-d")

    async def ours(self) -> None:
        """By a document and by the program, in turn."""
        self._ours += 1
        document = await self.document()
        assert (await self._stacks.plan(document))["steps"] == [] or not self.settled
        if self._ours % 2:
            await self._stacks.up(document)
            return
        self._program("up", "-d")

    def _program(self, *words: str) -> None:
        command = [sys.executable, "-m", "perry_ffi.cli.main", "--profile", "p", *words]
        own = {**environ(self._stacks.engine, self._stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, cwd=self._stacks.folder, env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    async def document(self) -> Any:
        request = {"files": [str(self._stacks.folder / "compose.yaml")], "profiles": ["p"]}
        return await self._stacks.call("load", encode(request))

    def down(self, by: str) -> None:
        """By the one who did not begin: nothing may be left."""
        words = ("down", "-v", "-t", "0", "--rmi", "local")
        if by == "ours":
            self._program(*words)
        else:
            self._peer.run("--profile", "p", *words)
        self._stacks.asked("DELETE", f"/images/{named(self._stacks)}")


def there(stacks: Stacks) -> dict[str, Any]:
    """Every container, network and volume by what tells whether it is still the same one."""
    rows = stacks.ask("/containers/json?all=1")
    rows = [row for row in rows if row["Labels"].get("com.docker.compose.project") == stacks.prefix]
    own = {row["Names"][0]: (row["Id"], row["State"]) for row in rows}
    networks = {row["Name"]: row["Id"] for row in stacks.ask("/networks") if row["Name"].startswith(stacks.prefix)}
    volumes = {row["Name"]: row["CreatedAt"] for row in stacks.ask("/volumes")["Volumes"] or []}
    return {**own, **networks, **volumes}


def mounted(stacks: Stacks) -> dict[str, list[str]]:
    """The volumes of each container."""
    rows = [row for row in stacks.ask("/containers/json?all=1") if row["Names"][0].startswith(f"/{stacks.prefix}")]
    return {row["Names"][0]: sorted(m["Name"] for m in row["Mounts"] if m["Type"] == "volume") for row in rows}


@pytest.mark.usefixtures("docker_compose")
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
@pytest.mark.parametrize("first", ["ours", "theirs"])
async def test_they_take_turns(stacks: Stacks, first: str) -> None:
    """Both ways, ten times: every kind of service, and nothing is made anew, nor started again."""
    both = Both(stacks)
    turns = [both.ours, both.theirs] if first == "ours" else [both.theirs, both.ours]
    await turns[0]()
    if first == "ours" and not leaves_binds_of_ours():
        await both.theirs()
    both.settled = True
    before = there(stacks)
    assert len([name for name in before if name.startswith("/")]) == 20
    for turn in range(1, TURNS + 1):
        await turns[turn % 2]()
        assert there(stacks) == before, f"turn {turn}"
    both.down("theirs" if first == "ours" else "ours")
    assert not any(name.lstrip("/").startswith(stacks.prefix) for name in there(stacks))


@pytest.mark.usefixtures("docker_compose")
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
@pytest.mark.parametrize("first", ["ours", "theirs"])
async def test_what_changed_is_made_anew_once(stacks: Stacks, first: str) -> None:
    """By whoever comes first, with what joins it, and with the data of its anonymous volumes."""
    both = Both(stacks)
    turns = [both.ours, both.theirs] if first == "ours" else [both.theirs, both.ours]
    await turns[0]()
    before = there(stacks)
    both.write(text(stacks, **{"tmpfs: /tmp": "tmpfs: /var/tmp"}))
    await turns[1]()
    both.settled = True
    changed = there(stacks)
    if first == "theirs" and not leaves_binds_of_ours():
        await both.theirs()
        changed = there(stacks)
    gone = {name for name, row in before.items() if changed.get(name) != row}
    assert gone == {f"/{stacks.prefix}-{name}-1" for name in ("vols", "from")}
    await turns[0]()
    assert there(stacks) == changed
    both.down(first)


@pytest.mark.usefixtures("docker_compose")
@pytest.mark.parametrize("engine", ["docker"], indirect=True)
async def test_what_an_earlier_version_made_is_made_anew_once(
    stacks: Stacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By docker compose alone, for containers had one hash under both names; with their anonymous volumes."""
    both = Both(stacks)
    with monkeypatch.context() as patch:
        patch.setattr(Service, "peer_digest", lambda service, _: service.digest)
        await stacks.up(await both.document())
    both.settled = True
    before, kept = there(stacks), mounted(stacks)
    await both.ours()
    assert there(stacks) == before
    await both.theirs()
    after = there(stacks)
    assert all(after[name] != row for name, row in before.items() if name.startswith("/"))
    assert {name: row for name, row in after.items() if name[0] != "/"} == {k: v for k, v in before.items() if k[0] != "/"}
    assert mounted(stacks) == kept
    await both.ours()
    await both.theirs()
    assert there(stacks) == after
    both.down("ours")
