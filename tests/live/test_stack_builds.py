"""Builds inside projects: secrets that are seen in their step and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.errors import BackendError, ContainerError, DependencyCycle, NotFound, Unsupported, ValidationError
from perry_ffi.service.client import Client
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, encode, environ, stacks
from tests.live.test_build_secrets import image_bytes, unpacked

pytestmark = [pytest.mark.anyio, pytest.mark.needs("op.build")]
__all__ = ["stacks"]

SECRET = "hunter2-of-a-stack-93c2"
DOCKERFILE = f"""FROM {IMAGE}
RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /counted
RUN --mount=type=secret,id=from_env,target=/elsewhere wc -c < /elsewhere >> /counted
"""


@pytest.mark.attribute("builds.secrets.source", "builds.secrets.target")
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
    await stacks.client.aclose()
    stacks.client = Client({**environ(stacks.engine, tmp_path), "OTHER": SECRET + "!"})
    progress = await stacks.call("progress")
    plan = await stacks.plan(spec)
    assert [step["action"] for step in plan["steps"]][0] == "build image" and SECRET not in json.dumps(plan)
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "web", "cat", "/counted") == f"{len(SECRET)}\n{len(SECRET) + 1}\n"
    told = json.dumps(await stacks.records(progress))
    assert "/counted" in told and SECRET not in told and "warning" not in told
    for said in (await stacks.call("ps", handle), await stacks.call("config", handle), stacks.ask("/images/json")):
        assert SECRET not in json.dumps(said)
    if stacks.engine.socket:  # The others save no image to be looked into.
        assert SECRET.encode() not in image_bytes_of(stacks, f"{stacks.prefix}-web")
    report = await stacks.call("build", handle, encode({}))
    assert report["images"] == [f"{stacks.prefix}-web"]
    await stacks.down(handle, images="local")


@pytest.mark.attribute("builds.additional_contexts.service:")
@pytest.mark.needs("BuildSpec.additional_contexts")
async def test_a_service_that_is_built_from_another(stacks: Stacks, tmp_path: Path) -> None:
    """Its image comes first, also where only the other one is asked for, and is no container then."""
    for name, text in (("base", f"FROM {IMAGE}\nRUN echo base > /base\n"), ("app", "FROM base\nCOPY --from=files word /word\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
    (tmp_path / "files").mkdir()
    (tmp_path / "files/word").write_text("word\n")
    contexts = {"base": "service:base", "files": str(tmp_path / "files")}
    spec = stacks.spec({
        "app": {"build": {"context": str(tmp_path / "app"), "additional_contexts": contexts}, "command": SERVE},
        "base": {"build": {"context": str(tmp_path / "base")}, "command": SERVE},
    })  # fmt: skip
    handle = await stacks.up(spec, services=["app"])
    assert await stacks.out(handle, "app", "cat", "/base", "/word") == "base\nword\n"
    assert set(await stacks.states(handle)) == {"app-1"}
    (tmp_path / "base/Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo anew > /base\n")
    report = await stacks.call("build", handle, encode({"services": ["app"]}))
    assert report["images"] == [f"{stacks.prefix}-app", f"{stacks.prefix}-base"]
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "app", "cat", "/base") == "anew\n"
    assert (await stacks.plan(spec))["steps"] == []
    (tmp_path / "base/Dockerfile").write_text(f"FROM {IMAGE}\nRUN exit 7\n")
    with pytest.raises(BackendError, match="services.app: build .*could not be built") as caught:
        await stacks.call("build", handle, encode({}))
    assert len(caught.value.details["failures"]) == 2
    await stacks.down(handle, images="local")
    assert not any("perry-context" in str(row["RepoTags"]) for row in stacks.ask("/images/json"))


async def test_builds_that_wait_for_each_other(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\n")
    build = {name: {"context": str(tmp_path), "additional_contexts": {"x": f"service:{other}"}} for name, other in ("ab", "ba")}
    with pytest.raises(DependencyCycle):
        await stacks.up(stacks.spec({name: {"build": row} for name, row in build.items()}))
    build = {"a": {"context": str(tmp_path), "additional_contexts": {"x": "https://example.invalid/x.git"}}}
    with pytest.raises(Unsupported) as caught:
        await stacks.up(stacks.spec({"a": {"build": build["a"]}}))
    assert caught.value.details["member"] == "services.a.build.additional_contexts.x"


def image_bytes_of(stacks: Stacks, image: str) -> bytes:
    if not stacks.engine.socket:
        status, data = stacks.asked("GET", f"/images/{image}/get")
        assert status == 200
        return unpacked(data)
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
