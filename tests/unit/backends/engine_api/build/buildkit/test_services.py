"""What docker's builder may ask during a build, and what it is told: of what the build names, and of nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.secrets import MAX_SECRET
from tests.unit.backends.engine_api.build.buildkit.session import SECRET, said, served


@pytest.mark.anyio
async def test_the_engine_gets_what_the_build_names_and_nothing_else() -> None:
    async with served({"token": SECRET.encode()}) as client:
        ask = client.ask
        data, status = await ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "token"}))
        assert (protobuf.text(protobuf.decode(data), 1), status) == (SECRET, "0")
        assert await ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "other"})) == (b"", "5")
        assert await ask("/grpc.health.v1.Health/Check") == (protobuf.encode({1: 1}), "0")
        data, _ = await ask("/moby.filesync.v1.Auth/Credentials", protobuf.encode({1: "reg:5000"}))
        assert data == protobuf.encode({1: "user", 2: "password"})
        assert await ask("/moby.filesync.v1.Auth/Credentials", protobuf.encode({1: "elsewhere"})) == (b"", "0")
        assert await ask("/moby.filesync.v1.Auth/FetchToken") == (b"", "12")
        assert await ask("/moby.sshforward.v1.SSH/CheckAgent") == (b"", "12")


@pytest.mark.anyio
async def test_a_secret_that_is_larger_than_the_window() -> None:
    content = os.urandom(MAX_SECRET)
    async with served({"big": content}) as client:
        data, status = await client.ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "big"}))
        assert status == "0" and protobuf.message(protobuf.decode(data), 1) == content


@pytest.mark.anyio
async def test_a_conversation_with_an_ssh_agent(tmp_path: Path) -> None:
    path = str(tmp_path / "agent")

    async def echo(stream: Any) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data.upper())

    async with await anyio.create_unix_listener(path) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        async with served(agents={"default": path, "gone": str(tmp_path / "none")}) as client:
            check = "/moby.sshforward.v1.SSH/CheckAgent"
            assert (await client.ask(check))[1] == "0"
            assert (await client.ask(check, protobuf.encode({1: "other"})))[1] == "5"
            ident = await client.begin("/moby.sshforward.v1.SSH/ForwardAgent", buildkit_ssh_id="default")
            await client.send(ident, protobuf.encode({1: b"sign "}))
            await client.send(ident, protobuf.encode({1: b"this"}), last=True)
            data, status = await client.ending(ident)
            assert status == "0" and said(data) == b"SIGN THIS"
            ident = await client.begin("/moby.sshforward.v1.SSH/ForwardAgent", buildkit_ssh_id="gone")
            assert await client.ending(ident) == (b"", "14")
        group.cancel_scope.cancel()
