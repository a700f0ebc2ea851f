"""Which images are built for a cluster, and sent where every node finds them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.errors import Unsupported
from perry_ffi.model.reference import DEFAULT_REGISTRY, parse_reference
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.image_actions import PushImage, VerifyResolved
from perry_ffi.stack.cluster.observe import ClusterObserved, Found
from perry_ffi.stack.observed import Observed
from perry_ffi.stack.reconcile_images import add_images as add_fetched
from perry_ffi.stack.verify import at_service

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceState
    from perry_ffi.runtime.plan import PlanBuilder
    from perry_ffi.stack.cluster.wanted import Wanted
    from perry_ffi.stack.desired import Desired, Service
    from perry_ffi.stack.options import Up
    from perry_ffi.stack.verify import Demands


def asked_images(wanted: Wanted) -> list[str]:
    """The references that a registry is asked about: not those of services that never pull."""
    services = [*wanted.desired.services.values(), *wanted.desired.sources.values()]
    return list(dict.fromkeys(row.image for row in services if row.pull_policy != "never"))


def counts_nodes(desired: Desired) -> bool:
    """Whether it matters how many machines there are: an image that is in no registry is on one alone."""
    services = [*desired.services.values(), *desired.sources.values()]
    return any(row.builds and not names_registry(row) for row in services)


def names_registry(service: Service) -> bool:
    """Whether the file names the image of a service, and the registry that it is in."""
    if not service.tree.get("image"):
        return False
    registry = parse_reference(service.image).registry
    return registry != DEFAULT_REGISTRY or service.image.startswith(f"{registry}/")


def add_images(builder: PlanBuilder, wanted: Wanted, observed: ClusterObserved, options: Up) -> dict[str, int]:
    """The steps that build images and send them to their registries; the last one of each, by reference.

    Raises Unsupported for one that names no registry where there is more than one node.
    """
    found = {image: row.digest for image, row in observed.images.items()}
    rows = [*wanted.desired.services.values(), *wanted.desired.sources.values()]
    # Nodes pull for themselves: what is not built here counts as there.
    built = {row.image: row for row in rows if row.builds}
    there = {row.image: found.get(row.image) or (None if row.image in built else row.image) for row in rows}
    made = add_fetched(builder, _building(wanted.desired), Observed((), {}, {}, there), options)
    pushed: dict[str, int] = {}
    for image, step in made.items():
        service = built[image]
        if names_registry(service):
            pushed[image] = builder.add(PushImage(image, service.name), "every node pulls it from there", [step])
        elif observed.nodes == 1:
            pushed[image] = step
        else:
            raise _nowhere(service, observed.nodes)
    return pushed


def _building(desired: Desired) -> Desired:
    """With policies that have nothing pulled."""

    def row(service: Service) -> Service:
        return service if service.builds else replace(service, pull_policy="", refresh_after=None)

    services = {name: row(service) for name, service in desired.services.items()}
    return replace(desired, services=services, sources={name: row(service) for name, service in desired.sources.items()})


def _nowhere(service: Service, nodes: int | None) -> Unsupported:
    return Unsupported(
        f"services.{service.name}.image: {service.image} is built here, names no registry, and there are {nodes or 'more'} nodes "
        "that have to find it",
        service=service.name, member=f"services.{service.name}.image", image=service.image,
        remedy="give the service an image with the registry that it is pushed to, registry.example.com/team/app:1 say",
    )  # fmt: skip


def add_verifications(builder: PlanBuilder, demands: Demands, fetched: Mapping[str, int]) -> list[int]:
    """A step for each image that has to be verified, after it is made; their numbers."""
    return [
        builder.add(VerifyResolved(image, demand.owner, demand), demand.cause, [fetched.get(image)])
        for image, demand in demands.of.items()
    ]


def settled_images(wanted: Wanted, observed: ClusterObserved, builder: PlanBuilder, built: Mapping[str, int]) -> dict[str, Found]:
    """What each reference stands for. Where its registry does not answer, what it stood for when the service was made, which is noted.

    Raises what resolving it raised where nothing tells.
    """
    found = dict(observed.images)
    for image, error in observed.unresolved.items():
        users = [row for row in wanted.desired.services.values() if row.image == image]
        if image in built or not users:
            continue
        state = next((s for row in users if (s := _made_from(observed, row.name, image)) is not None), None)
        if state is None:
            raise at_service(error, users[0].name)
        found[image] = Found(state[1].image, state[0])
        builder.note(f"{image}: what it stands for now is not known, so it stays as it is: {error.message}")
    return found


def _made_from(observed: ClusterObserved, key: str, image: str) -> tuple[str, ServiceState] | None:
    state = observed.services.get(key)
    if state is None or state.labels.get(identity.REFERENCE) != image:
        return None
    digest = state.labels.get(identity.IMAGE)
    return (digest, state) if digest else None


__all__ = [
    "add_images", "add_verifications", "asked_images", "counts_nodes", "names_registry", "settled_images",
]  # fmt: skip
