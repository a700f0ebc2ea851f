"""Every short syntax in its long form.

Runs on a model that the schema has accepted, and also (for a file that
``extends`` names) on one that nobody has checked, so each rule refuses what it
cannot read. ``lenient`` is for models whose variables are not substituted: a
short form that cannot be parsed then stays as it is.
"""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.go_values import sprint
from perry_ffi.compose.mounts import parse_mount
from perry_ffi.compose.paths import clean
from perry_ffi.compose.ports import parse_port
from perry_ffi.compose.rules import compile_rules, rewrite
from perry_ffi.errors import ValidationError

MAX_PORTS = 100_000

Warn = dict[tuple[str, str], None]


def canonical(tree: dict[str, Any], warnings: Warn, lenient: bool = False) -> dict[str, Any]:
    """``tree`` in long form, in place. Raises ValidationError."""
    changed: dict[str, Any] = rewrite(tree, _RULES, "", warnings, lenient)
    return changed


def _text_list(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    return [value] if type(value) is str else value


def _non_empty_text_list(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    entries = [value] if type(value) is str else value
    return [entry for entry in entries if entry not in (None, "")] if type(entries) is list else entries


def _text(value: Any, path: str, warnings: Warn, lenient: bool) -> str:
    return value if type(value) is str else sprint(value)


def _names(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is not list:
        return value
    return dict.fromkeys(_strings(value, path))


def _strings(value: list[Any], path: str) -> list[str]:
    for index, entry in enumerate(value):
        if type(entry) is not str:
            raise fault(f"{path}[{index}]", "not text", "a string")
    return value


def _depends_on(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is list:
        value = {name: {} for name in _strings(value, path)}
    _need(value, dict, path, "a list of services or a mapping")
    for name, row in value.items():
        if type(row) is not dict:
            raise fault(f"{path}.{name}", "has the wrong type", "a mapping")
        row.setdefault("condition", "service_started")
        row.setdefault("required", True)
    return value


def _need(value: Any, kind: type, path: str, expected: str) -> None:
    if type(value) is not kind:
        raise fault(path, "has the wrong type", expected)


def _env_file(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    entries = [value] if type(value) is str else value
    _need(entries, list, path, "a path or a list")
    return [_env_file_entry(entry) for entry in entries]


def _env_file_entry(entry: Any) -> Any:
    if type(entry) is str:
        return {"path": entry, "required": True}
    if type(entry) is dict:
        entry.setdefault("required", True)
        return entry
    return None


def _extends(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    value = {"service": value} if type(value) is str else value
    _need(value, dict, path, "a service or a mapping")
    return value


def _gpus(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is str:
        return [{"count": "all"}]
    _need(value, list, path, "all or a list")
    return value


def _volume(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is str:
        try:
            mount = parse_mount(value, path)
        except ValidationError:
            if lenient:
                return value
            raise
        mount["target"] = clean(mount["target"])
        return mount
    _need(value, dict, path, "a short volume or a mapping")
    return value


def _device(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is str:
        parts = value.split(":")
        if len(parts) > 3 and not lenient:
            raise fault(path, f"{value!r} is not a device", "source:target:permissions")
        source, target, permissions = [*parts, "", ""][:3] if len(parts) <= 3 else ("", "", "")
        return {"source": source, "target": target or source, "permissions": permissions if len(parts) > 2 else "rwm"}
    _need(value, dict, path, "a short device or a mapping")
    return value


def _grant(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    value = {"source": value} if type(value) is str else value
    _need(value, dict, path, "a name or a mapping")
    return value


def _ports(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    _need(value, list, path, "a list of ports")
    ports: list[Any] = []
    for index, entry in enumerate(value):
        place = f"{path}[{index}]"
        if type(entry) is dict:
            ports.append(entry)
        elif type(entry) is int:
            ports.extend(parse_port(str(entry), place))
        elif type(entry) is str:
            try:
                ports.extend(parse_port(entry, place))
            except ValidationError:
                if lenient:
                    return value
                raise
        else:
            raise fault(place, "has the wrong type", "a port or a mapping")
        if len(ports) > MAX_PORTS:
            raise fault(path, f"more than {MAX_PORTS} ports are refused")
    return ports


def _build(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    value = {"context": value} if type(value) is str else value
    _need(value, dict, path, "a path or a mapping")
    return value


def _assignments(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is dict:
        return value
    _need(value, list, path, "a mapping or a list of KEY=value")
    mapping: dict[str, str] = {}
    for index, entry in enumerate(_strings(value, path)):
        key, equals, item = entry.partition("=")
        if not equals:
            if lenient:
                return value
            raise fault(f"{path}[{index}]", f"{entry!r} has no value", "KEY=value")
        mapping[key] = item
    return mapping


def _ssh(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) is dict:
        return value
    _need(value, list, path, "a mapping or a list of keys")
    keys: dict[str, Any] = {}
    for index, entry in enumerate(_strings(value, path)):
        name, equals, target = entry.partition("=")
        if not equals and name != "default":
            raise fault(f"{path}[{index}]", f"{entry!r} is not an SSH key", "default or id=path")
        keys[name] = target if equals else None
    return keys


def _ulimit(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    if type(value) not in (int, dict):
        raise fault(path, "has the wrong type", "an integer, or soft and hard")
    return value


def _external(value: Any, path: str, warnings: Warn, lenient: bool) -> Any:
    """``external: {name: x}``, deprecated, becomes ``external: true`` and ``name: x``."""
    if value is None:
        return None
    _need(value, dict, path, "a mapping")
    external = value.get("external")
    if type(external) is dict:
        value["external"] = True
        if "name" in external:
            warnings["deprecated", f"{path}: external.name is deprecated; set name and external: true"] = None
            if value.setdefault("name", external["name"]) != external["name"]:
                raise fault(path, "name and external.name conflict; only use name")
    return value


_SERVICE = {
    "build": _build,
    "build.additional_contexts": _assignments,
    "build.provenance": _text,
    "build.sbom": _text,
    "build.secrets.*": _grant,
    "build.ssh": _ssh,
    "build.ulimits.*": _ulimit,
    "configs.*": _grant,
    "depends_on": _depends_on,
    "develop.watch.*.ignore": _text_list,
    "develop.watch.*.include": _text_list,
    "devices.*": _device,
    "dns": _non_empty_text_list,
    "env_file": _env_file,
    "extends": _extends,
    "gpus": _gpus,
    "label_file": _text_list,
    "models": _names,
    "networks": _names,
    "ports": _ports,
    "secrets.*": _grant,
    "ulimits.*": _ulimit,
    "volumes.*": _volume,
}

_RULES = compile_rules(
    {
        **{f"services.*.{place}": rule for place, rule in _SERVICE.items()},
        **{f"{section}.*": _external for section in ("networks", "volumes", "secrets", "configs")},
    }
)
