"""Which images a plan builds or pulls, by which service, and why. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import NotFound
from perry_ffi.graph import levels
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.desired import Desired, Service
from perry_ffi.stack.observed import Observed
from perry_ffi.stack.options import Up
from perry_ffi.stack.steps.images import BuildImage, PullServiceImage
from perry_ffi.stack.steps.verify import VerifyImage

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.stack.verify import Demand, Demands


class Fetch(Enum):
    """How an image is got that is not as it shall be. NEVER: nothing may fetch it."""

    BUILD = 1
    PULL = 2
    NEVER = 3


def add_images(builder: PlanBuilder, desired: Desired, observed: Observed, options: Up) -> dict[str, int]:
    """A step for each image that has to be fetched; their numbers by reference.

    Where one service builds what others only name, it is built. An image that another is built from comes before it.
    """
    rows = {**desired.sources, **desired.services}
    edges = {name: [source for source in row.built_from if source in rows] for name, row in rows.items()}
    order = {name: number for number, wave in enumerate(levels(edges)) for name in wave}
    wanted = _images_to_fetch(desired, rows, observed, options)
    made: dict[str, int] = {}
    for service, fetch, cause in sorted(wanted, key=lambda item: order[item[0].name]):
        needs = [made.get(rows[source].image) for source in edges[service.name]] if fetch is Fetch.BUILD else []
        made[service.image] = builder.add(_fetched(service, fetch, observed), cause, needs)
    return made


def add_verifications(builder: PlanBuilder, demands: Demands, observed: Observed, fetched: Mapping[str, int]) -> list[int]:
    """A step for each image that has to be verified, beside each other, each after it is fetched; their numbers.

    One that is neither there nor fetched is nobody's: nothing is created from it.
    """
    made = []
    for image, demand in demands.of.items():
        details = observed.details.get(image)
        if image in fetched:
            made.append(builder.add(VerifyImage(image, demand.owner, demand), demand.cause, [fetched[image]]))
        elif details is not None:
            made.append(builder.add(VerifyImage(image, demand.owner, demand, details), _cause(demand, details), []))
    return made


def _cause(demand: Demand, details: ImageDetails) -> str:
    """The rules, and by which digests the engine knows the image."""
    digests = dict.fromkeys(name.rpartition("@")[2] for name in details.digests)
    return ", ".join([demand.cause, *(digests or [details.id])])


def _fetched(service: Service, fetch: Fetch, observed: Observed) -> BuildImage | PullServiceImage:
    if fetch is Fetch.BUILD:
        return BuildImage(service.image, service.name)
    return PullServiceImage(
        service.image, service.name, before=observed.images.get(service.image),
        platform=service.tree.get("platform"), policy=service.tree.get("pull_policy") or "",
    )  # fmt: skip


def _images_to_fetch(
    desired: Desired, rows: Mapping[str, Service], observed: Observed, options: Up
) -> list[tuple[Service, Fetch, str]]:
    """What is fetched, by which service and why; also what is missing for the build of another."""
    found: dict[str, tuple[Service, Fetch, str]] = {}
    asked = [row for row in desired.services.values() if row.name not in desired.followers]
    waiting = deque((row, "") for row in sorted(asked, key=lambda row: not row.builds))
    while waiting:
        service, reason = waiting.popleft()
        decided = None if service.image in found else _image_step(service, observed, options.build, options.no_build)
        if decided is None:
            continue
        fetch, cause = decided
        if fetch is Fetch.NEVER:
            raise _never(service)
        if fetch is Fetch.BUILD and options.no_build:
            raise _unbuilt(service)
        found[service.image] = (service, fetch, cause + reason)
        if fetch is Fetch.BUILD:
            why = f", for the build of {service.name}"
            waiting.extend((rows[name], why) for name in service.built_from if name in desired.sources)
    return list(found.values())


def _never(service: Service) -> NotFound:
    return NotFound(
        f"services.{service.name}.image: {service.image} is not there, and its pull policy is never",
        service=service.name, image=service.image, remedy="pull or build it first, or change pull_policy",
    )  # fmt: skip


def _unbuilt(service: Service) -> NotFound:
    build = Operation("build", (Option("services", [service.name]),))
    return NotFound(
        f"services.{service.name}.build: {service.image} is not there, and nothing is to be built",
        service=service.name, image=service.image, remedy=Advice("{} builds it", build),
    )  # fmt: skip


def _image_step(service: Service, observed: Observed, build: bool, never_builds: bool) -> tuple[Fetch, str] | None:
    builds, policy, there = service.builds, service.pull_policy, observed.images.get(service.image) is not None
    if builds and (build or (policy == "build" and not never_builds)):
        return Fetch.BUILD, "asked for"
    if builds and not there:
        return Fetch.BUILD, "missing"
    if policy == "always" and not builds:
        return Fetch.PULL, "pull policy is always"
    if service.refresh_after is not None and service.image in observed.stale:
        return Fetch.PULL, f"pull policy is {policy}"
    if there:
        return None
    return (Fetch.NEVER, "") if policy == "never" else (Fetch.PULL, "missing")
