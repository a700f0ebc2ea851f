"""``--context``, ``--host`` and ``--engine``: what the command line names comes before all that the environment says of one."""

from __future__ import annotations

from collections.abc import Mapping

from perry_ffi import drivers
from perry_ffi.errors import ContainerError, ValidationError
from perry_ffi.settings import LOCAL_FIRST, SERVER_FIRST

_BACKEND, _MODE = "PERRY_CONTAINER_BACKEND", "PERRY_CONTAINER_MODE"


def server_env(environ: Mapping[str, str], *, context: str | None = None, host: str | None = None) -> dict[str, str]:
    """``environ`` with the server that one of both names, as its variable would, and with no other.

    They are docker's, or podman's where PERRY_CONTAINER_BACKEND has that first. docker's context ``default`` is what docker
    takes without one: DOCKER_HOST, else the usual sockets. Raises ValidationError for an empty one.
    """
    row = _family(environ)
    by_name = next(variable for variable in row.variables if variable.name != row.variable)
    if not (host or context):
        option = "host" if context is None else "context"
        raise ValidationError(f"--{option}: expected {'an address' if host is not None else 'a name'}", path=option)
    if context and context == by_name.none:
        others = {variable.name for other in drivers.SERVERS if other is not row for variable in other.variables}
        kept = {name: value for name, value in environ.items() if name not in {*others, _MODE}}
        return {**kept, by_name.name: context, _BACKEND: row.name}
    variables = {variable.name for other in drivers.SERVERS for variable in other.variables}
    kept = {name: value for name, value in environ.items() if name not in variables}
    return {**kept, **({row.variable: host} if host else {by_name.name: context or ""}), _MODE: SERVER_FIRST}


def engine_env(environ: Mapping[str, str], engine: str) -> dict[str, str]:
    """``environ`` with an engine by its name, and no order of others. Raises ValidationError for an empty one."""
    if not engine:
        raise ValidationError("--engine: expected the name of an engine", path="engine")
    return {**environ, _BACKEND: engine}


def as_typed(error: ContainerError, *, context: str | None, host: str | None) -> ContainerError:
    """``error`` with the option's name where it speaks of the variable that was set in its place."""
    variable = error.details.get("variable")
    if not isinstance(variable, str):
        return error
    option = "--context" if context is not None else "--host" if host is not None else "--engine"
    plain = {"variable": option}
    for name in ("reason", "remedy"):
        if isinstance(text := error.details.get(name), str):
            plain[name] = _unset(text.replace(f"unset {variable}", f"leave {option} out")).replace(variable, option)
    return type(error)(error.message.replace(variable, option), **{**error.details, **plain})


def _unset(text: str) -> str:
    """Without the advice to put an order first: an option is before every order."""
    return text.replace(f", or set {_MODE}={LOCAL_FIRST},", ",")


def _family(environ: Mapping[str, str]) -> drivers.Row:
    """Whose options they are: the first engine that is asked for and has servers, else docker."""
    wanted = [name.strip() for name in environ.get(_BACKEND, "").split(",")]
    rows = {row.name: row for row in drivers.SERVERS}
    return next((rows[name] for name in wanted if name in rows), drivers.SERVERS[0])
