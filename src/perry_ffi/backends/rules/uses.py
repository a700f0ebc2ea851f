"""What a spec uses of all that engines may lack, or leave to the library: for the choice of an engine.

The tables are those by which a spec is refused or warned of, and so the choice and the refusal cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.rules import container, tmpfs
from perry_ffi.backends.rules.labels import LABELS
from perry_ffi.backends.rules.machines import MACHINE_CONTAINER
from perry_ffi.backends.rules.member import Member, Members, Valued, below
from perry_ffi.backends.rules.programs import PROGRAM_CONTAINER

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec


class Part(NamedTuple):
    """Something of what is asked for, and the table of its members. forms: the ways in which it can be said, one of which an
    engine has to honour.
    """

    members: Members[Any]
    forms: tuple[Any, ...]


def lacking(part: Part, capabilities: Capabilities, accepted: frozenset[Support]) -> Mapping[str, Capability]:
    """What the part uses, in each of its forms, that is honoured in no ``accepted`` way: by name, of the first form."""
    first: dict[str, Capability] | None = None
    for form in part.forms:
        found = dict(_lacking(part.members, form, capabilities, accepted))
        if not found:
            return found
        first = first or found
    return first or {}


def _lacking(
    members: Members[Any], form: Any, capabilities: Capabilities, accepted: frozenset[Support]
) -> Iterator[tuple[str, Capability]]:
    for name, entry in members.items():
        capability = capabilities.of(name)
        if capability.support not in accepted:
            member = entry.knowing(capability.knows) if isinstance(entry, Valued) else entry
            if member.found(form):
                yield name, capability


def of_container(spec: ContainerSpec) -> list[Part]:
    """Of a container that is asked for by itself."""
    return [
        Part(_whole(), (spec,)),
        *(Part(container.ATTACHMENT, (item,)) for item in spec.networks),
        *(Part(container.MOUNT, (mount,)) for mount in spec.volumes),
        *(Part(container.TMPFS, _words(options, spec.user)) for options in spec.tmpfs.values()),
    ]


def _words(options: str, user: str | None) -> tuple[str, ...]:
    """Of a tmpfs that is to be the container's own user's, also podman's word for him."""
    own = tmpfs.owner(options, user) in (tmpfs.Owner.USER, tmpfs.Owner.USER_BUT_GROUP)
    return (options, tmpfs.for_own_user(options, user)) if own else (options,)


def _given(member: str) -> Member[ContainerSpec]:
    return Member(lambda spec: [member] if getattr(spec, member) else [])


def _security(key: str) -> Member[ContainerSpec]:
    return Member(lambda spec: ["security_opt"] if any(re.match(f"{key}[=:]", item) for item in spec.security_opt) else [])


_SEEN: Members[ContainerSpec] = {
    **{name: _given(name) for name in ("platform", "healthcheck", "ulimits")},
    "networks.mac_address": Member(lambda spec: ["networks"] if any(item.mac_address for item in spec.networks[1:]) else []),
    "labels.names": LABELS,
    **{f"security_opt.{key}": _security(key) for key in ("mask", "unmask", "proc-opts")},
}
"""What no table has for which specs are refused: what the library does itself, and what is refused as its words are made."""


@lru_cache(maxsize=1)
def _whole() -> Members[ContainerSpec]:
    own = below(container.PREFIX, _SEEN)
    return {**container.CONTAINER, **container.DNS, **MACHINE_CONTAINER, **PROGRAM_CONTAINER, **own}


__all__ = ["Part", "lacking", "of_container"]
