"""A host of its own for a test that kills it: runs one command of the test image hardened, and says when it has begun.

Arguments: the name of the engine, the image, then the words. The environment leads to the engine.
"""

from __future__ import annotations

import asyncio
import os
import sys

from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.service import capability
from perry_ffi.service.client import Client
from tests.live.sandbox_support import pinned


async def main() -> None:
    client = Client({**os.environ, "PERRY_CONTAINER_BACKEND": sys.argv[1]})
    document = {"image": sys.argv[2], "cmd": sys.argv[3:], "timeout": "10m", "input": {"/in/a": "x"}}
    await capability.run(client, validate(CapabilitySpec, document), admission=pinned)


if __name__ == "__main__":
    asyncio.run(main())
