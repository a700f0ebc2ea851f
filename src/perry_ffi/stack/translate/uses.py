"""What a project uses of all that engines may lack: its services, networks, volumes and builds, before an engine is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from perry_ffi.backends.rules.build import BUILD_DOCUMENT, BUILD_LABELS
from perry_ffi.backends.rules.deploy import PULL_PERIOD
from perry_ffi.backends.rules.member import Member, Members
from perry_ffi.backends.rules.network import NETWORK, NETWORK_ALONE, NETWORK_NAME
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.backends.rules.uses import Part
from perry_ffi.backends.rules.volume import VOLUME, VOLUME_ALONE
from perry_ffi.stack.translate.document import mapping, service_of
from perry_ffi.stack.translate.hooks import hooks
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.translate.refresh import refresh_after
from perry_ffi.stack.translate.warn import first_of

_NETWORK: Members[Any] = {**NETWORK_ALONE, **NETWORK}
_VOLUME: Members[Any] = {**VOLUME_ALONE, **VOLUME}
_BUILD: Members[Any] = {**BUILD_DOCUMENT, **BUILD_LABELS}
_BUILT: Members[Any] = {"BuildSpec.platform": Member(lambda service: ["platform"] if service.get("platform") else [])}
"""Of a service that is built."""


def of_project(project: Mapping[str, Any]) -> list[Part]:
    """Of the resolved ``project``. Not of ``deploy``: what only a scheduler acts on no engine of one machine has.

    Pure. Raises what translating raises for a project that cannot be translated.
    """
    spec_of = first_of(project)
    found: list[Part] = []
    for service in mapping(project.get("services"), "services"):
        hooks(project, service)
        found += [Part(SERVICE, (spec_of(service),)), *_of_image(service_of(project, service), f"services.{service}")]
    return [*found, *_of_objects(project)]


def _of_image(service: Mapping[str, Any], where: str) -> Iterator[Part]:
    """Its build, and when its image is pulled again."""
    if refresh_after(service.get("pull_policy") or "") is not None:
        yield Part(PULL_PERIOD, (f"{where}.pull_policy",))
    if build := mapping(service.get("build"), f"{where}.build"):
        yield Part(_BUILD, (build,))
        yield Part(_BUILT, (service,))


def _of_objects(project: Mapping[str, Any]) -> Iterator[Part]:
    for key in mapping(project.get("networks"), "networks"):
        name, network = network_spec(project, key)
        if network is not None:
            yield Part(NETWORK_NAME, (name,))
            yield Part(_NETWORK, (network,))
    for key in mapping(project.get("volumes"), "volumes"):
        if (volume := volume_spec(project, key)[1]) is not None:
            yield Part(_VOLUME, (volume,))


__all__ = ["of_project"]
