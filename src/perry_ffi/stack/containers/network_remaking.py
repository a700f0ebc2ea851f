"""Networks that are made anew because their definitions changed, and when that is refused. Pure.

An engine changes no network: it goes, with whatever is on it stopped and taken off it, and another one takes its name. What
cannot be taken along (somebody else's container, an orphan that is to stay) is a reason to refuse, before anything stops.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from perry_ffi.errors import Conflict, ValidationError
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.stack.containers.namespace_conflicts import remedy_for
from perry_ffi.stack.desired import Definition, Desired
from perry_ffi.stack.observed import Observed, Replica, Resource
from perry_ffi.stack.options import Up
from perry_ffi.stack.subnets import address_of, overlap, pools

SHOWN = 10
"""So many containers are named in a message."""


@dataclass(frozen=True)
class Outgoing:
    """A network that goes. key: of the file; of one that the file no longer has, that of the one that takes its addresses.

    why: in words. again: whether one of its name is made.
    """

    network: Resource
    key: str
    why: str
    again: bool

    @property
    def cause(self) -> str:
        """Of the steps that take containers off it."""
        return f"network {self.network.name} is made anew" if self.again else f"network {self.network.name} goes"


def changed(desired: Desired, observed: Observed) -> dict[str, str]:
    """The networks of the project, by name, that are not as the file defines them; each with its key in the file."""
    found: dict[str, str] = {}
    same: set[str] = set()
    for key, wanted in desired.networks.items():
        network = observed.networks.get(wanted.name)
        if wanted.external or network is None or network.project != desired.project:
            continue
        if wanted.differs(network.config_hash, network.peer_hash):
            found.setdefault(wanted.name, key)
        else:
            same.add(wanted.name)
    return {name: key for name, key in found.items() if name not in same}


def leaves_networks(options: Up, abilities: EngineAbilities) -> bool:
    """Whether networks whose definitions changed stay as they are."""
    return options.keep_networks or not options.containers or not abilities.replaces_networks


def outgoing(desired: Desired, observed: Observed, options: Up) -> dict[str, Outgoing]:
    """The networks that go, by name: those that are made anew, and what the file no longer has where it is in their way."""
    if leaves_networks(options, observed.abilities):
        return {}
    keys = changed(desired, observed)
    found = {name: Outgoing(observed.networks[name], key, "its definition changed", True) for name, key in keys.items()}
    unused = [row for row in observed.others if row.project == desired.project and row.name not in desired.network_names]
    for key, wanted in _made(desired, observed, found):
        for other in unused:
            if other.name not in found and overlap(wanted.subnets, pools(other.subnets)):
                found[other.name] = Outgoing(other, key, f"{wanted.name} takes addresses of {other.name}", False)
    return found


def users(going: Mapping[str, Outgoing], row: Replica) -> list[Outgoing]:
    """Those of the networks that go which a container is on."""
    return [going[name] for name in row.networks if name in going]


def followers(desired: Desired, observed: Observed, options: Up) -> dict[str, int]:
    """Services that nobody asked for, but whose containers are on a network that goes: the last number of each."""
    going = outgoing(desired, observed, options)
    found: dict[str, int] = {}
    for row in observed.containers if going else ():
        asked = row.service in desired.services and row.service not in desired.followers
        if not row.one_off and not asked and users(going, row):
            found[row.service] = max(found.get(row.service, 0), row.number)
    return found


# -- refusals ---------------------------------------------------------------------------------------


def refuse_unsafe(
    desired: Desired, observed: Observed, options: Up, going: Mapping[str, Outgoing], ending: Container[str]
) -> None:
    """Raises Conflict where something that stays is on a network that goes, or where the new one could not be made.

    ending: the ids of the containers that go. ValidationError for an address that is on no subnet of the new network.
    """
    for name, one in going.items():
        if strangers := observed.strangers.get(name):
            remedy = f"remove {_names(strangers)}, or disconnect what it is from {name}, first"
            raise _refusal(one, strangers, "which is not of this project", remedy)
        for row in observed.containers:
            if name in row.networks and row.id not in ending:
                raise _refusal(one, [row.name], "which would stay", remedy_for(row, desired, options))
    _refuse_overlaps(desired, observed, going)
    _refuse_addresses(desired, going)


def _refusal(one: Outgoing, names: Sequence[str], whose: str, remedy: str) -> Conflict:
    what = "made anew" if one.again else "removed"
    return Conflict(
        f"networks.{one.key}: {one.why}, so {one.network.name} would be {what}, and {_names(names)}, {whose}, is on it",
        network=one.network.name, containers=list(names), remedy=remedy,
    )  # fmt: skip


def _refuse_overlaps(desired: Desired, observed: Observed, going: Mapping[str, Outgoing]) -> None:
    """Two bridges of one engine share no address."""
    others = {row.name: pools(row.subnets) for row in (*observed.others, *observed.networks.values())
              if row.driver == "bridge" and row.name not in going}  # fmt: skip
    for key, wanted in _made(desired, observed, going):
        for other, taken in others.items():
            if overlap(wanted.subnets, taken):
                own, theirs = (", ".join(map(str, rows)) for rows in (wanted.subnets, taken))
                raise Conflict(
                    f"networks.{key}: its addresses ({own}) overlap with those of the network {other} ({theirs}), which stays",
                    network=wanted.name, remedy=f"give networks.{key} another subnet, or remove {other} first",
                )  # fmt: skip
        others[wanted.name] = wanted.subnets


def _refuse_addresses(desired: Desired, going: Mapping[str, Outgoing]) -> None:
    subnets = {one.network.name: (one.key, desired.networks[one.key].subnets) for one in going.values() if one.again}
    for service in desired.services.values():
        for name, given in sorted(service.addresses):
            key, own = subnets.get(name, ("", ()))
            address = address_of(given)
            if own and address is not None and not any(address in pool for pool in own):
                where = f"services.{service.name}.networks.{key}"
                raise ValidationError(
                    f"{where}: the address {given} is on no subnet of networks.{key}", path=where,
                    expected="an address of " + " or ".join(map(str, own)),
                )  # fmt: skip


def _names(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _made(desired: Desired, observed: Observed, going: Container[str]) -> Iterator[tuple[str, Definition]]:
    """The bridges that are to be made, each with its key and once; two keys may name one."""
    seen: set[str] = set()
    for key, wanted in desired.networks.items():
        made = not wanted.external and (wanted.name not in observed.networks or wanted.name in going)
        if made and wanted.bridge and wanted.name not in seen:
            seen.add(wanted.name)
            yield key, wanted
