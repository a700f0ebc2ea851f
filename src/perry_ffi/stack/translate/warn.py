"""What of a project a backend will not honour, by name, before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.rules.build import BUILD_DOCUMENT, BUILD_LABELS
from perry_ffi.backends.rules.deploy import DEPLOY, PULL_PERIOD
from perry_ffi.backends.rules.evaluation import Evaluator, Shortfall, refusal
from perry_ffi.backends.rules.network import NETWORK, NETWORK_NAME
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.backends.rules.volume import VOLUME
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.document import entries, mapping, service_of
from perry_ffi.stack.translate.files import with_a_difference
from perry_ffi.stack.translate.hooks import hooks
from perry_ffi.stack.translate.names import linked_as
from perry_ffi.stack.translate.objects import network_spec, volume_spec
from perry_ffi.stack.translate.refresh import refresh_after
from perry_ffi.stack.translate.storage import of_another_kind

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

ANY_SOCKET = ApiSocket("/api.sock", "/run/api.sock", "API_CONFIG", "/run/secrets/api")
"""Of an engine that is not known: who looks for what an engine lacks translates services that are given its API, too."""
SpecOf = Callable[[str], "ServiceSpec"]


def warnings(
    project: Mapping[str, Any],
    capabilities: Capabilities,
    *,
    backend: str = "the engine",
    strict: bool = False,
    services: list[str] | None = None,
) -> list[Shortfall]:
    """Members of the project that are not honoured, or not fully, in the order of the document.

    services: those that are looked at, absent: all. strict: whether the first is raised. Pure. Raises Unsupported for a
    member without which a container would see other data or be less isolated than the file says, and what translating
    raises for a project that cannot be translated.
    """
    looked_at = list(mapping(project.get("services"), "services")) if services is None else services
    rows = of_services(project, capabilities, backend, looked_at, first_of(project))
    found = [warning for _, _, own in rows for warning in own] + of_objects(project, capabilities, backend)
    if strict and found:
        raise refusal(found[0])
    return found


def of_services(
    project: Mapping[str, Any], capabilities: Capabilities, backend: str, services: list[str], spec_of: SpecOf
) -> Iterator[tuple[str, ServiceSpec, list[Shortfall]]]:
    """One service after the other: its first container, as ``spec_of`` gives it, and what of it is not honoured."""
    ask = _Evaluators(capabilities, backend)
    for service in services:
        document, where = service_of(project, service), f"services.{service}"
        hooks(project, service)
        spec = spec_of(service)
        found = ask.members.warnings(spec, where)
        found += _of_pulls(f"{where}.pull_policy", document.get("pull_policy") or "", ask)
        found += _of_mounts(f"{where}.volumes", document.get("volumes"), backend)
        found += [Shortfall(path, backend, reason) for path, reason in with_a_difference(project, service)]
        found += _of_ports(where, document, backend)
        found += _of_deploy(where, document, ask)
        found += _of_build(where, document, ask)
        yield service, spec, found


class _Evaluators:
    """What every service of a project is asked about; each made once."""

    def __init__(self, capabilities: Capabilities, backend: str) -> None:
        self.backend = backend
        self.members = Evaluator(SERVICE, capabilities, backend)
        self.pulls = Evaluator(PULL_PERIOD, capabilities, backend)
        self.deploy = Evaluator(DEPLOY, capabilities, backend)
        self.build = Evaluator(BUILD_DOCUMENT, capabilities, backend)
        self.build_labels = Evaluator(BUILD_LABELS, capabilities, backend)


def of_objects(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[Shortfall]:
    """What of the networks and volumes is not honoured."""
    return _of_networks(project, capabilities, backend) + _of_volumes(project, capabilities, backend)


def first_of(project: Mapping[str, Any]) -> SpecOf:
    """What gives the first container of each service, for an engine that is not known."""
    known = linked_as(project)

    def spec_of(service: str) -> ServiceSpec:
        image = image_name(project, service)
        return service_spec(project, service, 1, image=image, labels={}, linked=known, api_socket=ANY_SOCKET)

    return spec_of


def _of_pulls(where: str, policy: str, ask: _Evaluators) -> list[Shortfall]:
    """A period that nobody names, or that the engine does not keep the time for."""
    if policy == "refresh":
        return [Shortfall(where, ask.backend, "it names no period: the image is pulled where it is missing")]
    return ask.pulls.warnings(where) if refresh_after(policy) is not None else []


def _of_mounts(where: str, volumes: Any, backend: str) -> list[Shortfall]:
    """Options of another kind of mount than the one that has them."""
    rows = enumerate(entries(volumes, where))
    return [
        Shortfall(member, backend, reason)
        for index, item in rows
        for member, reason in of_another_kind(item, f"{where}[{index}]")
    ]


def _of_ports(where: str, service: Mapping[str, Any], backend: str) -> list[Shortfall]:
    """Ports of a service on the host's network, or on none: engines drop them."""
    mode = service.get("network_mode")
    if mode not in ("host", "none") or not service.get("ports"):
        return []
    return [Shortfall(f"{where}.ports", backend, f"nothing is published with network_mode {mode}")]


def _of_deploy(where: str, service: Mapping[str, Any], ask: _Evaluators) -> list[Shortfall]:
    """Members of ``deploy`` that only a scheduler acts on."""
    if service.get("deploy") is None:
        return []
    where = f"{where}.deploy"
    deploy = mapping(service.get("deploy"), where)
    mapping(deploy.get("restart_policy"), f"{where}.restart_policy")
    mapping(mapping(deploy.get("resources"), where).get("reservations"), where)
    return ask.deploy.warnings(deploy, where)


def _of_build(where: str, service: Mapping[str, Any], ask: _Evaluators) -> list[Shortfall]:
    """Members of ``build`` that the engine's builder lacks, in the order of the document."""
    where = f"{where}.build"
    build = mapping(service.get("build"), where)
    members = list(build)
    found = ask.build.warnings(build, where)
    found.sort(key=lambda row: members.index(row.member.removeprefix(f"{where}.")))
    found += ask.build_labels.warnings(build, where)
    return found + _of_build_secrets(f"{where}.secrets", build, ask.backend)


def _of_build_secrets(where: str, build: Mapping[str, Any], backend: str) -> list[Shortfall]:
    """Owners and permissions: the step that mounts a secret says them."""
    rows = [(index, item) for index, item in enumerate(build.get("secrets") or []) if isinstance(item, Mapping)]
    return [
        Shortfall(f"{where}[{index}].{member}", backend, "RUN --mount=type=secret says it in the Dockerfile")
        for index, item in rows
        for member in ("uid", "gid", "mode")
        if item.get(member) not in (None, "")
    ]


def _of_networks(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[Shortfall]:
    names, members = Evaluator(NETWORK_NAME, capabilities, backend), Evaluator(NETWORK, capabilities, backend)
    found = []
    for key in mapping(project.get("networks"), "networks"):
        name, spec = network_spec(project, key)
        if spec:
            where = f"networks.{key}"
            found += [*names.warnings(name, where), *members.warnings(spec, where)]
    return found


def _of_volumes(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[Shortfall]:
    members = Evaluator(VOLUME, capabilities, backend)
    specs = {key: volume_spec(project, key)[1] for key in mapping(project.get("volumes"), "volumes")}
    return [row for key, spec in specs.items() if spec for row in members.warnings(spec, f"volumes.{key}")]


__all__ = ["ANY_SOCKET", "SpecOf", "first_of", "of_objects", "of_services", "refusal", "warnings"]
