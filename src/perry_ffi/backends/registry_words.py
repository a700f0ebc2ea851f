"""Why an image could not be had from its registry, and what can be done, from the words that engines pass on.

Engines are made of the same libraries, so one table is for all; its words were seen of docker 20.10 to 28.5 and podman 4.3 to 5.8.
"""

from __future__ import annotations

import re
from functools import cache

from perry_ffi.errors import ContainerError
from perry_ffi.model.reference import DEFAULT_REGISTRY, parse_reference

_ROWS = (
    (
        r"toomanyrequests|too many requests|rate limit",
        "the registry gives no more for now: log in ({engine} login{host}), or try again later",
    ),
    (
        r"http response to https client",
        "{registry} speaks no TLS: name it among the registries that the engine may ask without it",
    ),
    (r"x509|certificate (?:is|has|signed)", "the engine does not trust {registry}: give it the authority of its certificate"),
    (
        r"no matching manifest|no image found in (?:image index|manifest list)",
        "there is no such image for this machine's platform: name one that there is, with platform",
    ),
    (
        r"unauthorized|access denied|requested access|authentication required|no basic auth|\b(?:401|403)\b",
        "check the image's name; if it is right, it takes credentials: {engine} login{host}",
    ),
    (
        r"no such host|server misbehaving|name resolution|dial \S+: lookup \S+|: lookup \S+",
        "{registry} is not a host that the engine can look up: check the image's name, and the engine's network and DNS",
    ),
    (
        r"connection (?:refused|reset)|no route to host|network is unreachable|timeout|deadline exceeded|awaiting headers|: eof\b",
        "{registry} does not answer the engine: check its name and port, and the engine's network and proxy",
    ),
    (
        r"does not exist locally|reference does not resolve|image not known",
        "there is no such image here to be pushed: build it first",
    ),
    (r"no space left on device", "make room where the engine keeps its images"),
    (
        r"manifest unknown|name unknown|manifest for \S+ not found|repository does not exist|not found|does not exist",
        "{registry} has no such image: check its name and tag",
    ),
)


def remedy(said: str, doing: str, engine: str, reference: str | None = None) -> str | None:
    """What can be done about a transfer that failed; None where the words do not tell, or it is none.

    said: the engine's words. doing: the operation, as errors have it. engine: whose program logs in. reference: the image.
    """
    if doing.partition(" ")[0] not in ("pull", "push"):
        return None
    return _advice(said, engine, reference)


def remedy_of_step(said: str, step: str, engine: str) -> str | None:
    """The same of a step of a build: only one that takes a base image asks a registry."""
    match = re.search(r"\bFROM\s+(?:--\S+\s+)?(\S+)", step)
    return _advice(said, engine, match[1]) if match else None


def _advice(said: str, engine: str, reference: str | None) -> str | None:
    host = _host(reference)
    for words, advice in _ROWS:
        if _compiled(words).search(said):
            login = f" {host}" if host and host != DEFAULT_REGISTRY else ""
            return advice.format(registry=host or "the registry", host=login, engine=engine)
    return None


def _host(reference: str | None) -> str:
    try:
        return parse_reference(reference).registry if reference else ""
    except (ContainerError, ValueError):
        return ""


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)
