"""Builds inside projects: secrets that are seen in their step and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.api.session import Session
from perry_ffi.errors import ContainerError, NotFound, ValidationError
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, encode, environ, stacks
from tests.live.test_build_secrets import image_bytes

pytestmark = pytest.mark.anyio
__all__ = ["stacks"]

SECRET = "hunter2-of-a-stack-93c2"
DOCKERFILE = f"""FROM {IMAGE}
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /counted
RUN --mount=type=secret,id=from_env,target=/elsewhere wc -c < /elsewhere >> /counted
"""


async def test_a_service_that_is_built_with_secrets(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "context/Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "token").write_text(SECRET)
    spec = stacks.spec(
        {"web": {
            "build": {"context": str(tmp_path / "context"), "secrets": ["token", {"source": "other", "target": "from_env"}]},
            "command": SERVE,
        }},
        secrets={"token": {"file": str(tmp_path / "token")}, "other": {"environment": "OTHER"}},
    )  # fmt: skip
    await stacks.session.aclose()
    stacks.session = Session({**environ(stacks.engine, tmp_path), "OTHER": SECRET + "!"})
    progress = await stacks.call("progress")
    plan = await stacks.plan(spec)
    assert [step["action"] for step in plan["steps"]][0] == "build image" and SECRET not in json.dumps(plan)
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "web", "cat", "/counted") == f"{len(SECRET)}\n{len(SECRET) + 1}\n"
    told = json.dumps(await stacks.records(progress))
    assert "/counted" in told and SECRET not in told and "warning" not in told
    for said in (await stacks.call("ps", handle), await stacks.call("config", handle), stacks.ask("/images/json")):
        assert SECRET not in json.dumps(said)
    assert SECRET.encode() not in image_bytes_of(stacks, f"{stacks.prefix}-web")
    report = await stacks.call("build", handle, encode({}))
    assert report["images"] == [f"{stacks.prefix}-web"]
    await stacks.down(handle, images="local")


def image_bytes_of(stacks: Stacks, image: str) -> bytes:
    found = stacks.ask(f"/images/{image}/json") or stacks.ask(f"/images/localhost/{image}/json")
    return image_bytes(stacks, found["Id"])


async def test_a_secret_that_is_missing_is_named(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    spec = stacks.spec(
        {"web": {"build": {"context": str(tmp_path), "secrets": ["token"]}}}, secrets={"token": {"file": str(tmp_path / "no")}}
    )
    with pytest.raises(NotFound) as caught:
        await stacks.up(spec)
    assert caught.value.details["path"] == "services.web.build.secrets[0]"
    spec["secrets"]["token"] = {"environment": "PERRY_NOT_SET"}
    with pytest.raises(ContainerError) as unset:
        await stacks.up(spec)
    assert isinstance(unset.value, ValidationError) and unset.value.details["path"] == "services.web.build.secrets[0]"
