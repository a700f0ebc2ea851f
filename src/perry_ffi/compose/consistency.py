"""Whether the enabled services fit together: references, conflicts, cycles. Linear in services and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.normalize import SERVICE
from perry_ffi.errors import DependencyCycle
from perry_ffi.graph import find_cycle

Model = dict[str, Any]


def check_consistency(model: Model, enabled: Mapping[str, Any], disabled: Mapping[str, Any]) -> None:
    """Raise ValidationError or DependencyCycle for the first contradiction among ``enabled`` services.

    ``model`` has the other sections. Where ``scale`` is set beside ``deploy``, ``deploy.replicas`` follows it.
    """
    for name in sorted(enabled):
        service, path = enabled[name], f"services.{name}"
        _image_or_build(service, path)
        _builds(service, path, enabled)
        _networks(service, path, model, enabled, disabled)
        _health(service, path)
        _dependencies(service, path, enabled, disabled)
        _references(service, path, model)
        _scale(service, path)
        _limits(service, path)
        _watches(service, path)
        _targets(service, path)
    for name, secret in model["secrets"].items():
        if not (secret.get("external") or secret.get("file") or secret.get("environment")):
            raise fault(f"secrets.{name}", "nothing says where its content comes from", "file or environment")
    _cycles(enabled)


def _image_or_build(service: Model, path: str) -> None:
    if not ("build" in service or service.get("image") or "provider" in service):
        raise fault(path, "has neither an image nor a build", "image or build")


def _builds(service: Model, path: str, enabled: Mapping[str, Any]) -> None:
    build = service.get("build")
    if build is None:
        return
    if build.get("dockerfile_inline") and build.get("dockerfile"):
        raise fault(f"{path}.build", "dockerfile and dockerfile_inline exclude each other", "one of them")
    for name, context in build.get("additional_contexts", {}).items():
        if context and context.startswith(SERVICE):
            target = enabled.get(context[len(SERVICE) :])
            place = f"{path}.build.additional_contexts.{name}"
            if target is None:
                raise fault(place, f"there is no service {context[len(SERVICE) :]!r}")
            if "build" not in target:
                raise fault(place, f"the service {context[len(SERVICE) :]!r} is not built")
    platforms, platform = build.get("platforms"), service.get("platform")
    if platforms and platform and platform not in platforms:
        raise fault(f"{path}.build.platforms", f"does not hold the service's platform {platform!r}")


def _networks(service: Model, path: str, model: Model, enabled: Mapping[str, Any], disabled: Mapping[str, Any]) -> None:
    mode, networks = service.get("network_mode", ""), service.get("networks", {})
    if mode and networks:
        raise fault(path, "network_mode and networks exclude each other", "one of them")
    for network in networks:
        if network not in model["networks"]:
            raise fault(f"{path}.networks.{network}", f"there is no network {network!r}", "a network of this project")
    if mode.startswith(SERVICE) and mode[len(SERVICE) :] not in enabled:
        raise fault(f"{path}.network_mode", f"there is no service {mode[len(SERVICE) :]!r}")


def _health(service: Model, path: str) -> None:
    test = service.get("healthcheck", {}).get("test")
    if test and test[0] not in ("CMD", "CMD-SHELL", "NONE"):
        raise fault(f"{path}.healthcheck.test", "starts with none of the keywords", "CMD, CMD-SHELL or NONE first")


def _dependencies(service: Model, path: str, enabled: Mapping[str, Any], disabled: Mapping[str, Any]) -> None:
    for name, dependency in service.get("depends_on", {}).items():
        if name in enabled or (name in disabled and not dependency["required"]):
            continue
        place = f"{path}.depends_on.{name}"
        if name in disabled:
            profiles = ", ".join(disabled[name].get("profiles", ()))
            raise fault(place, f"the service {name!r} is disabled", f"one of its profiles enabled: {profiles}")
        raise fault(place, f"there is no service {name!r}", "a service of this project")


def _references(service: Model, path: str, model: Model) -> None:
    for index, mount in enumerate(service.get("volumes", ())):
        source = mount.get("source")
        if mount.get("type") == "volume" and source and source not in model["volumes"]:
            raise fault(f"{path}.volumes[{index}]", f"there is no volume {source!r}", "a volume of this project")
    grants = [("secrets", f"{path}.build.secrets", service.get("build", {}).get("secrets", ()))]
    grants += [(section, f"{path}.{section}", service.get(section, ())) for section in ("configs", "models", "secrets")]
    for section, place, entries in grants:
        for index, entry in enumerate(entries):
            source = entry.get("source", "") if type(entry) is dict else entry
            if source not in model[section]:
                where = f"{place}.{source}" if section == "models" else f"{place}[{index}]"
                raise fault(where, f"there is no {section[:-1]} {source!r}", f"one of the project's {section}")


def _scale(service: Model, path: str) -> None:
    scale, deploy = service.get("scale"), service.get("deploy")
    if scale is not None and deploy is not None:
        if deploy.get("replicas") not in (None, scale):
            raise fault(path, "scale and deploy.replicas differ", "one of them, or the same number")
        _set_replicas(deploy, scale)
    replicas = None if deploy is None else deploy.get("replicas")
    for count, place in ((scale, "scale"), (replicas, "deploy.replicas")):
        if count is not None and count < 0:
            raise fault(f"{path}.{place}", "is negative", "0 or more")
    number = scale if scale is not None else 1 if replicas is None else replicas
    if number > 1 and service.get("container_name"):
        raise fault(f"{path}.container_name", "cannot be given to several containers", "a scale of 1, or no name")


def _set_replicas(deploy: Model, scale: int) -> None:
    members = {"mode": deploy["mode"]} if "mode" in deploy else {}
    members["replicas"] = scale
    members.update({key: value for key, value in deploy.items() if key not in members})
    deploy.clear()
    deploy.update(members)


def _limits(service: Model, path: str) -> None:
    """Limits given twice, once as an attribute of its own and once in ``deploy``, must agree."""
    resources = service.get("deploy", {}).get("resources", {})
    for attribute, section, member in (
        ("cpus", "limits", "cpus"),
        ("mem_limit", "limits", "memory"),
        ("mem_reservation", "reservations", "memory"),
        ("pids_limit", "limits", "pids"),
    ):
        value = service.get(attribute)
        if value is not None and section in resources and resources[section].get(member) != value:
            raise fault(f"{path}.{attribute}", f"differs from deploy.resources.{section}.{member}", "the same value")


def _watches(service: Model, path: str) -> None:
    for index, watch in enumerate(service.get("develop", {}).get("watch", ())):
        if "target" not in watch and watch["action"] not in ("rebuild", "restart"):
            raise fault(f"{path}.develop.watch[{index}]", "has no target", f"target, for the action {watch['action']}")


def _targets(service: Model, path: str) -> None:
    taken: dict[str, str] = {}
    places = [(entry.partition(":")[0], f"{path}.tmpfs[{i}]") for i, entry in enumerate(service.get("tmpfs", ()))]
    places += [(mount.get("target", ""), f"{path}.volumes[{i}]") for i, mount in enumerate(service.get("volumes", ()))]
    for target, place in places:
        if target in taken:
            raise fault(place, f"the target {target!r} is taken by {taken[target]}", "a target of its own")
        taken[target] = place


def check_container_names(services: Mapping[str, Any]) -> None:
    """Raise ValidationError where two services want the same container name."""
    taken: dict[str, str] = {}
    for name in sorted(services):
        wanted = services[name].get("container_name")
        if wanted and wanted in taken:
            raise fault(f"services.{name}.container_name", f"{wanted!r} is also the name of service {taken[wanted]!r}")
        if wanted:
            taken[wanted] = name


def _cycles(enabled: Mapping[str, Any]) -> None:
    edges = {name: sorted(key for key in row.get("depends_on", ()) if key in enabled) for name, row in enabled.items()}
    cycle = find_cycle(edges)
    if cycle:
        raise DependencyCycle(
            f"services.{cycle[0]}.depends_on: services wait for each other: {' -> '.join(cycle)}",
            cycle=cycle,
            path=f"services.{cycle[0]}.depends_on",
        )
