from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import BackendError, Unsupported
from perry_ffi.stack.images import build, pull, push
from tests.unit.stack.cluster.served import IMAGE, Served
from tests.unit.stack.rig import project

pytestmark = pytest.mark.anyio


async def test_pull_asks_registries_and_tells_digests(tmp_path: Path) -> None:
    served = Served(tmp_path)
    report = await pull(served.context, project({"web": {"image": IMAGE}, "again": {"image": IMAGE}}), None, False)
    (told,) = await served.records("resolved")
    assert report.images == [told["reference"]]
    assert told["reference"] == f"{IMAGE}@{told['digest']}" or told["reference"].endswith(told["digest"])
    assert not served.backend.writes, "each node pulls by itself"


async def test_what_no_registry_has_is_told_by_its_service(tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.cluster.registry.missing.add(IMAGE)
    with pytest.raises(BackendError, match=r"services\.web: pull"):
        await pull(served.context, project({"web": {"image": IMAGE}}), None, False)


async def test_what_is_built_is_pushed_and_its_digest_told(tmp_path: Path) -> None:
    served = Served(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    wanted = project({"web": {"image": IMAGE, "build": {"context": str(tmp_path)}}})
    report = await build(served.context, wanted, None, False)
    assert [call.method for call in served.backend.writes] == ["build_image", "push_image"]
    (told,) = await served.records("resolved")
    assert report.images == [told["reference"]]
    assert (await push(served.context, wanted, None, False)).images == report.images


async def test_what_no_other_node_could_get_is_refused_before_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    wanted = project({"web": {"build": {"context": str(tmp_path)}}})
    served = Served(tmp_path)
    with pytest.raises(Unsupported, match=r"services\.web\.image"):
        await build(served.context, wanted, None, False)
    assert not served.backend.writes
    alone = Served(tmp_path, nodes=1)
    assert (await build(alone.context, wanted, None, False)).images == ["p-web"]
    assert [call.method for call in alone.backend.writes] == ["build_image"]
