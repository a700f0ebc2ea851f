"""What of a plan an engine will not honour: told, or raised, before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError, one_line
from perry_ffi.runtime.actions.containers import CreateContainer
from perry_ffi.runtime.actions.objects import CreateNetwork, CreateVolume
from perry_ffi.runtime.plan import Plan
from perry_ffi.runtime.unshared import tell_unshared

if TYPE_CHECKING:
    from perry_ffi.backends.rules.evaluation import Shortfall
    from perry_ffi.model.api_socket import ApiSocket
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.stack.context import StackContext

_MODELS = ("ContainerSpec", "NetworkSpec", "VolumeSpec")


async def check(
    context: StackContext, document: Mapping[str, Any], steps: Plan, services: list[str], *, working_dir: str, strict: bool
) -> None:
    """Warns by name of what is left out of ``services``, and tries what the plan creates on the engine's own rules.

    document: the resolved project. strict: whether a warning is an error. Raises what creating a network, volume or
    container would raise before the engine is asked.
    """
    from perry_ffi.stack.translate.warn import of_objects, of_services, refusal

    backend = context.backend
    specs = _Specs(document, backend.api_socket, working_dir or None)
    created = _created(steps)
    found: list[Shortfall] = []
    refused: ContainerError | None = None
    for service, spec, own in of_services(document, backend.capabilities, backend.name, services, specs.first):
        found += own
        tell_unshared(context.bus, backend, spec.volumes, f"services.{service}.volumes")
        refused = refused or await _tried(context, specs, spec, service, created.get(service, ()))
    found += of_objects(document, backend.capabilities, backend.name)
    if strict and found:
        raise refusal(found[0])
    for warning in found:
        context.bus.tell("warning", code="unsupported", message=one_line(str(warning)), member=warning.member)
    await _objects(context, document, steps)
    if refused:
        raise refused


async def _objects(context: StackContext, document: Mapping[str, Any], steps: Plan) -> None:
    from perry_ffi.stack.translate.objects import network_spec, volume_spec

    backend = context.backend
    for step in steps.steps:
        match step.action:
            case CreateNetwork(key=key):
                name, network = network_spec(document, key, capabilities=backend.capabilities)
                with named(f"networks.{key}"):
                    await backend.check_network(name, network)  # type: ignore[arg-type]
            case CreateVolume(key=key):
                name, volume = volume_spec(document, key, capabilities=backend.capabilities)
                with named(f"volumes.{key}"):
                    await backend.check_volume(name, volume)  # type: ignore[arg-type]


def _created(steps: Plan) -> dict[str, list[int]]:
    """The numbers of the new containers of each service."""
    numbers: dict[str, list[int]] = {}
    for step in steps.steps:
        if isinstance(step.action, CreateContainer):
            numbers.setdefault(step.owner or "", []).append(step.action.number)
    return numbers


async def _tried(
    context: StackContext, specs: _Specs, first: ServiceSpec, service: str, numbers: Sequence[int]
) -> ContainerError | None:
    """What creating the first and the last new container raises: they differ in the ports that follow from their numbers."""
    wanted = {min(numbers), max(numbers) if specs.differ(service) else min(numbers)} if numbers else ()
    try:
        for number in sorted(wanted):
            spec = first if number == 1 and specs.whole(service) else specs.of(service, number)
            with named(f"services.{service}"):
                await context.backend.check_container(spec)
    except ContainerError as error:
        return error
    return None


class _Specs:
    """Containers of a project as an engine would be asked for them."""

    def __init__(self, document: Mapping[str, Any], api_socket: ApiSocket | None, working_dir: str | None) -> None:
        from perry_ffi.stack.translate.names import linked_as

        self._document = document
        self._linked = linked_as(document)
        self._api_socket = api_socket
        self._working_dir = working_dir

    def first(self, service: str) -> ServiceSpec:
        """The first one, also where it needs a socket that the engine is not known to have."""
        from perry_ffi.stack.translate.warn import ANY_SOCKET

        return self._spec(service, 1, self._api_socket or ANY_SOCKET)

    def of(self, service: str, number: int) -> ServiceSpec:
        return self._spec(service, number, self._api_socket)

    def whole(self, service: str) -> bool:
        """Whether ``first`` is what the engine would be asked for."""
        return bool(self._api_socket) or not self._document["services"][service].get("use_api_socket")

    def differ(self, service: str) -> bool:
        """Whether those of a service differ in more than their numbers: in ports of the host, that are a range of them."""
        ports = self._document["services"][service].get("ports") or ()
        return any("-" in str(port.get("published") or "") for port in ports)

    def _spec(self, service: str, number: int, api_socket: ApiSocket | None) -> ServiceSpec:
        from perry_ffi.stack.translate.build import image_name
        from perry_ffi.stack.translate.container import service_spec

        return service_spec(
            self._document, service, number, image=image_name(self._document, service), labels={}, linked=self._linked,
            api_socket=api_socket, working_dir=self._working_dir,
        )  # fmt: skip


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
