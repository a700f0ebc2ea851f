"""Images for services: every node fetches them by itself, so what counts is what a registry has under their names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import Unsupported
from perry_ffi.stack.cluster.fetching import names_registry
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.verify import Demand


class Resolved:
    """What references stand for in their registries, each told as a record of kind ``resolved``. references: with their digests, by
    image.
    """

    def __init__(self, context: StackContext, services: Services) -> None:
        self._context, self._services = context, services
        self.references: dict[str, str] = {}

    async def resolve(self, service: str, image: str, demand: Demand | None = None) -> None:
        """Asks the registry for one. Raises what a pull would raise, and VerificationFailed where ``demand`` is not met."""
        found = await self._services.resolve_image(image)
        if demand is not None:
            await demand.in_force.admit(found.reference, None)
        self.references[image] = found.reference
        about: dict[str, Any] = {"digest": found.digest, "platforms": list(found.platforms) or None, "service": service}
        self._context.bus.tell("resolved", image=image, reference=found.reference, **about)

    def names(self, images: Iterable[str]) -> list[str]:
        """The same images, with the digests of those that were asked for."""
        return sorted(self.references.get(image, image) for image in images)


async def sent_away(services: Services, project: Project, wanted: Iterable[str]) -> list[str]:
    """Those of the services ``wanted``, whose images are built here, that name a registry: there every node finds them.

    Raises Unsupported for one that names none, where there is more than one node.
    """
    found = desired(project, Up(services=tuple(wanted), dependencies=False), {})
    named = {name: names_registry(found.services[name]) for name in wanted}
    lacking = [name for name, there in named.items() if not there]
    if lacking and len(await services.nodes()) > 1:
        raise Unsupported(
            f"services.{lacking[0]}.image: it is built here, and the other nodes of the cluster cannot get it", service=lacking[0],
            member=f"services.{lacking[0]}.image", reason="it names no registry",
            remedy="give the service an image with the registry that it is pushed to, registry.example.com/team/app:1 say",
        )  # fmt: skip
    return [name for name, there in named.items() if there]
