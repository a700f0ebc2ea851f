"""Configs and secrets whose targets are in what is mounted: they go into volumes, with what these hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.container import ExecOptions
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, encode, nothing_of, stacks  # noqa: F401

pytestmark = pytest.mark.anyio
DOCKERFILE = f"""FROM {IMAGE}
RUN mkdir -p /data/conf /vol /bare && echo image >/data/own && echo image >/vol/own && echo image >/bare/own
VOLUME /vol
"""


@pytest.fixture
def image(tmp_path: Path) -> dict[str, Any]:
    """A service whose image has files at the places of volumes, and a volume of its own."""
    (tmp_path / "context").mkdir()
    return {"build": {"context": str(tmp_path / "context"), "dockerfile_inline": DOCKERFILE}, "command": SERVE}


async def told(stacks: Stacks, progress: Any) -> list[str]:
    return [row["member"] for row in await stacks.records(progress) if row.get("code") == "unsupported"]


async def test_volumes_of_every_kind(stacks: Stacks, image: dict[str, Any], tmp_path: Path) -> None:
    """Named, anonymous, the image's own, one in another: beside what the image has for them, with owner and permissions."""
    (tmp_path / "f").write_text("from file\n")
    files = [
        {"source": "inline", "target": "/data/conf/app"},
        {"source": "file", "target": "/data/file", "uid": "1000", "gid": "7", "mode": 0o640},
        {"source": "inline", "target": "/vol/v"},
        {"source": "inline", "target": "/anon/deep/a", "uid": "5"},
        {"source": "inline", "target": "/data/sub/s"},
        {"source": "inline", "target": "/bare/b"},
    ]
    volumes = ["data:/data", "/anon", "inner:/data/sub", "bare:/data/empty:nocopy", "bare:/bare:nocopy"]
    hook = [{"command": ["grep", "value", "/data/conf/app", "/vol/v"]}]
    service = {**image, "volumes": volumes, "configs": files, "pre_start": hook, "scale": 2}

    def spec(value: str) -> dict[str, Any]:
        configs = {"inline": {"content": f"value = {value}\n"}, "file": {"file": str(tmp_path / "f")}}
        return stacks.spec({"a": service}, configs=configs, volumes=dict.fromkeys(("data", "inner", "bare")))

    handle = await stacks.up(spec("1"))
    look = "test -e /bare/own && exit 1; cat /data/own /vol/own; stat -c '%n %u %g %a' $(find /data /vol /anon /bare -type f | sort) | grep -v own"
    expected = [
        "image", "image", "/anon/deep/a 5 0 444", "/bare/b 0 0 444", "/data/conf/app 0 0 444",
        "/data/empty/b 0 0 444", "/data/file 1000 7 640", "/data/sub/s 0 0 444", "/vol/v 0 0 444",
    ]  # fmt: skip
    backend = await stacks.client.backend()
    for number in (1, 2):
        result = await backend.exec_container(f"{stacks.prefix}-a-{number}", ["sh", "-c", look], ExecOptions())
        assert result.stdout.splitlines() == expected, result
    assert (await stacks.plan(spec("1")))["steps"] == []
    await stacks.out(handle, "a", "sh", "-c", "echo mine >/anon/mine; echo mine >/data/mine; echo mine >/vol/mine")
    handle = await stacks.up(spec("2"))
    read = "cat /data/conf/app /anon/deep/a /vol/v /data/file /anon/mine /data/mine /vol/mine"
    assert await stacks.out(handle, "a", "sh", "-c", read) == "value = 2\n" * 3 + "from file\n" + "mine\n" * 3
    assert (await stacks.plan(spec("2")))["steps"] == []
    one_off = {"cmd": ["sh", "-c", "cat /data/conf/app /anon/deep/a /vol/v /vol/own"]}
    assert (await stacks.call("run", handle, "a", encode(one_off)))["stdout"] == "value = 2\n" * 3 + "image\n"
    await stacks.down(handle)
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_read_only_root_takes_none_and_its_volumes_do(stacks: Stacks, image: dict[str, Any]) -> None:
    """A volume of the image keeps its data, also where it takes a file."""
    service = {**image, "read_only": True, "volumes": ["data:/data"], "configs": [
        {"source": "c", "target": "/data/conf/app"}, {"source": "c", "target": "/vol/app"},
    ]}  # fmt: skip
    volumes = set(stacks.held()["volumes"])
    for value in ("1", "2"):
        spec = stacks.spec({"a": service}, configs={"c": {"content": value}}, volumes={"data": {}})
        handle = await stacks.up(spec)
        assert (
            await stacks.out(handle, "a", "sh", "-c", "cat /data/conf/app /data/own /vol/app /vol/own")
            == f"{value}image\n{value}image\n"
        )
        if value == "1":
            await stacks.out(handle, "a", "sh", "-c", "echo mine >/vol/mine")
    assert await stacks.out(handle, "a", "cat", "/vol/mine") == "mine\n"
    await stacks.down(handle)
    assert set(stacks.held()["volumes"]) == volumes


async def test_a_folder_of_the_host(stacks: Stacks, tmp_path: Path) -> None:
    """As docker compose has it: contents are written there, files are mounted; here both are told."""
    (tmp_path / "f").write_text("from file\n")
    (tmp_path / "host").mkdir()
    files = [
        {"source": "inline", "target": "/etc/app/inline", "uid": "1000", "mode": 0o600},
        {"source": "file", "target": "/etc/app/file", "uid": "1000", "mode": 0o600},
        {"source": "file", "target": "/etc/app/plain"},
    ]
    configs = {"inline": {"content": "inline\n"}, "file": {"file": str(tmp_path / "f")}}
    spec = stacks.spec({"a": {"volumes": [f"{tmp_path}/host:/etc/app"], "configs": files}}, configs=configs)
    progress = await stacks.call("progress")
    handle = await stacks.up(spec)
    members = [f"services.a.configs[{place}]" for place in ("0].target", "1].uid", "1].mode")]
    assert await told(stacks, progress) == [member.removesuffix("]") for member in members]
    await stacks.close(progress)
    assert (
        await stacks.out(handle, "a", "sh", "-c", "cat /etc/app/inline /etc/app/file /etc/app/plain")
        == "inline\nfrom file\nfrom file\n"
    )
    assert await stacks.out(handle, "a", "stat", "-c", "%u %g %a", "/etc/app/inline") == "1000 0 600\n"
    assert {path.name: path.read_text() for path in (tmp_path / "host").iterdir()} == {
        "inline": "inline\n",
        "file": "",
        "plain": "",
    }
    await stacks.down(handle)
    assert (tmp_path / "f").read_text() == "from file\n"
    with pytest.raises(Unsupported) as caught:
        await stacks.up(spec, strict=True)
    assert caught.value.details["member"] == "services.a.configs[0].target"


REFUSED = [
    {"volumes": [{"type": "volume", "source": "data", "target": "/d", "read_only": True}]},
    {"volumes": ["/:/d:ro"]},
    {"tmpfs": ["/d"]},
    {"volumes": [{"type": "tmpfs", "target": "/d"}]},
    {"volumes": ["memory:/d"]},
    {"volumes": ["data:/d", {"type": "tmpfs", "target": "/d/conf"}]},
]


@pytest.mark.parametrize(
    "service", REFUSED, ids=["read-only volume", "read-only bind", "tmpfs", "mount", "volume in memory", "inner"]
)
async def test_what_takes_none(stacks: Stacks, service: dict[str, Any]) -> None:
    """By name, before anything is made."""
    wanted = {**service, "configs": [{"source": "c", "target": "/d/conf/x" if "/d/conf" in str(service) else "/d/x"}]}
    memory = {"driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}
    with pytest.raises(Unsupported) as caught:
        await stacks.up(stacks.spec({"a": wanted}, configs={"c": {"content": "x"}}, volumes={"data": {}, "memory": memory}))
    assert caught.value.details["path"] == "services.a.configs[0].target"
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_below_a_file_system_in_memory(stacks: Stacks) -> None:
    """A directory of its own there becomes a volume."""
    service = {"tmpfs": ["/d"], "configs": [{"source": "c", "target": "/d/conf/x"}]}
    handle = await stacks.up(stacks.spec({"a": service}, configs={"c": {"content": "x\n"}}))
    assert await stacks.out(handle, "a", "cat", "/d/conf/x") == "x\n"
    await stacks.down(handle)


async def test_volumes_of_another_container(stacks: Stacks) -> None:
    """They take files too, unless they are only to be read: then the up puts back what it did."""
    use = {"configs": [{"source": "c", "target": "/shared/x"}], "network_mode": "none"}
    services: dict[str, Any] = {"db": {"volumes": ["/shared"]}, "a": {**use, "volumes_from": ["db"]}}
    configs = {"c": {"content": "x\n"}}
    handle = await stacks.up(stacks.spec(services, configs=configs))
    for service in ("a", "db"):
        assert await stacks.out(handle, service, "cat", "/shared/x") == "x\n"
    was = stacks.held()
    services["a"]["volumes_from"] = ["db:ro"]
    with pytest.raises(ContainerError, match="read-only") as caught:
        await stacks.up(stacks.spec(services, configs=configs))
    assert caught.value.details["rolledBack"] is True and stacks.held() == was
    await stacks.down(handle)


async def test_a_part_of_a_volume(stacks: Stacks) -> None:
    make = {"command": ["mkdir", "-p", "/data/part"], "volumes": ["data:/data"]}
    mount = {"type": "volume", "source": "data", "target": "/d", "volume": {"subpath": "part"}}
    after = {"make": {"condition": "service_completed_successfully"}}
    configs = {"c": {"content": "x\n"}}
    await stacks.down(await stacks.up(stacks.spec({"make": make}, volumes={"data": {}})), volumes=False)
    spec = stacks.spec(
        {"make": make, "a": {"volumes": [mount], "configs": [{"source": "c", "target": "/d/x"}], "depends_on": after}},
        volumes={"data": {}}, configs=configs,
    )  # fmt: skip
    try:
        handle = await stacks.up(spec)
    except Unsupported as error:
        assert "subpath" in error.details["member"]
        pytest.skip("the engine has no subpath")
    assert await stacks.out(handle, "a", "cat", "/d/x") == "x\n"
    await stacks.down(handle)
