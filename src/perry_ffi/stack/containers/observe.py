"""All that a plan compares with what is wanted, read once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.errors import NotFound
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.stack import identity
from perry_ffi.stack.observe import namespaces_of, read_replicas
from perry_ffi.stack.observed import Differs, Observed, Replica, Resource, network_row, volume_row

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.image import ImageDetails

_NOTHING: Mapping[str, float] = {}
_NO_NETWORKS: Mapping[str, Differs | None] = {}


async def observe(
    backend: Backend,
    project: str,
    *,
    networks: Mapping[str, Differs | None] = _NO_NETWORKS,
    volumes: Iterable[str] = (),
    images: Iterable[str] = (),
    refresh: Mapping[str, float] = _NOTHING,
    joined: Iterable[str] = (),
    planned: Mapping[str, str] | None = None,
    verified: Container[str] = (),
) -> Observed:
    """Reads what the engine holds of ``project``, and the networks, volumes and images that are named.

    networks: by name, whether it is not as it shall be, as ``Differs`` tells; ``None`` of an external one. refresh: after how
    many seconds an image is stale, by reference. joined: the services of which it is read whose namespaces they are in, and
    since when they run. planned: the config hash of each service; it is read too of containers that have another, or are of
    no service of these. verified: the images of which all is read. Only reads. Raises what the backend raises; only the engine's own
    "not found" counts as absence.
    """
    found_networks: dict[str, Resource] = {}
    same: dict[str, list[Resource]] = {}
    found_volumes: dict[str, Resource] = {}
    found_images: dict[str, str | None] = {}
    found_details: dict[str, ImageDetails] = {}
    stale: set[str] = set()
    containers: list[Replica] = []

    async def read_containers() -> None:
        rows, asked = await read_replicas(backend, project), set(joined)
        looked = {row.id for row in rows if _is_looked_at(row, asked, planned)}
        containers.extend(await namespaces_of(backend, rows, looked))

    others: list[Resource] = []

    async def read_networks() -> None:
        for info in await backend.list_networks() if networks else ():
            if info.name in networks:
                same.setdefault(info.name, []).append(network_row(info))
            else:
                others.append(network_row(info))

    async def read_volume(name: str) -> None:
        try:
            info = await backend.inspect_volume(name)
        except NotFound:
            return
        found_volumes[name] = volume_row(info)

    aging = _aging(backend, refresh) if refresh else refresh

    async def read_image(reference: str) -> None:
        if reference in verified:
            found_images[reference] = None
            with suppress(NotFound):
                found_details[reference] = details = await backend.inspect_image(reference)
                found_images[reference] = details.id
        else:
            found_images[reference] = await backend.image_id(reference)
        if found_images[reference] and reference in aging and await _is_older(backend, reference, aging[reference]):
            stale.add(reference)

    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(read_containers)
            group.start_soon(read_networks)
            for name in set(volumes):
                group.start_soon(read_volume, name)
            for reference in set(images):
                group.start_soon(read_image, reference)
    duplicates: list[Resource] = []
    for name, rows in same.items():
        found_networks[name], more = await _told_apart(backend, project, rows)
        duplicates += more
    may_go = _may_go(project, networks, found_networks, others)
    return Observed(
        tuple(containers), found_networks, found_volumes, found_images, frozenset(stale), tuple(duplicates),
        EngineAbilities.of(backend), tuple(others) if may_go else (),
        await _strangers(backend, project, may_go) if may_go else {}, found_details,
    )  # fmt: skip


def _aging(backend: Backend, refresh: Mapping[str, float]) -> Mapping[str, float]:
    """``refresh``, where the engine tells ages."""
    from perry_ffi.stack.image_age import tells_ages  # Hardly a project asks for it.

    return refresh if tells_ages(backend) else _NOTHING


async def _is_older(backend: Backend, reference: str, seconds: float) -> bool:
    from perry_ffi.stack.image_age import image_age

    return await image_age(backend, reference) > seconds


def _may_go(
    project: str, wanted: Mapping[str, Differs | None], found: Mapping[str, Resource], others: Iterable[Resource]
) -> set[str]:
    """The networks of the project that are not as they shall be, and those that may be in the way of one that is to be made."""
    own = {name: row for name, row in found.items() if row.project == project}
    changed = {n for n, differs in wanted.items() if n in own and differs and differs(own[n].config_hash, own[n].peer_hash)}
    makes = changed or any(name not in found for name, differs in wanted.items() if differs)
    return changed | {row.name for row in others if row.project == project} if makes else set()


async def _strangers(backend: Backend, project: str, networks: Container[str]) -> dict[str, tuple[str, ...]]:
    """The containers that are not the project's own on each of ``networks``, by name."""
    found: dict[str, list[str]] = {}
    for info in await backend.list_containers(all=True):
        if not identity.is_of(info.labels, project):
            for name in info.networks:
                if name in networks:
                    found.setdefault(name, []).append(info.name)
    return {name: tuple(sorted(names)) for name, names in found.items()}


async def _told_apart(backend: Backend, project: str, rows: list[Resource]) -> tuple[Resource, list[Resource]]:
    """Of networks that have one name: the one that counts, and those of the project that nothing is on."""
    if len(rows) == 1:
        return rows[0], []
    used = [row for row in rows if row.project != project or (await backend.inspect_network(row.id)).containers]
    first = (used or rows)[0]
    return first, [row for row in rows if row not in used and row is not first]


def _is_looked_at(row: Replica, joined: set[str], planned: Mapping[str, str] | None) -> bool:
    if planned is not None and (row.one_off or row.config_hash != planned.get(row.service)):
        return True
    return row.service in joined and not row.one_off
