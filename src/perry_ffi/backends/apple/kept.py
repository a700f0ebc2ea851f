"""What a container was created from, kept in a label of it: the engine itself keeps the half of it.

A label is somebody's text: what is read from one is data of the known kinds and nothing else, and one that cannot be read is as
if it were not there. Of the variables it has the names alone: their values may be secrets, a label is a word of a command line, and
the engine keeps them itself.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import functools
import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec

MAX_LABEL = 64 * 1024
"""Characters of the longest label that is written: a single word of a command line has a bound."""
_MAX_TEXT = 16 * 1024 * 1024
_KIND, _TUPLE, _MODEL = "(kind)", "(tuple)", "(model)"
_VARIABLES = "env"
_LEFT_OUT = ("verify",)  # It was checked before the container was made.


@functools.cache
def _kinds() -> Mapping[str, type[Any]]:
    """The records that a spec is made of, by name."""
    from perry_ffi.model import container_values, mounts, ports, resource_values, service_values, values

    modules = (container_values, mounts, ports, resource_values, service_values, values)
    found = {name: item for module in modules for name, item in vars(module).items() if isinstance(item, type)}
    return {name: item for name, item in found.items() if dataclasses.is_dataclass(item)}


def written(spec: ContainerSpec) -> str | None:
    """``spec`` as the value of a label; ``None`` where it is too long for one."""
    members = {
        name: _plain(getattr(spec, name))
        for name, info in type(spec).model_fields.items()
        if name not in _LEFT_OUT and getattr(spec, name) != info.get_default()
    }
    members |= {_VARIABLES: dict.fromkeys(spec.env, "")} if spec.env else {}
    packed = zlib.compress(json.dumps({_MODEL: type(spec).__name__, **members}).encode(), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return text if len(text) <= MAX_LABEL else None


def read(label: str | None, environment: Mapping[str, str] | None = None) -> ContainerSpec | None:
    """The spec that a label holds; ``None`` where there is none, or none that can be read.

    environment: what the engine has kept of the container's variables; without it they have no values.
    """
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.service import ServiceSpec

    try:
        packed = base64.urlsafe_b64decode((label or "") + "=" * (-len(label or "") % 4))
        members = json.loads(zlib.decompressobj().decompress(packed, _MAX_TEXT))
        model = {"ContainerSpec": ContainerSpec, "ServiceSpec": ServiceSpec}[members.pop(_MODEL)]
        found = {name: _read(value) for name, value in members.items() if name in model.model_fields}
        if environment is not None and _VARIABLES in found:
            found[_VARIABLES] = {name: environment[name] for name in found[_VARIABLES] if name in environment}
        return model.model_construct(**found) if "image" in found else None
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {_KIND: type(value).__name__, **fields}
    if isinstance(value, tuple):
        return {_TUPLE: [_plain(item) for item in value]}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    return value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_TUPLE}:
        return tuple(_read(item) for item in value[_TUPLE])
    kind = _kinds()[value[_KIND]] if _KIND in value else None
    members = {name: _read(item) for name, item in value.items() if name != _KIND or kind is None}
    return members if kind is None else kind(**members)


__all__ = ["MAX_LABEL", "read", "written"]
