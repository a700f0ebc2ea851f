"""Containers that stay, in the namespaces of one that goes or starts again: they would be cut off. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict
from perry_ffi.stack.containers.divergence import IMAGE_ANEW, SCALED_DOWN, Decisions
from perry_ffi.stack.desired import Desired
from perry_ffi.stack.observed import Observed, Replica
from perry_ffi.stack.options import Up


def refuse_stranded(desired: Desired, observed: Observed, options: Up, decided: Decisions) -> None:
    """Raises Conflict where a container that stays would lose the namespaces it is in; Podman could not even do it.

    A container that may yet turn out to stay, because its image comes out the same, is no reason.
    """
    gone = {row.id for row, _ in decided.going()}
    ending = {row.id: (row, "removed" if why == SCALED_DOWN else "replaced") for row, why in decided.going() if why != IMAGE_ANEW}
    again = {row.id: (row, "started again") for row in _started_again(decided)}
    for row in observed.containers:
        planned = row.service in desired.services and not row.one_off
        if row.id in gone or not (planned or _stays(row, desired, options)):
            continue
        # What is planned starts again with the other.
        losing = ending if planned else {**again, **ending}
        for ident in sorted(row.joined & losing.keys()):
            other, what = losing[ident]
            raise Conflict(
                f"services.{other.service}: {other.name} would be {what}, and {row.name} would stay and is in its namespaces",
                service=other.service, container=other.name, joined=row.name, remedy=remedy_for(row, desired, options),
            )  # fmt: skip


def _started_again(decided: Decisions) -> Iterator[Replica]:
    for name in decided.again:
        for place in decided.places[name]:
            if place.number == 1 and place.row is not None and place.row.running:
                yield place.row


def _stays(row: Replica, desired: Desired, options: Up) -> bool:
    """Whether a container that is of no service that is planned will still be there."""
    if row.one_off:
        return not (row.transaction or (options.remove_orphans and row.left_by_run))
    return not (options.remove_orphans and row.service not in desired.known)


def remedy_for(row: Replica, desired: Desired, options: Up) -> str:
    """What can be done about a container that would stay."""
    if row.one_off:
        return f"remove {row.name} first"
    if row.service in desired.services and row.service not in desired.followers:
        if options.no_recreate:
            return Advice("let it be made anew, without {}", Option("noRecreate"))
        return Advice("scale {} to 0 too: {}", row.service, Option("scale", {row.service: 0}))
    if row.service in desired.known:
        return f"bring {row.service} up too, or remove {row.name} first"
    return Advice("{} takes it away, or remove {} first", Option("removeOrphans"), row.name)
