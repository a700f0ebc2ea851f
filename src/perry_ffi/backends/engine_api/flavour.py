"""What the payload modules share: the two flavours, and how a member is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NoReturn

from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.values import is_plain_label

Flavour = Literal["docker", "podman"]
ApiVersion = tuple[int, int]
"""What tells the abilities of an engine: the version of the API that docker speaks, podman's own."""
DEFAULT_API: ApiVersion = (1, 41)
MANY_ENDPOINTS_API: ApiVersion = (1, 44)
"""From here on docker takes every network, and a MAC address on each, at creation."""
LATER_MAC_API: ApiVersion = (1, 54)
"""From here on docker takes a MAC address on a network that is joined after the creation; before it drops it in silence."""


def refuse_member(member: str, flavour: Flavour, reason: str) -> NoReturn:
    """Raises Unsupported for a member of a model that this engine cannot honour."""
    raise Unsupported(f"{member}: {flavour} cannot honour it: {reason}", member=member, backend=flavour, reason=reason)


def check_labels(labels: Mapping[str, str], what: str, flavour: Flavour) -> None:
    """Podman splits a label at its first ``=``: a name that holds one would become another label, and it takes no empty one."""
    if flavour == "podman" and not all(is_plain_label(name) for name in labels):
        path = f"{what}.labels"
        raise ValidationError(f"{path}: expected names without = on {flavour}", path=path, expected="names without =")
