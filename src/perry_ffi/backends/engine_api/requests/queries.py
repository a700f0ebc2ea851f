"""Queries of the build, log and stop calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import ApiVersion, Flavour, check_labels, refuse_member
from perry_ffi.backends.engine_api.requests.honoured import refuse_lacking
from perry_ffi.errors import Unsupported

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions, LogOptions
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.model.resource_values import Ulimit

_BUILDKIT_NETWORKS = (None, "default", "host", "none")
_BUILDKIT_LIMITS: ApiVersion = (1, 42)


def build_query(spec: BuildSpec, tag: str | None, flavour: Flavour) -> dict[str, Any]:
    """The query of the build call, but for where the Dockerfile is. ``spec.tags`` are set afterwards (``build_tags``).

    Raises Unsupported, by name, for what the engine's build API does not know.
    """
    refuse_lacking("BuildSpec", spec, flavour)
    check_labels(spec.labels, "BuildSpec", flavour)
    query: dict[str, Any] = {
        "t": tag or (spec.tags[0] if spec.tags else None),
        "target": spec.target,
        "networkmode": spec.network,
        "platform": spec.platform,
        "extrahosts": _extra_hosts(spec.extra_hosts, flavour),
        "shmsize": None if spec.shm_size is None else str(spec.shm_size),
        "nocache": "1" if spec.no_cache else None,
        "pull": "1" if spec.pull else None,
        "buildargs": _json(spec.args),
        "labels": _labels(spec.labels, flavour),
        "cachefrom": _json(spec.cache_from),
        "ulimits": _ulimits(spec.ulimits, flavour),
    }
    return {"rm": "1", "forcerm": "1", **{key: value for key, value in query.items() if value not in (None, ())}}


def buildkit_query(spec: BuildSpec, tag: str | None, session: str, api: ApiVersion) -> dict[str, Any]:
    """The query of a build by docker's BuildKit, which calls back on ``session``.

    Raises Unsupported, by name, for what BuildKit does not do for this API: it would be dropped.
    """
    if spec.network not in _BUILDKIT_NETWORKS:
        refuse_member("BuildSpec.network", "docker", "BuildKit builds on the networks default, host and none")
    for member in ("shm_size", "ulimits"):
        if getattr(spec, member) and api < _BUILDKIT_LIMITS:
            refuse_member(f"BuildSpec.{member}", "docker", "its BuildKit knows it from API 1.42 on")
    cached = [_cached_reference(item) for item in spec.cache_from]
    query = {**build_query(spec, tag, "docker"), "version": "2", "remote": "client-session"}
    query |= {"session": session, "buildid": session}
    return {**query, "cachefrom": json.dumps(cached)} if cached else query


def buildkit_can(spec: BuildSpec, api: ApiVersion) -> bool:
    """Whether BuildKit does all that the build asks of a builder."""
    try:
        buildkit_query(spec, None, "", api)
    except Unsupported:
        return False
    return True


def _cached_reference(text: str) -> str:
    """The image of ``reference`` or ``type=registry,ref=reference``: what the API's BuildKit can take layers from."""
    if "=" not in text:
        return text
    fields = dict(part.partition("=")[::2] for part in text.split(","))
    if fields.get("type") != "registry" or not fields.get("ref"):
        refuse_member("BuildSpec.cache_from", "docker", "its build API takes layers from images only")
    return fields["ref"]


def _labels(labels: dict[str, str], flavour: Flavour) -> str | None:
    """Podman sets those of an object in an order of chance, so that the same build misses its cache; a list keeps its own."""
    return _json(labels) if flavour == "docker" else _json(sorted(f"{key}={value}" for key, value in labels.items()))


def _extra_hosts(hosts: list[str], flavour: Flavour) -> tuple[str, ...] | str | None:
    return tuple(hosts) if flavour == "docker" else _json(hosts)


def _ulimits(ulimits: list[Ulimit], flavour: Flavour) -> str | None:
    if flavour == "podman":
        return _json([f"{item.name}={item.soft}:{item.hard}" for item in ulimits])
    return _json([{"Name": item.name, "Soft": item.soft, "Hard": item.hard} for item in ulimits])


def build_tags(spec: BuildSpec, tag: str | None) -> list[str]:
    """The names that the built image gets beside the one in the query."""
    first = tag or (spec.tags[0] if spec.tags else None)
    return [item for item in dict.fromkeys(spec.tags) if item != first]


def _json(value: Any) -> str | None:
    return json.dumps(value, separators=(",", ":")) if value else None


def log_query(options: LogOptions, now_ns: int, *, follow: bool) -> dict[str, str]:
    """The query of the logs call; ``now_ns`` is the present, for times that count back from it.

    Docker reads only seconds since 1970 there, podman too.
    """
    tail = options.tail
    query = {
        "stdout": "1",
        "stderr": "1",
        "follow": "1" if follow else "0",
        "timestamps": "1" if options.timestamps else "0",
        "tail": "all" if tail is None or tail < 0 else str(tail),
    }
    if options.since:
        query["since"] = options.since.epoch(now_ns)
    if options.until:
        query["until"] = options.until.epoch(now_ns)
    return query


def exec_payload(command: list[str], options: ExecOptions) -> dict[str, Any]:
    """The body of the call that creates an exec; it is always attached, because only then its exit code is right."""
    body: dict[str, Any] = {
        "Cmd": list(command),
        "AttachStdin": options.stdin is not None,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": False,
    }
    if options.env:
        body["Env"] = [f"{key}={value}" for key, value in options.env.items()]
    if options.workdir:
        body["WorkingDir"] = options.workdir
    if options.user:
        body["User"] = options.user
    if options.privileged:
        body["Privileged"] = True
    return body
