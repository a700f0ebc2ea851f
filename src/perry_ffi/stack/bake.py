"""The builds of a project as a definition for ``docker buildx bake``. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.graph import reachable
from perry_ffi.stack import identity
from perry_ffi.stack.desired import build_edges
from perry_ffi.stack.services import require_services
from perry_ffi.stack.translate.build import SERVICE, build_spec, built_from

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.build_values import BuildSecret
    from perry_ffi.model.image import BuildSpec


def bake_file(
    project: Project, services: Sequence[str] | None, changed: Callable[[BuildSpec], BuildSpec], *, push: bool = False
) -> dict[str, Any]:
    """Of ``services`` (``None`` all) and of those whose images theirs are built from. push: the images go to their registries.

    Raises NotFound for a service that the project does not have, DependencyCycle, and what a bad build raises.
    """
    require_services(services, project.services)
    building = [name for name, tree in project.services.items() if "build" in tree]
    asked = [name for name in building if services is None or name in services]
    needed = set(reachable(build_edges(project), asked))
    targets = {name: _target(project, name, changed, push) for name in building if name in needed}
    return {"group": {"default": {"targets": asked}}, "target": targets}


def _target(project: Project, service: str, changed: Callable[[BuildSpec], BuildSpec], push: bool) -> dict[str, Any]:
    spec, names = build_spec(project.to_dict(), service, identity.project_labels(project.name), project.contents)
    spec = changed(spec)
    contexts = dict(spec.additional_contexts)
    own = project.services[service]["build"].get("additional_contexts") or {}
    contexts |= {name: f"target:{value.removeprefix(SERVICE)}" for name, value in own.items() if value.startswith(SERVICE)}
    found = {
        "context": spec.context,
        "contexts": contexts if contexts or built_from(project.services[service]) else {},
        "dockerfile": None if spec.dockerfile_inline else spec.dockerfile,
        "dockerfile-inline": spec.dockerfile_inline,
        "args": dict(spec.args),
        "labels": dict(spec.labels),
        "tags": [*spec.tags, *names],
        "cache-from": list(spec.cache_from),
        "target": spec.target,
        "secret": [_secret(project, service, row) for row in spec.secrets],
        "ssh": [f"{row.id}={row.socket}" if row.socket else row.id for row in spec.ssh],
        "platforms": [spec.platform] if spec.platform else list(spec.platforms),
        "pull": spec.pull or None,
        "no-cache": spec.no_cache or None,
        "network": spec.network,
        "shm-size": str(spec.shm_size) if spec.shm_size else None,
        "ulimits": [_ulimit(row) for row in spec.ulimits],
        "extra-hosts": dict(_host(row) for row in spec.extra_hosts),
        "entitlements": list(spec.entitlements),
        "output": ["type=registry" if push else "type=docker"],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [], {})}


def _secret(project: Project, service: str, row: BuildSecret) -> str:
    """Where it is, never what is in it: a file, or the variable that the project takes it from."""
    if row.file:
        return f"id={row.id},type=file,src={row.file}"
    variable = row.environment
    for item in project.services[service]["build"].get("secrets") or ():
        use = {"source": item} if isinstance(item, str) else item
        if (use.get("target") or use["source"]) == row.id:
            variable = variable or (project.secrets.get(use["source"]) or {}).get("environment") or ""
    return f"id={row.id},type=env,env={variable}"


def _ulimit(row: Any) -> str:
    return f"{row.name}={row.soft}:{row.hard}"


def _host(text: str) -> tuple[str, str]:
    name, _, address = text.partition(":")
    return name, address
