"""An engine in memory behind the whole contract: for tests that need the rules of an engine and none of its weight."""

from __future__ import annotations

from perry_ffi.backends.fake.backend import FakeBackend
from perry_ffi.backends.fake.world import Behaviour, Box, Call, World

__all__ = ["Behaviour", "Box", "Call", "FakeBackend", "World"]
