"""What registries have of the images that a plan pulls: asked when it is made, and again before it is carried out. Nothing is pulled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError, one_line

if TYPE_CHECKING:
    from perry_ffi.model.saved_plan import PlannedPull
    from perry_ffi.runtime.plan import Plan, Step
    from perry_ffi.settings import Settings
    from perry_ffi.trust.registries import Registries

PATIENCE = 30.0
"""Seconds that all registries together have: a plan is not to wait for each of many that stay silent."""


def pulled(plan: Plan) -> list[str]:
    """The images that steps of ``plan`` pull."""
    from perry_ffi.runtime.actions.objects import PullImage

    return [step.target for step in plan.steps if isinstance(step.action, PullImage)]


async def ask(settings: Settings, images: Iterable[str]) -> list[PlannedPull]:
    """A row for each of ``images``, after ``PATIENCE`` at the latest. settings: of this process, for credentials.

    The digest is that of what the tag names, of the index where it is for several platforms: by that engines know what they pulled.
    """
    import anyio

    from perry_ffi.model.saved_plan import PlannedPull
    from perry_ffi.trust.registries import Registries

    wanted = list(images)
    found: dict[str, PlannedPull] = {}
    registries = Registries(settings)

    async def one(image: str) -> None:
        found[image] = await _row(registries, image)

    try:
        with anyio.move_on_after(PATIENCE):
            async with anyio.create_task_group() as group:
                for image in wanted:
                    group.start_soon(one, image)
    finally:
        await registries.aclose()
    silent = f"its registry did not tell within {PATIENCE:g} s"
    return [found.get(image) or PlannedPull(image=image, unknown=silent) for image in wanted]


async def _row(registries: Registries, image: str) -> PlannedPull:
    from perry_ffi.model.reference import is_image_id, parse_reference
    from perry_ffi.model.saved_plan import PlannedPull

    if is_image_id(image):
        return PlannedPull(image=image, unknown="it is named by an id, which no registry knows")
    try:
        reference = parse_reference(image)
        return PlannedPull(image=image, digest=reference.digest or await registries.digest(reference, ()))
    except ContainerError as error:
        return PlannedPull(image=image, unknown=str(one_line(error.message)))


def moved(before: Iterable[PlannedPull], now: Iterable[PlannedPull]) -> list[str]:
    """What names another image now, in words. Where one of both is not known, that is no change."""
    digests = {row.image: row.digest for row in now}
    return [
        f"the image {row.image} of its registry changed ({row.digest}, and {digests[row.image]} now)"
        for row in before
        if row.digest and digests.get(row.image) not in (None, row.digest)
    ]


def told(plan: Plan, pulls: Sequence[PlannedPull]) -> Plan:
    """The plan with the digests beside its pulls, and a note for each image whose digest is not known."""
    from perry_ffi.runtime.actions.objects import PullImage

    digests = {row.image: row.digest for row in pulls}

    def shown(step: Step) -> Step:
        digest = digests.get(step.target) if isinstance(step.action, PullImage) else None
        return replace(step, cause=f"{step.cause}, {digest}") if digest else step

    notes = [
        f"{row.image}: which digest is pulled is not known, so it is what its registry has then: {row.unknown}"
        for row in pulls
        if row.unknown
    ]
    return replace(plan, steps=tuple(shown(step) for step in plan.steps), notes=(*plan.notes, *notes))
