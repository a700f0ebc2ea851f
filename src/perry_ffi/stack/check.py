"""What of a plan an engine will not honour: told, or raised, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError, one_line
from perry_ffi.stack.plan import Action, Plan

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.context import Context

_MODELS = ("ContainerSpec", "NetworkSpec", "VolumeSpec")


async def check(context: Context, project: Project, steps: Plan, services: list[str], *, strict: bool) -> None:
    """Warns by name of what is left out of ``services``, and tries what the plan creates on the engine's own rules.

    strict: whether a warning is an error. Raises what creating a network, volume or container would raise before the
    engine is asked.
    """
    from perry_ffi.stack.translate.warn import warnings

    backend, document = context.backend, project.to_dict()
    for warning in warnings(document, backend.capabilities, backend=backend.name, strict=strict, services=services):
        context.hub.tell("warning", code="unsupported", message=one_line(str(warning)), member=warning.member)
    await _objects(context, document, steps)
    await _containers(context, document, steps, project.working_dir or None)


async def _objects(context: Context, document: Mapping[str, Any], steps: Plan) -> None:
    from perry_ffi.stack.translate.objects import network_spec, volume_spec

    backend = context.backend
    for step in steps.steps:
        key = step.arguments.get("key", "")
        if step.action is Action.CREATE_NETWORK:
            name, network = network_spec(document, key, capabilities=backend.capabilities)
            with named(f"networks.{key}"):
                await backend.check_network(name, network)  # type: ignore[arg-type]
        elif step.action is Action.CREATE_VOLUME:
            name, volume = volume_spec(document, key, capabilities=backend.capabilities)
            with named(f"volumes.{key}"):
                await backend.check_volume(name, volume)  # type: ignore[arg-type]


async def _containers(context: Context, document: Mapping[str, Any], steps: Plan, working_dir: str | None) -> None:
    """The first and the last new container of each service: they differ in their numbers, and the ports that follow from it."""
    from perry_ffi.stack.translate.build import image_name
    from perry_ffi.stack.translate.container import service_spec
    from perry_ffi.stack.translate.names import linked_as

    known = linked_as(document)
    numbers: dict[str, list[int]] = {}
    for step in steps.steps:
        if step.action is Action.CREATE_CONTAINER:
            numbers.setdefault(step.service or "", []).append(step.arguments["number"])
    for service, found in numbers.items():
        for number in sorted({min(found), max(found)}):
            spec = service_spec(
                document, service, number, image=image_name(document, service), labels={}, linked=known,
                api_socket=context.backend.api_socket, working_dir=working_dir,
            )  # fmt: skip
            with named(f"services.{service}"):
                await context.backend.check_container(spec)


@contextmanager
def named(where: str) -> Iterator[None]:
    """An error that names a member of a model names the file's instead, below ``where``."""
    try:
        yield
    except ContainerError as error:
        details = {name: _below(where, value) for name, value in error.details.items()}
        raise type(error)(_below(where, error.message), **details) from error


def _below(where: str, value: Any) -> Any:
    if isinstance(value, str):
        for model in _MODELS:
            value = value.replace(f"{model}.", f"{where}.")
    return value


__all__ = ["check", "named"]
