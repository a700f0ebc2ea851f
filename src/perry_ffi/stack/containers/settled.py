"""Whether ``up`` has nothing to do, told from a few lists, of a project that is plain. Pure.

It says yes only where ``plan_up`` would make an empty plan without a note. Whatever takes more than these lists, or is out of the
ordinary, is a no, and is planned. It is there for its cost: most of the time an ``up`` finds nothing to do, and what plans and
carries out takes longer to load than the engine takes to answer.
"""

from __future__ import annotations

from perry_ffi.compose.convert import EXTENSIONS
from perry_ffi.stack import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from perry_ffi.compose.project import Project
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.model.network_info import NetworkInfo
    from perry_ffi.model.volume_info import VolumeInfo

_BEYOND = frozenset(
    (EXTENSIONS, "build", "configs", "links", "provider", "pull_policy", "pull_refresh_after", "secrets", "volumes_from")
)
"""Members of a service that make it depend on files, registries, signatures or other containers."""
_TURNS = ("rollback_config", "update_config")
"""Those of ``deploy`` that are read anew for each plan, and stand in no hash."""
_NAMESPACES = ("ipc", "network_mode", "pid")
_VERIFIES = "x-perry-"


def references(project: Project) -> list[str]:
    """The images of its services, each once; none of a project that is not plain."""
    services = project.services.values()
    if any(name.startswith(_VERIFIES) for name in project.extensions) or not all(map(_is_plain, services)):
        return []
    return list(dict.fromkeys(tree["image"] for tree in services))


def _is_plain(tree: Mapping[str, Any]) -> bool:
    joins = any(str(tree.get(member) or "").startswith(("container:", "service:")) for member in _NAMESPACES)
    turns = any(member in (tree.get("deploy") or {}) for member in _TURNS)
    return bool(tree.get("image")) and _BEYOND.isdisjoint(tree) and not joins and not turns


def named_volumes(project: Project) -> dict[str, str]:
    """The names in the engine of the volumes that its services have, by their keys in the file."""
    return _names(project.volumes, [key for tree in project.services.values() for key in _volume_keys(tree)])


def is_settled(
    project: Project,
    containers: Iterable[ContainerInfo],
    networks: Iterable[NetworkInfo],
    volumes: Iterable[VolumeInfo],
    images: Mapping[str, str],
) -> bool:
    """Of a project that is plain. containers, volumes: those with its label. networks: all that there are. images: the id of each."""
    rows: dict[str, list[ContainerInfo]] = {name: [] for name in project.services}
    for info in containers:
        if identity.is_of(info.labels, project.name):
            rows.setdefault(identity.label(info.labels, identity.SERVICE) or "", []).append(info)
    if len(rows) > len(project.services):
        return False  # Orphans are told of, or removed.
    ids = _network_ids(project, list(networks))
    return (
        ids is not None
        and _has_volumes(project, list(volumes))
        and all(_is_as_wanted(project, name, rows[name], ids, images[tree["image"]]) for name, tree in project.services.items())
    )


def _network_ids(project: Project, there: Sequence[NetworkInfo]) -> dict[str, str] | None:
    """The ids of the networks that services are on, by name in the engine; None where one is missing, changed or not the only one."""
    found = {}
    for key, name in _names(
        project.networks, [key for tree in project.services.values() for key in tree.get("networks") or ()]
    ).items():
        rows = [info for info in there if info.name == name]
        if len(rows) != 1 or not _is_same(project, project.networks.get(key) or {}, rows[0].labels):
            return None
        found[name] = rows[0].id
    return found


def _has_volumes(project: Project, there: Sequence[VolumeInfo]) -> bool:
    labels = {info.name: info.labels for info in there}
    rows = ((project.volumes.get(key) or {}, labels.get(name)) for key, name in named_volumes(project).items())
    return all(told is not None and not row.get("external") and _is_same(project, row, told) for row, told in rows)


def _is_same(project: Project, definition: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether what has these labels is the project's own and as it is defined, or is somebody else's and shall be."""
    if definition.get("external"):
        return True
    own = identity.label(labels, identity.PROJECT) == project.name
    return own and labels.get(identity.CONFIG_HASH) == identity.resource_hash(definition)


def _is_as_wanted(project: Project, service: str, rows: Sequence[ContainerInfo], networks: Mapping[str, str], image: str) -> bool:
    """Whether the containers of a service are as many as there shall be, and each one is right and runs."""
    tree = project.services[service]
    joined = _names(project.networks, tree.get("networks") or {})
    digest = identity.config_hash(tree, networks=joined, volumes=_names(project.volumes, _volume_keys(tree)))
    needed = {name: networks[name] for name in joined.values()}
    numbers = {identity.number_of(info.labels) for info in rows}
    return (
        len(rows) == len(numbers) == project.replicas(service)
        and all(info.labels.get(identity.CONFIG_HASH) == digest for info in rows)
        and all(_stays(info, identity.container_name(project.name, service, identity.number_of(info.labels), tree.get("container_name")))
                for info in rows)
        and all((info.labels.get(identity.IMAGE) or info.image_id) == image for info in rows)
        and all(_is_on(info, needed) for info in rows)
    )  # fmt: skip


def _stays(info: ContainerInfo, name: str) -> bool:
    labels = info.labels
    lasting = identity.number_of(labels) > 0 and (identity.label(labels, identity.ONE_OFF) or "").lower() != "true"
    runs = info.status == "running" and not info.stopping
    return lasting and runs and info.name == name and not any(mount.nameless for mount in info.mounts)


def _is_on(info: ContainerInfo, networks: Mapping[str, str]) -> bool:
    """Whether it is on these very networks; podman tells the name for the id."""
    return all(name in info.networks and info.networks[name].network_id in ("", name, ident) for name, ident in networks.items())


def _names(rows: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    return {key: (rows.get(key) or {}).get("name") or key for key in keys}


def _volume_keys(tree: Mapping[str, Any]) -> list[str]:
    return [row["source"] for row in tree.get("volumes") or () if row.get("type") == "volume" and row.get("source")]
