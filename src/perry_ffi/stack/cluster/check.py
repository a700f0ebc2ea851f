"""What of a project an engine that keeps services will not honour, by name, before anything is touched. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.rules.cluster import CLUSTER_DOCUMENT, Placed
from perry_ffi.backends.rules.evaluation import Evaluator, Shortfall, refusal
from perry_ffi.stack.cluster.container import whole_spec
from perry_ffi.stack.cluster.definition import Relations, refuse
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.document import mapping, service_of, unquoted
from perry_ffi.stack.translate.warn import of_objects, of_services

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

_FILES = ("configs", "secrets")


@unquoted
def shortfalls(
    document: Mapping[str, Any],
    capabilities: Capabilities,
    *,
    backend: str,
    services: Sequence[str],
    working_dir: str | None = None,
    strict: bool = False,
) -> list[Shortfall]:
    """Members of ``services``, and of the project's networks, that are not honoured, or not fully, in the order of the document.

    document: the resolved project. capabilities: of the engine's services (``Services.capabilities``). backend: its name, for words.
    strict: whether the first is raised. Raises Unsupported for a member without which a container would see other data, be less
    isolated than the file says, or not work, and what translating raises for a project that cannot be translated.
    """
    relations = Relations.of(document)
    volumes, bare = mapping(document.get("volumes"), "volumes"), without_files(document)
    beside = Evaluator(CLUSTER_DOCUMENT, capabilities, backend)

    def whole(service: str) -> ServiceSpec:
        spec = whole_spec(
            document, service, image=image_name(document, service), labels={}, linked=relations.linked, working_dir=working_dir
        )  # fmt: skip
        refuse(document, service, spec)
        return spec

    found: list[Shortfall] = []
    for service, _, own in of_services(bare, capabilities, backend, list(services), whole):
        found += own
        found += beside.warnings(Placed(service_of(document, service), volumes), f"services.{service}")
    found += of_objects({**document, "volumes": None}, capabilities, backend)
    if strict and found:
        raise refusal(found[0])
    return found


def without_files(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The project less the configs and secrets of its services: a cluster keeps them itself, and copies nothing."""
    services = mapping(document.get("services"), "services")
    bare = {
        name: {member: value for member, value in mapping(tree, f"services.{name}").items() if member not in _FILES}
        for name, tree in services.items()
    }
    return {**document, "services": bare}


__all__ = ["shortfalls", "without_files"]
