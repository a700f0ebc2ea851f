"""Conversations of a person with what runs, files by their paths, images and tar files of containers."""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator

import anyio
import pytest

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.contract.interaction import CommitOptions, Conversation, Terms
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ExecOptions
from tests.contract.support import BOUND, has, need
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def said(talk: Conversation) -> bytes:
    found = b""
    with anyio.fail_after(BOUND):
        while (pieces := await talk.output.next()) is not None:
            found += b"".join(data for _, data in pieces)
    return found


async def test_a_command(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    talk = await bench.backend.talk_to_command(handle.id, ["echo", "words"], ExecOptions(), Terms())
    assert b"words" in await said(talk)
    assert await talk.exit_code() == 0
    await talk.resize(80, 24)
    await talk.aclose()
    await talk.aclose()
    if bench.backend.capabilities.of("op.interactive").support is Support.NATIVE:
        await bench.backend.exec_detached(handle.id, ["true"], ExecOptions())
    await bench.backend.stop_container(handle.id, 0)
    with pytest.raises(Conflict):
        await bench.backend.talk_to_command(handle.id, ["true"], ExecOptions(), Terms())
    with pytest.raises(NotFound):
        await bench.backend.talk_to_container(bench.name("none"), Terms())


async def test_what_is_made_of_a_container(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    assert {name: has(bench, name) for name in ("op.interactive", "op.copy")} == {"op.interactive": True, "op.copy": True}
    if has(bench, "op.commit"):
        name = f"{bench.prefix}-made:one"
        ident = await bench.backend.commit_container(handle.id, name, CommitOptions(message="why"))
        assert await bench.backend.image_id(name) == ident
    if has(bench, "op.export"):
        stream = await bench.backend.export_container(handle.id)
        data = b""
        while (pieces := await stream.next()) is not None:
            data += b"".join(pieces)
        await stream.aclose()
        assert len(data) % 512 == 0 and data


async def test_files_by_their_paths(bench: Bench) -> None:
    need(bench, "op.archive")
    handle = await bench.run("sleep", "600")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        row = tarfile.TarInfo("made")
        row.size = 4
        tar.addfile(row, io.BytesIO(b"text"))

    async def pieces() -> AsyncIterator[bytes]:
        yield packed.getvalue()

    await bench.backend.copy_into(handle.id, "/", pieces())
    found = await bench.backend.path_in_container(handle.id, "/made")
    assert (found.name, found.kind) == ("made", "file")
    assert (await bench.backend.path_in_container(handle.id, "/")).kind == "directory"
    with pytest.raises(NotFound):
        await bench.backend.path_in_container(handle.id, "/none")
    with pytest.raises(NotFound):
        await bench.backend.path_in_container(bench.name("none"), "/")
