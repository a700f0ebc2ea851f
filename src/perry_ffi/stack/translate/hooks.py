"""Hooks of a service, as data: commands that run inside it, or beside it before it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from perry_ffi.model import reference, values
from perry_ffi.stack.translate.document import entries, service_of, unquoted


@dataclass(frozen=True)
class Hook:
    """One command.

    image: of a container of its own, which only ``pre_start`` has; absent: the service's. per_replica: whether it runs
    once for each replica rather than once for the service. env: never shown in reprs.
    """

    command: tuple[str, ...]
    user: str = ""
    privileged: bool = False
    working_dir: str = ""
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    image: str = ""
    per_replica: bool = False


@dataclass(frozen=True)
class Hooks:
    """The hooks of a service, each list in the order of the document."""

    pre_start: tuple[Hook, ...] = ()
    post_start: tuple[Hook, ...] = ()
    pre_stop: tuple[Hook, ...] = ()


@unquoted
def hooks(project: Mapping[str, Any], service: str) -> Hooks:
    """The hooks of ``service``. Raises ValidationError with the path inside the project."""
    document = service_of(project, service)

    def read(member: str, readers: Mapping[str, Callable[[Any], Any]]) -> tuple[Hook, ...]:
        where = f"services.{service}.{member}"
        found = entries(document.get(member), where)
        return tuple(values.within(f"{where}[{i}]", lambda item: _hook(item, readers), item) for i, item in enumerate(found))

    return Hooks(read("pre_start", _BESIDE), read("post_start", _INSIDE), read("pre_stop", _INSIDE))


def _hook(value: Any, readers: Mapping[str, Callable[[Any], Any]]) -> Hook:
    found = values.members(value, readers)
    if not found.get("command") and not found.get("image"):
        values.bad("a command that is not empty", at=".command")
    found.setdefault("command", ())
    found["env"] = found.pop("environment", {})
    return Hook(**found)


def _variables(value: Any) -> dict[str, str]:
    """Those that have a name and a value; a name with a ``=`` has one in it."""
    if not isinstance(value, Mapping):
        return values.env(value)
    given = {key: "" if item is None else item for key, item in value.items() if item is not None or "=" in key}
    return values.env({key: item for key, item in given.items() if key})


def _folder(value: Any) -> str:
    return "" if value == "" else values.absolute(value)


_INSIDE: dict[str, Callable[[Any], Any]] = {
    "command": lambda value: tuple(values.command(value)),
    "user": lambda value: values.clean(values.scalar(value)),
    "privileged": values.boolean,
    "working_dir": _folder,
    "environment": _variables,
}
_BESIDE: dict[str, Callable[[Any], Any]] = {**_INSIDE, "image": reference.image, "per_replica": values.boolean}
