"""The hardened one-shot runner: the row that is named for it."""

from __future__ import annotations

from perry_ffi.api.arguments import required
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.capability_result import CapabilityResult
from perry_ffi.service import capability
from perry_ffi.service.client import Client


async def run_capability(client: Client, spec: bytes | None) -> CapabilityResult:
    return await capability.run(client, required(CapabilitySpec, spec, "CapabilitySpec"))
