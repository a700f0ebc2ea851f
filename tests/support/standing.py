"""An engine in memory on which a project of any size stands as it shall be."""

from __future__ import annotations

from pathlib import Path

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.compose import Project
from perry_ffi.model.network import NetworkInfo
from perry_ffi.model.volume import VolumeInfo
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.desired import Desired, desired
from perry_ffi.stack.options import Up
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.names import linked_as
from tests.support.shapes import IMAGES


class Standing:
    """An engine with the images of such projects, on which one may be made to stand."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        for number in range(IMAGES):
            self.world.make_image(f"app{number}")
        self.backend = FakeBackend(self.world)
        self.context = StackContext(self.backend, folder / "locks", "fake", EventBus())

    def stand(self, project: Project) -> None:
        """Has every container of ``project`` run, as an ``up`` would leave them."""
        wanted = desired(project, Up(), {})
        self._networks_and_volumes(wanted)
        document = project.to_dict()
        known = linked_as(document)
        for service in wanted.services.values():
            for number in range(1, service.replicas + 1):
                labels = identity.container_labels(
                    project.name, service.name, number, digest=service.digest,
                    image_id=self.world.images[service.image], depends_on=service.edges(),
                )  # fmt: skip
                spec = service_spec(document, service.name, number, image=service.image, labels=labels, linked=known)
                self.world.start(self.world.create(spec))

    def _networks_and_volumes(self, wanted: Desired) -> None:
        for key, row in wanted.networks.items():
            labels = identity.network_labels(wanted.project, key, row.digest, row.peer_digest, "")
            self.world.add_network(NetworkInfo(id="", name=row.name, driver="bridge", labels=labels))
        for key, row in wanted.volumes.items():
            labels = identity.volume_labels(wanted.project, key, row.digest, row.peer_digest, "")
            self.world.volumes[row.name] = VolumeInfo(name=row.name, driver="local", labels=labels)
