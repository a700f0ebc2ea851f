"""What containers wrote outlives them: not a byte of a volume is lost, whatever happens to the project and its engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError
from perry_ffi.service.client import Client
from tests.engines.daemon import ask
from tests.live.conftest import IMAGE, Bench
from tests.live.stack_support import Stacks, environ, nothing_of
from tests.live.test_faults import kill, mortal, revive  # noqa: F401

pytestmark = pytest.mark.anyio
PLACES = ("/named", "/anonymous", "/of-image")
"""A volume of the file, one without a name, and one that the image asks for."""
BROKEN = {
    "db": {"healthcheck": {"test": "exit 1", "interval": "1s", "retries": 1}},
    "web": {"depends_on": {"db": {"condition": "service_healthy"}}},
}


class Data:
    """A project whose service writes a line into each place after each step, and finds those of all steps before."""

    def __init__(self, stacks: Stacks) -> None:
        self.stacks, self.handle = stacks, 0
        self._written: list[str] = []

    def spec(self, project: str = "", **members: Any) -> dict[str, Any]:
        build = {"context": ".", "dockerfile_inline": f"FROM {IMAGE}\nVOLUME /of-image\n"}
        image = f"localhost/{self.stacks.prefix}-data"
        services = {"db": {"build": build, "image": image, "volumes": ["data:/named", "/anonymous"], **members}}
        spec = self.stacks.spec(services, volumes={"data": {"name": f"{self.stacks.prefix}-data"}})
        spec["services"]["db"]["command"] = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
        return {**spec, "name": project or self.stacks.prefix}

    async def up(self, spec: dict[str, Any], **options: Any) -> None:
        self.handle = await self.stacks.up(spec, projectDirectory=str(self.stacks.folder), **options)

    async def check(self, step: str, places: tuple[str, ...] = PLACES) -> None:
        for place in places:
            found = await self.stacks.out(
                self.handle, "db", "sh", "-c", f"cat {place}/lines 2>/dev/null; echo {step} >>{place}/lines"
            )
            assert found.split() == self._written, f"{place} after {step}"
        self._written.append(step)


async def test_not_a_byte_is_lost(mortal: Bench, tmp_path: Path) -> None:
    engine = mortal.engine
    client = Client(environ(engine, tmp_path))
    stacks = Stacks(client, engine, mortal.prefix, tmp_path)
    data = Data(stacks)
    volumes = set(stacks.held()["volumes"])

    await data.up(data.spec())
    await data.check("made")
    await data.up(data.spec(environment={"V": "1"}))
    await data.check("changed")
    await data.up(data.spec(environment={"V": "1"}), forceRecreate=True)
    await data.check("recreated")
    await data.up(data.spec(environment={"V": "1"}, container_name=f"{stacks.prefix}-renamed"))
    await data.check("renamed")
    await data.up(data.spec(environment={"V": "1"}))
    await data.check("named-back")

    with pytest.raises(ContainerError):
        broken = data.spec(environment={"V": "2"}, healthcheck=BROKEN["db"]["healthcheck"])
        broken["services"]["web"] = {"image": IMAGE, "command": ["sleep", "9"], **BROKEN["web"]}
        await data.up(broken, waitTimeout=20)
    await data.check("failed")

    await stacks.call("stop", data.handle, None, None)
    await data.up(data.spec(environment={"V": "1"}))
    await data.check("stopped")
    await stacks.call("restart", data.handle, None, None)
    await data.check("restarted")

    kill(engine)
    await revive(engine)
    await data.up(data.spec(environment={"V": "1"}))
    await data.check("engine-killed")
    await data.up(data.spec(environment={"V": "3"}))
    await data.check("changed-after-it")

    await stacks.down(data.handle, volumes=False)
    kept = set(stacks.held()["volumes"]) - volumes
    assert f"{stacks.prefix}-data" in kept and len(kept) == len(PLACES)
    for volume in kept - {f"{stacks.prefix}-data"}:
        assert ask(engine.socket, "DELETE", f"/v1.41/volumes/{volume}")[0] == 204
    await data.up(data.spec())
    await data.check("down", ("/named",))
    await stacks.down(data.handle)
    assert nothing_of(engine, stacks.prefix) and set(stacks.held()["volumes"]) == volumes
    await mortal.backend.remove_image(f"localhost/{stacks.prefix}-data", force=True)
    await client.aclose()
