"""The options of up, down and logs, from the models of a program and the flags of a shell, as ``perry_ffi.stack`` takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from perry_ffi.stack.options import Down, Up

if TYPE_CHECKING:
    from perry_ffi.model.stack import CleanupOptions, DownOptions, StackLogOptions, UpOptions
    from perry_ffi.stack.logs import LogRequest


class CreateFlags(Protocol):
    """The flags of ``perry-compose create``, as their parser leaves them."""

    service: list[str]
    build: bool
    no_build: bool
    pull: str | None
    remove_orphans: bool | None
    force_recreate: bool
    no_recreate: bool


class UpFlags(CreateFlags, Protocol):
    """The flags of ``perry-compose up``, as their parser leaves them."""

    always_recreate_deps: bool
    no_deps: bool
    no_start: bool
    no_rollback: bool
    renew_anon_volumes: bool
    wait: bool
    wait_timeout: float | None
    timeout: float | None
    rolling: bool


class DownFlags(Protocol):
    """The flags of ``perry-compose down``, as their parser leaves them."""

    service: list[str]
    volumes: bool
    remove_orphans: bool | None
    rmi: str | None
    timeout: float | None


_PULLS: dict[str | None, str | None] = {"build": None, "if_not_present": "missing"}


def up_of(options: UpOptions) -> Up:
    """Raises ValidationError for options that contradict each other."""
    return Up(
        services=None if options.services is None else tuple(options.services),
        build=options.build,
        pull=options.pull,
        remove_orphans=options.remove_orphans,
        force_recreate=options.force_recreate,
        no_recreate=options.no_recreate,
        recreate_dependencies=options.always_recreate_deps,
        renew_volumes=options.renew_anon_volumes,
        dependencies=options.dependencies,
        start=options.start,
        wait=options.wait,
        wait_timeout=options.wait_timeout,
        scale=options.scale,
        rollback=options.rollback,
        strict=options.strict,
        rolling=options.rolling,
        timeout=options.timeout,
    )


def up_of_flags(flags: UpFlags, scale: Mapping[str, int], *, tell_orphans: bool = True) -> Up:
    """scale: the replicas that ``--scale`` names, by service. No services named means all. Raises as ``up_of``."""
    return replace(
        create_of_flags(flags, scale, tell_orphans=tell_orphans),
        recreate_dependencies=flags.always_recreate_deps,
        renew_volumes=flags.renew_anon_volumes,
        dependencies=not flags.no_deps,
        start=not flags.no_start,
        wait=flags.wait,
        wait_timeout=flags.wait_timeout,
        rollback=not flags.no_rollback,
        timeout=flags.timeout,
        rolling=flags.rolling,
    )


def pull_of(said: str | None) -> str | None:
    """The pull policy that ``--pull`` means for every service; None where each has its own: without it, and of ``build``."""
    return _PULLS.get(said, said)


def create_of_flags(flags: CreateFlags, scale: Mapping[str, int], *, tell_orphans: bool = True) -> Up:
    """All but the starts. Raises as ``up_of``."""
    return Up(
        services=tuple(flags.service) or None,
        build=flags.build or flags.pull == "build",
        no_build=flags.no_build,
        pull=pull_of(flags.pull),
        remove_orphans=bool(flags.remove_orphans),
        force_recreate=flags.force_recreate,
        no_recreate=flags.no_recreate,
        start=False,
        scale=scale,
        tell_orphans=tell_orphans,
    )


def up_alone(services: Sequence[str] | None) -> Up:
    """Of these services alone, as the files have them."""
    return Up(services=None if services is None else tuple(services), dependencies=False)


def up_built(services: Sequence[str] | None) -> Up:
    """Of these services and what they depend on, with their images built anew."""
    return Up(services=None if services is None else tuple(services), build=True)


def up_scaled(replicas: Mapping[str, int], *, dependencies: bool) -> Up:
    """Other numbers of containers. dependencies: what these services depend on is brought up too."""
    return Up(services=tuple(replicas), scale=replicas, dependencies=dependencies)


def down_whole() -> Down:
    """Of a project that was brought up for a while: nothing of it stays, its volumes neither."""
    return Down(volumes=True)


def down_with_volumes_kept() -> Down:
    """Of a project that somebody goes on with: what is in its volumes stays."""
    return Down()


def down_of(options: DownOptions) -> Down:
    """Of a stack; its networks always go."""
    return Down(
        volumes=options.volumes,
        remove_orphans=options.remove_orphans,
        timeout=options.timeout,
        images=options.images,
    )


def down_of_flags(flags: DownFlags) -> Down:
    """The same, from a shell."""
    services = tuple(flags.service) or None
    return Down(flags.volumes, True, bool(flags.remove_orphans), flags.timeout, flags.rmi, services)


def down_of_cleanup(options: CleanupOptions) -> Down:
    """Of projects that are known by their names alone."""
    return Down(volumes=options.volumes, networks=options.networks)


def log_request(options: StackLogOptions) -> LogRequest:
    """Which services, and how of each container."""
    from perry_ffi.model.container import LogOptions
    from perry_ffi.stack.logs import LogRequest

    services = None if options.services is None else tuple(options.services)
    plain = {name: getattr(options, name) for name in LogOptions.model_fields}
    return LogRequest(services, LogOptions.model_construct(**plain))
