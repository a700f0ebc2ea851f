"""How the translation reads a project: members by path, errors that say where in the project they are.

A project is the resolved document: every short syntax in its long form, paths absolute, names given. Its values are
taken as they are, ``$`` included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model import resource_values, values

Readers = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""By Compose member: the member of the spec, and the reader of its value."""

P = ParamSpec("P")
R = TypeVar("R")
_EMPTY: Mapping[str, Any] = {}


def unquoted(translate: Callable[P, R]) -> Callable[P, R]:
    """``translate``, whose errors say where and what was expected, and never what was found.

    Variables have their values in a resolved project, and any of them may be a secret.
    """

    @wraps(translate)
    def translated(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return translate(*args, **kwargs)
        except ValidationError as error:
            path, expected = error.details.get("path"), error.details.get("expected")
            if ", found " not in error.message or not path or not expected:
                raise
            details = {name: value for name, value in error.details.items() if name != "found"}
            raise ValidationError(f"{path}: expected {expected}", **details) from None

    return translated


def service_of(project: Mapping[str, Any], service: str) -> Mapping[str, Any]:
    """The service's own part of the project. NotFound where it has none of that name."""
    found = mapping(project.get("services"), "services").get(service)
    if found is None:
        raise NotFound(f"services: there is no service {shown(service)}", service=service)
    return mapping(found, f"services.{service}")


def project_name(project: Mapping[str, Any]) -> str:
    """The project's name, which every default name begins with."""
    return values.within("name", _project_name, project.get("name"))


def _project_name(value: Any) -> str:
    if not isinstance(value, str) or not value or not all(c.isascii() and (c.isalnum() or c in "_-") for c in value):
        values.bad("a project name of lower-case letters, digits, - and _", value)
    return value


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """An object; null is an empty one."""
    if value is None:
        return _EMPTY
    if type(value) is not dict and not isinstance(value, Mapping):
        wrong(where, "an object")
    return value


def entries(value: Any, where: str) -> list[Any]:
    """A list; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        wrong(where, "a list")
    return list(value)


def read(document: Mapping[str, Any], where: str, readers: Readers) -> dict[str, Any]:
    """What ``readers`` find in ``document``, by the spec's names; a null member is an absent one."""
    return {
        name: values.within(f"{where}.{member}", reader, document[member])
        for member, (name, reader) in readers.items()
        if document.get(member) is not None
    }


def ulimits(value: Any) -> list[resource_values.Ulimit]:
    """Resource limits; a side that the model leaves out is 0."""
    if isinstance(value, Mapping):
        value = {name: {"soft": 0, "hard": 0, **limit} if isinstance(limit, Mapping) else limit for name, limit in value.items()}
    return resource_values.ulimits(value)


def wrong(where: str, expected: str) -> NoReturn:
    """Raises the ValidationError of the member at ``where``."""
    raise ValidationError(f"{where}: expected {expected}", path=where, expected=expected)


def unsupported(where: str, reason: str) -> NoReturn:
    """Raises Unsupported for the member at ``where``."""
    raise Unsupported(f"{where}: {reason}", member=where, path=where, reason=reason)


def shown(text: Any) -> str:
    """A name as an error may show it: quoted, on one line, not long."""
    quoted = repr(str(text))
    return quoted if len(quoted) <= 80 else quoted[:77] + "..."
