"""build, pull and push of a project's images. rehearse: nothing is done, and the plan tells what would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import Unsupported
from perry_ffi.service.client import Client
from perry_ffi.service.context import stack_context

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.model.stack import ImagesReport
    from perry_ffi.runtime.plan import Plan

Services = Sequence[str] | None
"""Names of services; ``None`` all, an empty list none."""
Done = tuple["ImagesReport", "Plan"]


async def pull(
    client: Client,
    project: Project,
    services: Services,
    *,
    policy: str | None = None,
    buildable: bool = True,
    ignore: bool = False,
    rehearse: bool = False,
) -> Done:
    """Pulls. policy: ``missing`` or ``always``, instead of the services' own. buildable: also what can be built and has a name.
    ignore: what fails is in the report. Raises what the backend raises.
    """
    from perry_ffi.stack import images
    from perry_ffi.stack.steps.verbs import Doing

    context = await stack_context(client)
    doing = Doing(context.bus, project.name, rehearse=rehearse)
    report = await images.pull(context, project, services, ignore, policy=policy, buildable=buildable, doing=doing)
    return report, doing.plan()


async def build(
    client: Client,
    project: Project,
    services: Services,
    changed: Callable[[BuildSpec], BuildSpec],
    *,
    push: bool = False,
    rehearse: bool = False,
) -> Done:
    """Builds, each image after those that it is built from. changed: as ``asked_for`` gives it. push: then pushes what has a name."""
    from perry_ffi.stack import images
    from perry_ffi.stack.steps.verbs import Doing

    context = await stack_context(client)
    doing = Doing(context.bus, project.name, rehearse=rehearse)
    with doing.as_verb("build"):
        report = await images.build(context, project, services, False, changed=changed, doing=doing)
        if push and context.backend.services is None:
            await images.push(context, project, services, False, doing=doing)
    return report, doing.plan()


async def push(
    client: Client, project: Project, services: Services, *, missing: bool = False, ignore: bool = False, rehearse: bool = False
) -> Done:
    """Pushes what is built under a name of its own. missing: what is not there is passed over. ignore: as of ``pull``."""
    from perry_ffi.stack import images
    from perry_ffi.stack.steps.verbs import Doing

    context = await stack_context(client)
    doing = Doing(context.bus, project.name, rehearse=rehearse)
    report = await images.push(context, project, services, ignore, missing=missing, doing=doing)
    return report, doing.plan()


def with_dependencies(project: Project, services: Services) -> Services:
    """``services`` and what they depend on, however far away. Raises NotFound for one that the project does not have."""
    from perry_ffi.stack.desired import with_needed

    return None if services is None else sorted(with_needed(project, services))


def asked_for(
    arguments: Mapping[str, str], *, no_cache: bool = False, pull: bool = False, ssh: Sequence[str] = ()
) -> Callable[[BuildSpec], BuildSpec]:
    """What is built as it is asked for beside the files: these build arguments over theirs, these agents beside theirs.

    Raises ValidationError for agents that cannot be meant.
    """
    from perry_ffi.model import values
    from perry_ffi.model.build_values import build_agents

    given = values.within("--build-arg", values.env, dict(arguments))
    agents = values.within("--ssh", build_agents, list(ssh))

    def changed(spec: BuildSpec) -> BuildSpec:
        kept = [row for row in spec.ssh if row.id not in {agent.id for agent in agents}]
        return spec.model_copy(
            update={
                "args": {**spec.args, **given},
                "no_cache": spec.no_cache or no_cache,
                "pull": spec.pull or pull,
                "ssh": [*kept, *agents],
            }
        )

    return changed


def bake(
    project: Project, services: Services, changed: Callable[[BuildSpec], BuildSpec], *, push: bool = False
) -> dict[str, Any]:
    """The builds as a definition that ``docker buildx bake`` takes."""
    from perry_ffi.stack.bake import bake_file

    return bake_file(project, services, changed, push=push)


def refuse(flag: str, why: str, remedy: str) -> Unsupported:
    """The error of a flag of ``build`` that no engine's build API has."""
    return Unsupported(f"{flag}: {why}", member=flag, reason=why, remedy=remedy)
