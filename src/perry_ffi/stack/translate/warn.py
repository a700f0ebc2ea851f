"""What of a project a backend will not honour, by name, before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.errors import Unsupported
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.service_members import MEMBERS, Member, ServiceWarning
from perry_ffi.model.values import is_plain_label, is_plain_network_name
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.document import entries, mapping, service_of
from perry_ffi.stack.translate.files import with_a_difference
from perry_ffi.stack.translate.hooks import hooks
from perry_ffi.stack.translate.names import linked_as
from perry_ffi.stack.translate.objects import NETWORK_MEMBERS, lacking, network_spec, odd_volume_labels, volume_spec
from perry_ffi.stack.translate.refresh import refresh_after
from perry_ffi.stack.translate.storage import of_another_kind

if TYPE_CHECKING:
    from perry_ffi.model.service import ServiceSpec

ANY_SOCKET = ApiSocket("/api.sock", "/run/api.sock", "API_CONFIG", "/run/secrets/api")
"""Of an engine that is not known: who looks for what an engine lacks translates services that are given its API, too."""
_SCHEDULER = "one machine's engine has no scheduler"
_DEPLOY: Mapping[str, str] = {
    "endpoint_mode": "only a swarm has virtual addresses",
    "labels": "they are of a swarm's service, no container gets them",
    "placement": _SCHEDULER,
    "rollback_config": "replicas are replaced as a transaction that rolls back by itself",
    "update_config": "replicas are replaced as a transaction",
}
_POLICY: Mapping[str, str] = {
    "delay": "the engine's own delays hold",
    "window": "the engine's own sense of a successful start holds",
}
_HARMLESS = (("isolation", "default"), ("network", "host"), ("network", "default"))
_ONE_PLATFORM = Capability(Support.UNSUPPORTED, "one image is built: for the service's platform, or the engine's own")

Lacking = tuple[Member, Capability]
"""A member that an engine does not honour, or not fully, and what it declares of it."""

SpecOf = Callable[[str], "ServiceSpec"]


def warnings(
    project: Mapping[str, Any],
    capabilities: Capabilities,
    *,
    backend: str = "the engine",
    strict: bool = False,
    services: list[str] | None = None,
) -> list[ServiceWarning]:
    """Members of the project that are not honoured, or not fully, in the order of the document.

    services: those that are looked at, absent: all. strict: whether the first is raised. Pure. Raises Unsupported for a
    member without which a container would see other data or be less isolated than the file says, and what translating
    raises for a project that cannot be translated.
    """
    looked_at = list(mapping(project.get("services"), "services")) if services is None else services
    rows = of_services(project, capabilities, backend, looked_at, _first_of(project))
    found = [warning for _, _, own in rows for warning in own] + of_objects(project, capabilities, backend)
    if strict and found:
        raise refusal(found[0])
    return found


def of_services(
    project: Mapping[str, Any], capabilities: Capabilities, backend: str, services: list[str], spec_of: SpecOf
) -> Iterator[tuple[str, ServiceSpec, list[ServiceWarning]]]:
    """One service after the other: its first container, as ``spec_of`` gives it, and what of it is not honoured."""
    lacking_members = _lacking_members(capabilities)
    for service in services:
        document, where = service_of(project, service), f"services.{service}"
        hooks(project, service)
        spec = spec_of(service)
        found = _of_spec(where, spec, lacking_members, backend)
        found += _of_pulls(f"{where}.pull_policy", document.get("pull_policy") or "", capabilities, backend)
        found += _of_mounts(f"{where}.volumes", document.get("volumes"), backend)
        found += [ServiceWarning(path, backend, reason) for path, reason in with_a_difference(project, service)]
        found += _of_ports(where, document, backend)
        found += _of_deploy(where, document, backend)
        found += _of_build(where, document, capabilities, backend)
        yield service, spec, found


def of_objects(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[ServiceWarning]:
    """What of the networks and volumes is not honoured."""
    return _of_networks(project, capabilities, backend) + _of_volumes(project, capabilities, backend)


def _first_of(project: Mapping[str, Any]) -> SpecOf:
    known = linked_as(project)

    def spec_of(service: str) -> ServiceSpec:
        image = image_name(project, service)
        return service_spec(project, service, 1, image=image, labels={}, linked=known, api_socket=ANY_SOCKET)

    return spec_of


def refusal(warning: ServiceWarning) -> Unsupported:
    """The error that strict mode makes of a warning."""
    return Unsupported(
        f"{warning.member}: {warning.backend} cannot honour it: {warning.reason}",
        member=warning.member, path=warning.member, backend=warning.backend, reason=warning.reason,
    )  # fmt: skip


def _lacking_members(capabilities: Capabilities) -> list[Lacking]:
    known = ((member, capabilities.of(name)) for name, member in MEMBERS.items())
    return [(member, found) for member, found in known if found.support not in (Support.NATIVE, Support.EMULATED)]


def _of_spec(where: str, spec: ServiceSpec, lacking_members: list[Lacking], backend: str) -> list[ServiceWarning]:
    found: list[ServiceWarning] = []
    for member, capability in lacking_members:
        named = [ServiceWarning(f"{where}.{path}", backend, capability.reason) for path in member.found(spec)]
        if named and member.without is None and capability.support is Support.UNSUPPORTED:
            raise refusal(named[0])
        found += named
    return found


def _of_pulls(where: str, policy: str, capabilities: Capabilities, backend: str) -> list[ServiceWarning]:
    """A period that nobody names, or that the engine does not keep the time for."""
    if policy == "refresh":
        return [ServiceWarning(where, backend, "it names no period: the image is pulled where it is missing")]
    capability = capabilities.of("ServiceSpec.pull_policy.period")
    aged = refresh_after(policy) is not None and capability.support is Support.UNSUPPORTED
    return [ServiceWarning(where, backend, capability.reason)] if aged else []


def _of_mounts(where: str, volumes: Any, backend: str) -> list[ServiceWarning]:
    """Options of another kind of mount than the one that has them."""
    rows = enumerate(entries(volumes, where))
    return [
        ServiceWarning(member, backend, reason)
        for index, item in rows
        for member, reason in of_another_kind(item, f"{where}[{index}]")
    ]


def _of_ports(where: str, service: Mapping[str, Any], backend: str) -> list[ServiceWarning]:
    """Ports of a service on the host's network, or on none: engines drop them."""
    mode = service.get("network_mode")
    if mode not in ("host", "none") or not service.get("ports"):
        return []
    return [ServiceWarning(f"{where}.ports", backend, f"nothing is published with network_mode {mode}")]


def _of_deploy(where: str, service: Mapping[str, Any], backend: str) -> list[ServiceWarning]:
    """Members of ``deploy`` that only a swarm acts on."""
    where = f"{where}.deploy"
    deploy = mapping(service.get("deploy"), where)
    found = [(f"{where}.{member}", reason) for member, reason in _DEPLOY.items() if deploy.get(member)]
    if deploy.get("mode") not in (None, "", "replicated"):
        found.append((f"{where}.mode", "one machine's engine has replicated services only"))
    policy = mapping(deploy.get("restart_policy"), f"{where}.restart_policy")
    found += [(f"{where}.restart_policy.{member}", why) for member, why in _POLICY.items() if policy.get(member)]
    if policy.get("max_attempts") and policy.get("condition") not in ("on-failure",):
        found.append((f"{where}.restart_policy.max_attempts", "engines count attempts of on-failure only"))
    reserved = mapping(mapping(deploy.get("resources"), where).get("reservations"), where)
    for member in ("cpus", "generic_resources"):
        if reserved.get(member):
            found.append((f"{where}.resources.reservations.{member}", _SCHEDULER))
    return [ServiceWarning(member, backend, reason) for member, reason in found]


def _of_build(where: str, service: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[ServiceWarning]:
    """Members of ``build`` that the engine's builder lacks; a build that needs one is refused when it begins."""
    build = mapping(service.get("build"), f"{where}.build")
    found = []
    for member, value in build.items():
        capability = capabilities.of(f"BuildSpec.{member}")
        if member in ("provenance", "sbom"):
            capability = Capability(Support.UNSUPPORTED, "only BuildKit attests its images")
        if member == "platforms":
            capability = _ONE_PLATFORM
        several = member != "platforms" or not isinstance(value, list) or len(value) > 1
        used = value and several and (member, value) not in _HARMLESS and str(value) != "false"
        if used and capability.support in (Support.PARTIAL, Support.UNSUPPORTED):
            found.append(ServiceWarning(f"{where}.build.{member}", backend, capability.reason))
    names = capabilities.of("BuildSpec.labels.names")
    if names.support is Support.UNSUPPORTED and not all(map(is_plain_label, build.get("labels") or {})):
        found.append(ServiceWarning(f"{where}.build.labels", backend, names.reason))
    return found + _of_build_secrets(f"{where}.build.secrets", build, backend)


def _of_build_secrets(where: str, build: Mapping[str, Any], backend: str) -> list[ServiceWarning]:
    """Owners and permissions: the step that mounts a secret says them."""
    rows = [(index, item) for index, item in enumerate(build.get("secrets") or []) if isinstance(item, Mapping)]
    return [
        ServiceWarning(f"{where}[{index}].{member}", backend, "RUN --mount=type=secret says it in the Dockerfile")
        for index, item in rows
        for member in ("uid", "gid", "mode")
        if item.get(member) not in (None, "")
    ]


def _of_networks(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[ServiceWarning]:
    found = []
    for key in mapping(project.get("networks"), "networks"):
        name, spec = network_spec(project, key)
        names = capabilities.of("NetworkSpec.names")
        if spec and names.support is Support.UNSUPPORTED and not is_plain_network_name(name):
            raise refusal(ServiceWarning(f"networks.{key}.name", backend, names.reason))
        for member, path, reason in lacking(spec, capabilities) if spec else ():
            warning = ServiceWarning(f"networks.{key}.{path}", backend, reason)
            if spec and NETWORK_MEMBERS[member].isolating(spec, path):
                raise refusal(warning)
            found.append(warning)
    return found


def _of_volumes(project: Mapping[str, Any], capabilities: Capabilities, backend: str) -> list[ServiceWarning]:
    specs = {key: volume_spec(project, key)[1] for key in mapping(project.get("volumes"), "volumes")}
    reasons = {key: odd_volume_labels(spec, capabilities) for key, spec in specs.items() if spec}
    return [ServiceWarning(f"volumes.{key}.labels", backend, reason) for key, reason in reasons.items() if reason]
