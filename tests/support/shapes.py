"""Projects of any size in a few shapes, and an engine in memory on which they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

LAYER = 20
REPLICAS = 2
IMAGES = 50


def flat(number: int) -> Iterator[str]:
    """Nobody depends on anybody."""
    return iter(())


def chain(number: int) -> Iterator[str]:
    """Each depends on the one before it."""
    return iter([f"s{number - 1}"] if number else ())


def layers(number: int) -> Iterator[str]:
    """Layers of 20, each service depends on all of the layer before."""
    first = (number // LAYER - 1) * LAYER
    return (f"s{other}" for other in (range(first, first + LAYER) if number >= LAYER else ()))


SHAPES: dict[str, Callable[[int], Iterator[str]]] = {"flat": flat, "chain": chain, "layers": layers}
"""By name: those that a service depends on, by its number."""


def compose_file(shape: str, services: int, *, links: bool = False, images: int = 50, volumes: int = 100) -> str:
    """The text of a Compose file of so many services, each of two containers. links: each links the one before it.

    images, volumes: how many of them they share.
    """
    rows = ["name: p\nservices:\n"]
    for number in range(services):
        rows.append(
            f"  s{number}:\n    image: app{number % images}\n    scale: {REPLICAS}\n    command: [serve, --number, '{number}']\n"
            f"    environment: {{LEVEL: info, NUMBER: '{number}'}}\n    labels: {{tier: t{number % 7}}}\n    ports: ['80']\n"
            f"    networks: [front, back]\n    volumes: ['v{number % volumes}:/data']\n    restart: always\n"
        )
        if links and number:
            rows.append(f"    links: ['s{number - 1}:before']\n")
        needs = "".join(f"      {other}: {{condition: service_started}}\n" for other in SHAPES[shape](number))
        rows.append(f"    depends_on:\n{needs}" if needs else "")
    rows.append("networks:\n  front:\n  back:\nvolumes:\n" + "".join(f"  v{n}:\n" for n in range(min(services, volumes))))
    return "".join(rows)


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
