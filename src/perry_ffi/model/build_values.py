"""Members of a build: secrets and ssh agents, as docker's own words and as objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perry_ffi.model import values

DEFAULT_AGENT = "default"
_SECRET = "an object of id and one of file, environment and content, or text such as id=token,src=/path"


@dataclass(frozen=True)
class BuildSecret:
    """A secret that the steps of a build can mount, by its id.

    One of ``file`` (a path on this machine), ``environment`` (the name of a variable) and ``content``, which is never
    shown. where: the place in the caller's document, for errors.
    """

    id: str
    file: str = ""
    environment: str = ""
    content: bytes | None = field(default=None, repr=False)
    where: str = ""


@dataclass(frozen=True)
class BuildAgent:
    """An ssh agent that the steps of a build can mount. socket: ``""`` for the user's own. where: as of a secret."""

    id: str
    socket: str = ""
    where: str = ""


def build_secret(value: Any) -> BuildSecret:
    """``{"id": "token", "file": "/path"}`` (or ``environment``, or ``content``), or ``id=token,src=/path`` (or ``env=``)."""
    if isinstance(value, BuildSecret):
        return value
    if isinstance(value, str):
        value = _fields(value)
    if not isinstance(value, Mapping) or not set(value) <= {"id", "file", "environment", "content"}:
        values.bad(_SECRET)
    ident = values.within(".id", secret_id, value.get("id"))
    sources = [name for name in ("file", "environment", "content") if value.get(name) is not None]
    if len(sources) != 1:
        values.bad(_SECRET)
    found = values.within(f".{sources[0]}", values.clean if sources[0] == "content" else values.word, value[sources[0]])
    if sources[0] == "content":
        return BuildSecret(ident, content=found.encode())
    return BuildSecret(ident, file=found) if sources[0] == "file" else BuildSecret(ident, environment=found)


def _fields(text: str) -> dict[str, str]:
    names = {"id": "id", "src": "file", "source": "file", "env": "environment"}
    pairs = [part.partition("=") for part in values.clean(text).split(",")]
    pairs = [pair for pair in pairs if pair != ("type", "=", "file")]
    if any(name not in names or not sign for name, sign, _ in pairs) or len({names[p[0]] for p in pairs}) < len(pairs):
        values.bad(_SECRET)
    return {names[name]: content for name, _, content in pairs}


def build_agent(value: Any) -> BuildAgent:
    """``default`` (the user's agent), or ``id=/path`` of a socket."""
    if isinstance(value, BuildAgent):
        return value
    ident, sign, path = values.clean(value, "an agent such as default or id=/path").partition("=")
    ident = secret_id(ident)
    if not sign and ident != DEFAULT_AGENT:
        values.bad("default, or id=/path of an agent's socket", value)
    return BuildAgent(ident, path)


def secret_id(value: Any) -> str:
    """An id: it stands in options that commas and ``=`` divide."""
    if not values.word(value) or not value.isprintable() or any(char in ",= " for char in value):
        values.bad("an id without commas, blanks and =", value)
    return str(value)


build_secrets = values.list_of(build_secret, "a list of secrets")
build_agents = values.list_of(build_agent, "a list of ssh agents")
