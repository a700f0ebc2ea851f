"""A backend that has the required core of the contract and nothing else, over the world of the engine in memory."""

from __future__ import annotations

from perry_ffi.backends.contract.absent import CoreBackend
from perry_ffi.backends.fake.containers import FakeContainers
from perry_ffi.backends.fake.images import FakeImages
from perry_ffi.backends.fake.networks import FakeNetworks
from perry_ffi.backends.fake.volumes import FakeVolumes


class ScratchBackend(FakeContainers, FakeImages, FakeNetworks, FakeVolumes, CoreBackend):
    """What a runtime with a plain command line can do: no names are changed, nothing is frozen, nothing is told."""

    name = "scratch"
    identity = "scratch"


__all__ = ["ScratchBackend"]
