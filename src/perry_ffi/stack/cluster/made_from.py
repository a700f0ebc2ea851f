"""What the tasks of a service are made from, member by member, so that a change can be named. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.stack.shape import plain

if TYPE_CHECKING:
    from perry_ffi.stack.cluster.wanted import WantedService

_COMPARED_OTHERWISE = ("mode", "replicas", "labels")
"""Members of ``deploy`` that replace no task."""


def parts(wanted: WantedService) -> dict[str, Any]:
    """As ``stack.members`` has them; what ``deploy`` says beside, and configs and secrets by the names that tell their content."""
    deploy = wanted.service.tree.get("deploy") or {}
    said = {f"deploy.{name}": plain(value) for name, value in deploy.items() if value and name not in _COMPARED_OTHERWISE}
    files = {f"contents.{file.target}": file.name for file in wanted.files}
    return {**said, **wanted.service.parts(), **files}


__all__ = ["parts"]
