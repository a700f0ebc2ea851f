"""Which engine does the work: one function for each row of perry/container that says so."""

from __future__ import annotations

from perry_ffi.api.arguments import need, object_of, optional, strings
from perry_ffi.errors import ValidationError
from perry_ffi.model.backend import BackendInfo
from perry_ffi.service import backends
from perry_ffi.service.client import Client


async def detect(client: Client) -> list[BackendInfo]:
    return await backends.detect(client)


async def available(client: Client) -> list[BackendInfo]:
    return await backends.available(client)


async def set_one(client: Client, name: str | None) -> BackendInfo:
    return await backends.set_one(client, need(name, "name"))


async def set_order(client: Client, names: bytes | None) -> BackendInfo:
    wanted = strings(names, "names")
    if not wanted:
        raise ValidationError("names: it is empty", path="names", expected="at least one name of a backend")
    return await backends.set_order(client, wanted)


async def select_for(client: Client, spec: bytes | None, mode: str | None) -> str | None:
    return await backends.select_for(client, object_of(spec, "spec"), optional(mode, "mode"))
