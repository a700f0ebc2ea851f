"""The pure choice of a backend for a spec, by what the engines declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.declared import of_names
from perry_ffi.backends.rules.uses import used_members
from perry_ffi.errors import ValidationError

_ACCEPTED: Mapping[str, frozenset[Support]] = {
    "strict": frozenset({Support.NATIVE}),
    "warn": frozenset({Support.NATIVE, Support.EMULATED}),
    "lenient": frozenset({Support.NATIVE, Support.EMULATED, Support.PARTIAL}),
}
_MODES: Mapping[str, str] = {
    **{mode: mode for mode in _ACCEPTED},
    "strict-native": "strict",
    "accept-emulated": "warn",
    "accept-partial": "lenient",
}
DEFAULT_MODE = "accept-emulated"


def select_backend_for(
    spec: Mapping[str, Any],
    mode: str | None,
    order: Sequence[str],
    declared: Mapping[str, Capabilities] | None = None,
) -> str | None:
    """The first name in ``order`` whose declared capabilities honour all that ``spec`` uses; ``None`` if none does.

    spec: a ContainerSpec or a ComposeSpec as decoded JSON. mode: ``strict-native`` (``strict``) takes only native
    support, ``accept-emulated`` (``warn``, the default) also emulated, ``accept-partial`` (``lenient``) also partial.
    declared: by name; absent: what the table of engines says. Pure: nothing is probed. A name without declared capabilities
    is passed over. Raises ValidationError for an unknown mode or a spec that is neither.
    """
    chosen = mode or DEFAULT_MODE
    if chosen not in _MODES:
        expected = "strict-native, accept-emulated or accept-partial"
        raise ValidationError(f"mode: expected {expected}", path="mode", expected=expected)
    used, known = used_members(spec), of_names() if declared is None else declared
    return next((name for name in order if name in known and not shortfalls(used, known[name], chosen)), None)


def shortfalls(used: Iterable[str], capabilities: Capabilities, mode: str = DEFAULT_MODE) -> dict[str, Capability]:
    """The members of ``used`` that are honoured less than ``mode`` accepts, with the reason."""
    accepted = _ACCEPTED[_MODES[mode]]
    found = {member: capabilities.of(member) for member in used}
    return {member: capability for member, capability in found.items() if capability.support not in accepted}
