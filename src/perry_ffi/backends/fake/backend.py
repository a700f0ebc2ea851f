"""The whole contract over the engine in memory."""

from __future__ import annotations

from perry_ffi.backends.fake.calls import Interrupt, nothing
from perry_ffi.backends.fake.cluster import FakeCluster, FakeServices
from perry_ffi.backends.fake.containers import FakeContainers
from perry_ffi.backends.fake.events import FakeEvents, FakeHealth
from perry_ffi.backends.fake.images import FakeImageWork
from perry_ffi.backends.fake.interaction import FakeInteraction
from perry_ffi.backends.fake.lifecycle import FakeLifecycle
from perry_ffi.backends.fake.networks import FakeNetworkChanges, FakeNetworks
from perry_ffi.backends.fake.sandboxes import FakeSandboxes
from perry_ffi.backends.fake.sessions import FakeArchives, FakeSessions
from perry_ffi.backends.fake.volumes import FakeVolumes
from perry_ffi.backends.fake.world import World


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
    """An engine in memory. Those who need an engine that can do less derive from parts of it.

    cluster: what it manages beside its own containers, as the node that leads; then it offers services.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        cluster: FakeCluster | None = None,
        interrupt: Interrupt = nothing,
        probes: bool = False,
    ) -> None:
        super().__init__(world, interrupt=interrupt, probes=probes)
        self.services = FakeServices(cluster, lambda call, when: self.interrupt(call, when), self) if cluster else None


__all__ = ["FakeBackend", "Interrupt"]
