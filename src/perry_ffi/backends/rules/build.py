"""Which members of a build an engine's builder may lack: of the model, and of a project's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.rules.labels import LABELS
from perry_ffi.backends.rules.member import Member, Members
from perry_ffi.model.values import is_plain_label

if TYPE_CHECKING:
    from perry_ffi.model.image import BuildSpec

PREFIX = "BuildSpec."
Document = Mapping[str, Any]
_HARMLESS = (("isolation", "default"), ("network", "host"), ("network", "default"))


def _list(member: str) -> Member[BuildSpec]:
    return Member(lambda spec: [member] if getattr(spec, member) else [], lambda spec: spec.model_copy(update={member: []}))


BUILD: Members[BuildSpec] = {
    f"{PREFIX}platforms": _list("platforms"),
    f"{PREFIX}entitlements": _list("entitlements"),
    f"{PREFIX}cache_from": _list("cache_from"),
    f"{PREFIX}labels.names": LABELS,
}
"""What a build for this engine can do without. ``entitlements`` only allow what a step asks for; who asks in vain fails there."""


def _said(member: str, *, several: bool = False) -> Member[Document]:
    """A member that asks for something; several: only as a list of more than one."""

    def found(build: Document) -> list[str]:
        value = build.get(member)
        enough = not several or not isinstance(value, list) or len(value) > 1
        return [member] if value and enough and (member, value) not in _HARMLESS and str(value) != "false" else []

    return Member(found, lambda build: build)


_SAID = (
    "cache_to", "entitlements", "privileged", "isolation", "ssh", "network", "cache_from", "additional_contexts", "extra_hosts",
    "shm_size", "ulimits",
)  # fmt: skip
BUILD_DOCUMENT: Members[Document] = {
    **{PREFIX + member: _said(member) for member in _SAID},
    f"{PREFIX}platforms.several": _said("platforms", several=True),
    f"{PREFIX}attestations.provenance": _said("provenance"),
    f"{PREFIX}attestations.sbom": _said("sbom"),
}
"""What a project's ``build`` says, which is told before; a build that needs one is refused when it begins."""

BUILD_LABELS: Members[Document] = {
    f"{PREFIX}labels.names": Member(
        lambda build: ["labels"] if not all(map(is_plain_label, build.get("labels") or {})) else [], lambda build: build
    )
}
"""Its labels, told last."""


def _asked(member: str, *harmless: Any) -> Member[BuildSpec]:
    return Member(lambda spec: [member] if getattr(spec, member) and getattr(spec, member) not in harmless else [])


BUILD_ALONE: Members[BuildSpec] = {
    **{PREFIX + member: _asked(member) for member in ("cache_to", "platforms", "entitlements", "privileged", "isolation", "ssh")},
    f"{PREFIX}network": _asked("network", "host"),
    **{PREFIX + member: _asked(member) for member in ("additional_contexts", "extra_hosts", "shm_size", "ulimits")},
}
"""What a build that begins is refused for."""
