"""One container of a service, from the project to the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.model import reference, values
from perry_ffi.stack.translate.document import service_of, unquoted, unsupported, wrong
from perry_ffi.stack.translate.files import carriers, wants_credentials
from perry_ffi.stack.translate.names import Containers, Linked, container_name, linked_as
from perry_ffi.stack.translate.networking import networking, volumes_from
from perry_ffi.stack.translate.process import process
from perry_ffi.stack.translate.resources import privileges, resources
from perry_ffi.stack.translate.storage import storage

if TYPE_CHECKING:
    from perry_ffi.model.api_socket import ApiSocket
    from perry_ffi.model.service import ServiceSpec

_EMPTY_IS_ABSENT = frozenset(
    (
        "devices",
        "env",
        "env_unset",
        "gpus",
        "labels",
        "links",
        "networks",
        "ports",
        "storage_opt",
        "tmpfs",
        "volumes",
        "volumes_from",
    )
)
"""Lists and objects of the spec that say nothing where they are empty."""
_NO_CONTAINER = ("provider", "models")
"""Members of a service that is no container, or needs more than an engine: refused by name."""


@unquoted
def service_spec(
    project: Mapping[str, Any],
    service: str,
    number: int,
    *,
    image: str,
    labels: Mapping[str, str],
    name: str | None = None,
    networks: Mapping[str, str] | None = None,
    containers: Containers | None = None,
    linked: Linked | None = None,
    use_aliases: bool = True,
    api_socket: ApiSocket | None = None,
    working_dir: str | None = None,
) -> ServiceSpec:
    """The container ``number`` (from 1) of ``service``.

    project: the resolved document. image: reference or id that the container is created from. labels: of identity; they
    win over the service's own. name: of the container, absent: Compose's. networks: engine names by key, absent: what
    the project says. containers: names or ids by service, in the order of numbers, of what links, ``volumes_from`` and
    shared namespaces refer to; absent: default names. linked: what ``links`` of the whole project say; who translates many
    containers reads it once. use_aliases: whether the container answers to its service's name
    (a one-off does not). api_socket: what the engine declares, for ``use_api_socket``.
    working_dir: the project's folder, which a seccomp profile's path is relative to.

    Pure. Raises ValidationError with the path inside the project, NotFound for a service that is not there,
    Unsupported for what no engine has, and for files that can be put nowhere.
    """
    from perry_ffi.model.base import validate
    from perry_ffi.model.service import ServiceSpec

    document, where = service_of(project, service), f"services.{service}"
    if number < 1:
        wrong("number", "1 or more")
    for member in _NO_CONTAINER:
        if document.get(member):
            unsupported(f"{where}.{member}", "a service is a container of an engine here")
    called = name or container_name(project, service, number)
    known = linked_as(project) if linked is None else linked
    found: dict[str, Any] = {
        "image": values.within(f"{where}.image", reference.image, image),
        "name": called,
        "labels": values.within(f"{where}.labels", values.labels, document.get("labels") or {}) | dict(labels),
        "pull_policy": "never",
        "port_index": number - 1,
        "volumes_from": volumes_from(project, service, containers),
        **process(document, where),
        **resources(document, where),
        **privileges(document, where, working_dir),
        **networking(
            project, service, name=called, networks=networks, containers=containers, linked=known, use_aliases=use_aliases
        ),
        **storage(project, service, api_socket),
    }
    if api_socket and wants_credentials(document, api_socket):
        found["env"][api_socket.variable] = api_socket.folder
    found["volumes"] += carriers(project, service, api_socket)
    said = {key: value for key, value in found.items() if value is not None and (value or key not in _EMPTY_IS_ABSENT)}
    return validate(ServiceSpec, said, where)


__all__ = ["service_spec"]
