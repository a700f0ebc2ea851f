"""The whole contract over the engine in memory."""

from __future__ import annotations

from perry_ffi.backends.fake.calls import Interrupt
from perry_ffi.backends.fake.containers import FakeContainers
from perry_ffi.backends.fake.events import FakeEvents, FakeHealth
from perry_ffi.backends.fake.images import FakeImageWork
from perry_ffi.backends.fake.interaction import FakeInteraction
from perry_ffi.backends.fake.lifecycle import FakeLifecycle
from perry_ffi.backends.fake.networks import FakeNetworkChanges, FakeNetworks
from perry_ffi.backends.fake.sandboxes import FakeSandboxes
from perry_ffi.backends.fake.sessions import FakeArchives, FakeSessions
from perry_ffi.backends.fake.volumes import FakeVolumes


class FakeBackend(
    FakeContainers,
    FakeLifecycle,
    FakeEvents,
    FakeHealth,
    FakeNetworks,
    FakeNetworkChanges,
    FakeVolumes,
    FakeImageWork,
    FakeArchives,
    FakeSessions,
    FakeInteraction,
    FakeSandboxes,
):
    """An engine in memory. Those who need an engine that can do less derive from parts of it."""


__all__ = ["FakeBackend", "Interrupt"]
