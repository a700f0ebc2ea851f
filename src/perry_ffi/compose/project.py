"""``Project``: what a load yields, and the value that orchestration takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from perry_ffi.compose.convert import EXTENSIONS
from perry_ffi.compose.tree import null_lists
from perry_ffi.errors import NotFound
from perry_ffi.graph import reachable


class Project:
    """A loaded Compose project. Frozen: treat the trees inside as read-only too.

    The sections hold the canonical model: only JSON values, members in the order
    in which docker compose writes them, and ``x-`` members of an object below
    the key ``"#extensions"``. ``contents`` holds what configs and secrets take
    from variables, by path (``secrets.token``), and stands in no model.
    ``label_files``: those whose labels services have in theirs, by service.
    """

    __slots__ = (
        "configs", "contents", "disabled_services", "environment", "extensions", "files", "label_files", "models", "name",
        "networks", "profiles", "secrets", "services", "tree", "volumes", "warnings", "working_dir",
    )  # fmt: skip

    name: str
    services: Mapping[str, Any]
    networks: Mapping[str, Any]
    volumes: Mapping[str, Any]
    configs: Mapping[str, Any]
    contents: Mapping[str, str]
    secrets: Mapping[str, Any]
    models: Mapping[str, Any]
    extensions: Mapping[str, Any]
    working_dir: str
    files: tuple[str, ...]
    label_files: Mapping[str, list[str]]
    profiles: tuple[str, ...]
    environment: Mapping[str, str]
    disabled_services: Mapping[str, Any]
    warnings: tuple[tuple[str, str], ...]
    tree: Mapping[str, Any]

    def __init__(self, **members: Any) -> None:
        for member in self.__slots__:
            value = members.get(member, ())
            if type(value) is dict:
                value = MappingProxyType(value)
            elif type(value) is list:
                value = tuple(value)
            object.__setattr__(self, member, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Project does not change; use replace()")

    def __repr__(self) -> str:
        return f"<Project {self.name!r}: {len(self.services)} services>"

    def replace(self, **members: Any) -> Project:
        """A project that differs in these members."""
        return Project(**{**{member: getattr(self, member) for member in self.__slots__}, **members})

    def to_dict(self) -> dict[str, Any]:
        """What ``docker compose config --format json`` prints: no ``x-`` below the top level, and no models."""
        shown: dict[str, Any] = {"name": self.name, "services": without_extensions(self.services)}
        for section in ("networks", "volumes", "secrets", "configs"):
            rows = getattr(self, section)
            if rows:
                shown[section] = without_extensions(rows)
        shown.update(null_lists(dict(self.extensions)))
        return {key: shown[key] for key in sorted(shown)}

    def to_spec(self) -> dict[str, Any]:
        """The project as a Compose file that gives the same project again, with models and every ``x-`` member."""
        shown: dict[str, Any] = {"name": self.name}
        for section in ("services", "networks", "volumes", "secrets", "configs", "models"):
            rows = getattr(self, section)
            if rows or section == "services":
                shown[section] = _as_spec(section, rows)
        shown.update(self.extensions)
        return shown

    @property
    def all_services(self) -> dict[str, Any]:
        """By their names, also those that no profile enables."""
        return {**self.services, **self.disabled_services}

    def replicas(self, service: str) -> int:
        """How many containers ``service`` shall have."""
        row = self.services[service]
        if "scale" in row:
            return int(row["scale"])
        return int(row.get("deploy", {}).get("replicas", 1))

    def profiles_of(self, services: Iterable[str]) -> list[str]:
        """The profiles that enable those of ``services`` that are disabled."""
        disabled = [self.disabled_services[name] for name in services if name in self.disabled_services]
        return list(dict.fromkeys(profile for row in disabled for profile in row.get("profiles") or ()))

    def without_unused(self) -> Project:
        """The project without networks, volumes, configs, secrets and models that no enabled service names."""
        used: dict[str, set[str]] = {section: set() for section in _USED}
        for service in self.services.values():
            for section, names in _USED.items():
                used[section].update(names(service))
        kept = {
            section: {key: row for key, row in getattr(self, section).items() if key in names} for section, names in used.items()
        }
        return self.replace(**kept)

    def selected(self, patterns: Iterable[str]) -> Project:
        """The project of the named services (shell patterns) and what they depend on; the others are disabled.

        Raises NotFound for a pattern or a required dependency that no enabled service answers.
        """
        names = [name for pattern in patterns for name in self._matching(pattern)]
        if not names:
            return self
        edges = {name: list(row.get("depends_on", ())) for name, row in self.services.items()}
        kept = self.services.keys() & reachable(edges, names)
        for name in sorted(kept):
            for other, dependency in self.services[name].get("depends_on", {}).items():
                if other not in self.services and dependency["required"]:
                    raise NotFound(f"services.{name}.depends_on: no such service: {other}")
        disabled = {**self.disabled_services, **{k: v for k, v in self.services.items() if k not in kept}}
        enabled = {name: _trimmed(row, kept) for name, row in self.services.items() if name in kept}
        return self.replace(services=enabled, disabled_services=disabled)

    def _matching(self, pattern: str) -> list[str]:
        if pattern in self.services:
            return [pattern]
        import fnmatch

        found = [name for name in self.services if fnmatch.fnmatchcase(name, pattern)]
        if not found:
            raise NotFound(f"no such service: {pattern}")
        return found


def _trimmed(service: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    dependencies = service.get("depends_on", {})
    if all(name in kept for name in dependencies):
        return service
    trimmed = dict(service)
    trimmed["depends_on"] = {name: row for name, row in dependencies.items() if name in kept}
    if not trimmed["depends_on"]:
        del trimmed["depends_on"]
    return trimmed


def _volumes(service: Mapping[str, Any]) -> Iterable[str]:
    mounts = service.get("volumes", ())
    return [mount["source"] for mount in mounts if mount.get("type") == "volume" and mount.get("source")]


def _secrets(service: Mapping[str, Any]) -> Iterable[str]:
    grants = [*service.get("secrets", ()), *service.get("build", {}).get("secrets", ())]
    return [grant.get("source", "") for grant in grants]


_USED: dict[str, Callable[[dict[str, Any]], Iterable[str]]] = {
    "networks": lambda service: service.get("networks", ()),
    "volumes": _volumes,
    "secrets": _secrets,
    "configs": lambda service: [grant.get("source", "") for grant in service.get("configs", ())],
    "models": lambda service: service.get("models", ()),
}


def without_extensions(value: Any) -> Any:
    """A copy of a model's tree without the ``x-`` members of its objects."""
    kind = type(value)
    if kind is dict or kind is MappingProxyType:
        return {
            key: without_extensions(item) if type(item) in _TREES else item for key, item in value.items() if key != EXTENSIONS
        }
    if kind is list:
        return [without_extensions(item) if type(item) in _TREES else item for item in value]
    return value


_TREES = frozenset((dict, list, MappingProxyType))


_LOWER = {"Path": "path", "Rate": "rate", "Weight": "weight"}


def _as_spec(section: str, rows: Mapping[str, Any]) -> dict[str, Any]:
    """A section with extensions in place, without members that only say "absent"."""
    shown = {name: _with_extensions(row) for name, row in rows.items()}
    for row in shown.values():
        if section == "services":
            _service_as_spec(row)
        elif section == "networks":
            _drop(row, "ipam", {})
    return shown


def _with_extensions(value: Any) -> Any:
    if isinstance(value, (dict, MappingProxyType)):
        shown = {}
        for name, item in value.items():
            if name == EXTENSIONS:
                shown.update(item)
            else:
                shown[name] = _with_extensions(item)
        return shown
    if type(value) is list:
        return [_with_extensions(item) for item in value]
    return value


def _service_as_spec(row: dict[str, Any]) -> None:
    hooks = [hook for kind in ("pre_start", "post_start", "pre_stop") for hook in row.get(kind) or ()]
    for process in (row, *hooks):
        _drop(process, "command", None)
        _drop(process, "entrypoint", None)
    for trigger in (row.get("develop") or {}).get("watch") or ():
        _drop(trigger, "exec", {"command": None})
    for member in ("resources", "placement"):
        _drop(row.get("deploy") or {}, member, {})
    for limits in (row.get("blkio_config") or {}).values():
        if type(limits) is list:
            limits[:] = [{_LOWER.get(name, name): item for name, item in limit.items()} for limit in limits]
    for part in (row, row.get("build") or {}):
        if "extra_hosts" in part:
            part["extra_hosts"] = list(dict.fromkeys(part["extra_hosts"]))  # a repeated line would not be read back
        if "ulimits" in part:
            part["ulimits"] = _both_limits(part["ulimits"])


def _drop(tree: dict[str, Any], member: str, nothing: Any) -> None:
    if member in tree and tree[member] == nothing:
        del tree[member]


def _both_limits(ulimits: Mapping[str, Any]) -> dict[str, Any]:
    """Limits as a file has them: the model leaves zeros out."""
    return {name: {"soft": 0, "hard": 0, **limit} if isinstance(limit, Mapping) else limit for name, limit in ulimits.items()}
