"""Where configs and secrets land in a container: by the mounts that it has in the end, also those that no file tells."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import FakeBackend
from perry_ffi.errors import Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container_info import Mounted
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.stack.delivery import put_files, without_needless_carriers
from perry_ffi.stack.translate.files import FileMount

pytestmark = pytest.mark.anyio


class Engine(FakeBackend):
    """One whose container has the given mounts, and that notes what is asked of it."""

    def __init__(self, *mounts: Mounted) -> None:
        super().__init__()
        self.mounts, self.done = list(mounts), list[Any]()

    async def inspect_container(self, ident: str) -> Any:
        return (await super().inspect_container(ident)).model_copy(update={"mounts": self.mounts})

    async def fill_volumes(self, ident: str, places: Any) -> None:
        self.done.append(("fill", sorted(places)))

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        with tarfile.open(fileobj=io.BytesIO(tar)) as packed:
            self.done.append((directory, packed.getnames()))


def file(target: str, **members: Any) -> FileMount:
    return FileMount("config", "c", target, **{"content": b"x", **members})


async def put(engine: Engine, *files: FileMount) -> list[Any]:
    engine.world.make_image("bb")
    handle = await engine.create_container(validate(ServiceSpec, {"image": "bb", "name": "web"}))
    await put_files(engine, handle.id, files)
    return engine.done


async def test_each_into_the_innermost_mount() -> None:
    mounts = [Mounted(kind=kind, target=target) for kind, target in (
        ("volume", "/v"), ("volume", "/v/in/"), ("bind", "/b"), ("tmpfs", "/t"), ("volume", "/other"),
    )]  # fmt: skip
    files = [file(target) for target in ("/v/a", "/v/in/b", "/b/deep/c", "/t/d", "/vv/e")]
    assert await put(Engine(*mounts), *files) == [
        ("fill", ["/v", "/v/in"]), ("/v", ["a"]), ("/v/in", ["b"]), ("/b", ["deep/c"]), ("/", ["t/d", "vv/e"]),
    ]  # fmt: skip


async def test_nothing_is_asked_where_nothing_is_copied() -> None:
    assert await put(Engine(), file("/x", delivery="bind")) == []
    assert await put(Engine(), file("/x")) == [("/", ["x"])]


async def test_what_is_only_to_be_read_is_named() -> None:
    engine = Engine(Mounted(kind="bind", target="/b", read_only=True))
    with pytest.raises(Unsupported, match="configs.c: /b/x is in /b, which is read-only"):
        await put(engine, file("/y"), file("/b/x"))
    assert engine.done == []


async def test_a_volume_of_the_image_needs_no_other(tmp_path: Path) -> None:
    def spec(*places: str) -> ServiceSpec:
        mounts = [ServiceMount("volume", place, own_files=True) for place in places]
        return validate(ServiceSpec, {"image": "bb", "name": "web"}).model_copy(
            update={"volumes": [*mounts, ServiceMount("volume", "/own")]}
        )

    class Declaring(FakeBackend):
        async def inspect_image(self, reference: str) -> Any:
            found = await super().inspect_image(reference)
            return found.model_copy(update={"volumes": ["/data/", "/own"]})

    backend = Declaring()
    backend.world.make_image("bb")
    kept = await without_needless_carriers(backend, spec("/data", "/data/sub", "/database", "/run/secrets"))
    assert [mount.target for mount in kept.volumes] == ["/database", "/run/secrets", "/own"]
    plain = spec()
    assert await without_needless_carriers(backend, plain) is plain
