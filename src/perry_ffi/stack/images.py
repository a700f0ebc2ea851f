"""pull, build and push of a project's images: side by side, and all of them even where one fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.advice import Advice, Operation, Option
from perry_ffi.errors import BackendError, ContainerError, DependencyCycle, VerificationFailed
from perry_ffi.graph import find_cycle, reachable
from perry_ffi.model.image import PullOptions, PushOptions
from perry_ffi.model.stack import ImagesReport
from perry_ffi.runtime.progress import ProgressEvents
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.desired import build_edges
from perry_ffi.stack.image_age import note_pull
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.services import require_services
from perry_ffi.stack.steps.verbs import Build, Doing, Pull, Push, Verb
from perry_ffi.stack.translate.build import build_spec, image_name, named_in
from perry_ffi.stack.verify import at_service, demand_of

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.stack.cluster.images import Resolved

One = Callable[[str, str], Awaitable[None]]
_FREE: Mapping[str, Sequence[str]] = {}


async def pull(
    context: StackContext,
    project: Project,
    services: Sequence[str] | None,
    ignore: bool,
    *,
    policy: str | None = None,
    buildable: bool = False,
    doing: Doing | None = None,
) -> ImagesReport:
    """Pulls the image of every service that has one and does not build it, as far as its pull policy has it.

    policy: ``missing`` or ``always``, instead of the services' own, less those that never pull. buildable: also what has a name
    and can be built; where it cannot be had that is a warning. doing: whose steps they are. On an engine of services each node pulls
    by itself: what the references stand for is asked for and told.
    """
    resolved = _resolved(context)

    async def one(service: str, image: str) -> None:
        tree = project.services[service]
        options = PullOptions(platform=tree.get("platform"))
        progress = ProgressEvents(context.bus, "pull", image, service, SERVICES)
        demand = await demand_of(context, project, service)
        if resolved is not None:
            return await resolved.resolve(service, image, demand)
        if demand is None:
            await context.backend.pull_image(image, options, progress)
        else:
            await demand.in_force.fetch(context.backend, image, pull="always", options=options, progress=progress)
        await note_pull(context.backend, tree.get("pull_policy") or "", image)

    def can_be_built(service: str, error: ContainerError) -> bool:
        if "build" not in project.services[service] or isinstance(error, VerificationFailed):
            return False
        remedy = Advice("{} makes it", Operation("build", (Option("services", [service]),)))
        context.bus.tell("warning", message=Advice("services.{}: {}; {}", service, error.message, remedy), service=service)
        return True

    images, trees = _images(project, services), project.services
    wanted = {n: image for n, image in images if await _may_pull(context, trees[n], image, policy, buildable)}
    report = await _each(context, doing or Doing(context.bus, project.name), Pull, wanted, one, ignore, forgiven=can_be_built)
    return report if resolved is None else report.model_copy(update={"images": resolved.names(report.images)})


def _resolved(context: StackContext) -> Resolved | None:
    """Where every node fetches images by itself: who says what these are."""
    if context.backend.services is None:
        return None
    from perry_ffi.stack.cluster.images import Resolved

    return Resolved(context, context.backend.services)


async def _may_pull(context: StackContext, tree: Mapping[str, Any], image: str, asked: str | None, buildable: bool) -> bool:
    own = tree.get("pull_policy")
    built = "build" in tree and not (buildable and tree.get("image"))
    if built or own in ("never", "build"):
        return False
    return context.backend.services is not None or (asked or own) != "missing" or await context.backend.image_id(image) is None


async def build(
    context: StackContext,
    project: Project,
    services: Sequence[str] | None,
    ignore: bool,
    *,
    changed: Callable[[BuildSpec], BuildSpec] = lambda spec: spec,
    doing: Doing | None = None,
) -> ImagesReport:
    """Builds the image of every service that has a ``build``, each after those whose images it is built from.

    Those are built too, where only some services are asked for. changed: makes what is asked for beside the files of each. On an
    engine of services those with a name of their own are pushed, too, for the nodes fetch them from there.
    """
    document, edges = project.to_dict(), build_edges(project)
    if services is not None:
        _images(project, services)
        services = sorted(reachable(edges, services))

    async def one(service: str, image: str) -> None:
        spec, names = build_spec(document, service, identity.project_labels(project.name), project.contents)
        wanted = changed(spec).model_copy(update={"tags": [*spec.tags, *names[1:]]})
        with named_in(service):
            await context.backend.build_image(wanted, names[0], ProgressEvents(context.bus, "build", image, service, SERVICES))

    wanted = {name: image for name, image in _images(project, services) if "build" in project.services[name]}
    doing = doing or Doing(context.bus, project.name)
    if context.backend.services is None:
        return await _each(context, doing, Build, wanted, one, ignore, _sources(wanted, edges))
    from perry_ffi.stack.cluster.images import sent_away

    away = await sent_away(context.backend.services, project, wanted)
    built = await _each(context, doing, Build, wanted, one, ignore, _sources(wanted, edges))
    pushed = await push(context, project, [name for name in away if wanted[name] in built.images], ignore, doing=doing)
    images = {image.partition("@")[0] for image in pushed.images}
    return ImagesReport(
        images=sorted([*pushed.images, *(image for image in built.images if image not in images)]),
        errors=[*built.errors, *pushed.errors],
    )


def _sources(wanted: Mapping[str, str], edges: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For each image those that it is built from. Raises DependencyCycle, also where services share an image."""
    by_image = {image: service for service, image in wanted.items()}
    found = {
        image: [wanted[name] for name in edges[service] if wanted.get(name, image) != image]
        for image, service in by_image.items()
    }
    if cycle := find_cycle(found):
        raise DependencyCycle(f"services: the image {' is built from '.join(cycle)}", cycle=cycle)
    return found


async def push(
    context: StackContext,
    project: Project,
    services: Sequence[str] | None,
    ignore: bool,
    *,
    missing: bool = False,
    doing: Doing | None = None,
) -> ImagesReport:
    """Pushes the image of every service that builds one with a name of its own. missing: images that are not there are passed over."""

    resolved, steps = _resolved(context), doing or Doing(context.bus, project.name)

    async def one(service: str, image: str) -> None:
        await context.backend.push_image(image, PushOptions(), ProgressEvents(context.bus, "push", image, service, SERVICES))
        if resolved is not None and not steps.rehearse:
            await resolved.resolve(service, image)

    trees = project.services
    wanted = {n: image for n, image in _images(project, services) if "build" in trees[n] and trees[n].get("image")}
    if missing:
        wanted = {name: image for name, image in wanted.items() if await context.backend.image_id(image) is not None}
    report = await _each(context, steps, Push, wanted, one, ignore)
    return report if resolved is None else report.model_copy(update={"images": resolved.names(report.images)})


def _images(project: Project, services: Sequence[str] | None) -> list[tuple[str, str]]:
    require_services(services, project.services)
    names = project.services if services is None else services
    document = project.to_dict()
    return [(name, image_name(document, name)) for name in names]


async def _each(
    context: StackContext,
    doing: Doing,
    kind: type[Verb],
    wanted: dict[str, str],
    one: One,
    ignore: bool,
    sources: Mapping[str, Sequence[str]] = _FREE,
    forgiven: Callable[[str, ContainerError], bool] = lambda service, error: False,
) -> ImagesReport:
    """Does every image once, as a step, after its sources, which have no cycle. forgiven: whether a failure is none.

    Raises BackendError, naming all that failed, unless failures are ignored.
    """
    verb = kind.name.partition(" ")[0]
    owners = {image: service for service, image in wanted.items()}
    doing.order({owners[image]: [owners[other] for other in before if other in owners] for image, before in sources.items()})
    done: list[str] = []
    failed: dict[str, ContainerError] = {}
    slots = anyio.CapacityLimiter(context.places)
    ended = {image: anyio.Event() for image in wanted.values()}

    async def attempt(service: str, image: str) -> None:
        before = sources.get(image, ())
        for other in before:
            await ended[other].wait()
        try:
            if missing := [other for other in before if other not in done]:
                raise BackendError(f"{missing[0]}, which it is built from, could not be built")
            async with slots:
                await doing.step(kind(image, service), "asked for", partial(one, service, image))
            done.append(image)
        except ContainerError as error:
            if not forgiven(service, error):
                failed[image] = error
        ended[image].set()

    with doing.as_verb(verb):
        async with anyio.create_task_group() as group:
            for image, service in owners.items():
                group.start_soon(attempt, service, image)
        errors = sorted(_failure(verb, owners[image], image, error) for image, error in failed.items())
        if failed and not ignore:
            image, error = next(iter(failed.items()))
            if len(failed) == 1 and isinstance(error, VerificationFailed):
                raise at_service(error, next(name for name, its in wanted.items() if its == image))
            raise _of_all(verb, errors, {owners[image]: error for image, error in failed.items()}, done)
    return ImagesReport(images=sorted(done), errors=errors)


def _failure(verb: str, service: str, image: str, error: ContainerError) -> str:
    said = error.message
    return f"services.{service}: {said if said.startswith(f'{verb} ') else f'{verb} {image}: {said}'}"


def _of_all(verb: str, errors: Sequence[str], failed: Mapping[str, ContainerError], done: Sequence[str]) -> BackendError:
    """The one error of all that failed, with the evidence of one that failed alone, and the remedies of all. errors: sorted.
    failed: by service.
    """
    alone = next(iter(failed.items())) if len(failed) == 1 else None
    more = (
        {}
        if alone is None
        else {"service": alone[0], **{name: alone[1].details.get(name) for name in ("step", "output", "exitCode")}}
    )
    remedies = dict.fromkeys(str(error.details["remedy"]) for error in failed.values() if error.details.get("remedy"))
    return BackendError(
        "; ".join(errors),
        operation=verb,
        failures=list(errors),
        done=sorted(done),
        remedy="; ".join(remedies) or None,
        **more,
    )
