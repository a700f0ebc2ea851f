"""Calls of a session that fail, are given up, or are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.secrets import MAX_SECRET
from tests.unit.backends.engine_api.build.buildkit.session import SECRET, served


@pytest.mark.anyio
async def test_a_failing_call_fails_alone_and_keeps_its_words_to_itself() -> None:
    async with served() as client:
        ident = await client.begin("/moby.filesync.v1.Auth/Credentials")
        await client.send(ident, protobuf.encode({1: "broken"}), last=True)
        words = ""
        while not words:
            for event in await client.events():
                words = str(dict(getattr(event, "headers", None) or {}).get("grpc-message", words))
        assert "RuntimeError" in words and SECRET not in words
        assert (await client.ask("/grpc.health.v1.Health/Check"))[1] == "0"
        assert (await client.ask("/moby.filesync.v1.Auth/Credentials", b"\xff"))[1] == "13"


@pytest.mark.anyio
async def test_a_call_that_is_given_up_and_a_client_that_talks_nonsense(tmp_path: Path) -> None:
    async with served({"big": os.urandom(MAX_SECRET)}) as client:
        ident = await client.begin("/moby.buildkit.secrets.v1.Secrets/GetSecret")
        await client.send(ident, protobuf.encode({1: "big"}), last=True)
        client.http.reset_stream(ident)
        await client.flush()
        assert (await client.ask("/grpc.health.v1.Health/Check"))[1] == "0"
    async with served() as client:
        await client._stream.send(b"GET / HTTP/1.1\r\n\r\n")
