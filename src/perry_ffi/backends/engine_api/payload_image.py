"""Queries of the build, log and stop calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.payload_support import Flavour, check_labels, refuse_member

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions, LogOptions
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.model.values import Ulimit

_BUILDKIT_ONLY = (
    "secrets",
    "ssh",
    "additional_contexts",
    "cache_to",
    "platforms",
    "entitlements",
    "privileged",
    "isolation",
)
INLINE_DOCKERFILE = ".perry.dockerfile"
"""The name under which an inline Dockerfile joins the context that is sent."""


def build_query(spec: BuildSpec, tag: str | None, flavour: Flavour) -> dict[str, str]:
    """The query of the build call. ``spec.tags`` are set afterwards (``build_tags``).

    Raises Unsupported, by name, for what only BuildKit knows.
    """
    for member in _BUILDKIT_ONLY:
        if getattr(spec, member):
            refuse_member(f"BuildSpec.{member}", flavour, "its build API does not know it")
    if spec.network not in (None, "host") and flavour == "podman":
        refuse_member("BuildSpec.network", flavour, "its API builds on the host's network whatever it is told")
    check_labels(spec.labels, "BuildSpec", flavour)
    query: dict[str, Any] = {
        "dockerfile": INLINE_DOCKERFILE if spec.dockerfile_inline is not None else spec.dockerfile,
        "t": tag or (spec.tags[0] if spec.tags else None),
        "target": spec.target,
        "networkmode": spec.network,
        "platform": spec.platform,
        "extrahosts": _extra_hosts(spec.extra_hosts, flavour),
        "shmsize": spec.shm_size,
        "nocache": "1" if spec.no_cache else None,
        "pull": "1" if spec.pull else None,
        "buildargs": _json(spec.args),
        "labels": _labels(spec.labels, flavour),
        "cachefrom": _json(spec.cache_from),
        "ulimits": _ulimits(spec.ulimits, flavour),
    }
    return {"rm": "1", "forcerm": "1", **{key: str(value) for key, value in query.items() if value is not None}}


def _labels(labels: dict[str, str], flavour: Flavour) -> str | None:
    """Podman sets those of an object in an order of chance, so that the same build misses its cache; a list keeps its own."""
    return _json(labels) if flavour == "docker" else _json(sorted(f"{key}={value}" for key, value in labels.items()))


def _extra_hosts(hosts: list[str], flavour: Flavour) -> str | None:
    return (",".join(hosts) or None) if flavour == "docker" else _json(hosts)


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
