"""The pure choice of a backend for a spec, by what the engines declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.declared import of_names
from perry_ffi.backends.rules.uses import Part, lacking
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
    parts: Iterable[Part],
    mode: str | None,
    order: Sequence[str],
    declared: Mapping[str, Capabilities] | None = None,
) -> str | None:
    """The first name in ``order`` whose declared capabilities honour all that ``parts`` use; ``None`` if none does.

    mode: as ``checked_mode`` takes it. declared: by name; absent: what the table of engines says. Pure: nothing is probed. A name
    without declared capabilities is passed over. Raises ValidationError for an unknown mode.
    """
    chosen = checked_mode(mode)
    known, asked = of_names() if declared is None else declared, list(parts)
    return next((name for name in order if name in known and not shortfalls(asked, known[name], chosen)), None)


def checked_mode(mode: str | None) -> str:
    """``strict-native`` (``strict``) takes only native support, ``accept-emulated`` (``warn``, the default) also emulated,
    ``accept-partial`` (``lenient``) also partial. Raises ValidationError for another one.
    """
    chosen = mode or DEFAULT_MODE
    if chosen not in _MODES:
        expected = "strict-native, accept-emulated or accept-partial"
        raise ValidationError(f"mode: expected {expected}", path="mode", expected=expected)
    return chosen


def shortfalls(parts: Iterable[Part], capabilities: Capabilities, mode: str = DEFAULT_MODE) -> dict[str, Capability]:
    """What ``parts`` use that is honoured less than ``mode`` accepts, by name, with the reason."""
    accepted = _ACCEPTED[_MODES[mode]]
    return {name: found for part in parts for name, found in lacking(part, capabilities, accepted).items()}
