"""The options of up, down and logs, from the models of a program and the flags of a shell, as ``perry_ffi.stack`` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from perry_ffi.stack.options import Down, Up

if TYPE_CHECKING:
    from perry_ffi.model.stack import CleanupOptions, DownOptions, StackLogOptions, UpOptions
    from perry_ffi.stack.logs import LogRequest


class UpFlags(Protocol):
    """The flags of ``perry-compose up``, as their parser leaves them."""

    service: list[str]
    build: bool
    pull: str | None
    remove_orphans: bool
    force_recreate: bool
    always_recreate_deps: bool
    no_recreate: bool
    no_deps: bool
    no_start: bool
    no_rollback: bool
    renew_anon_volumes: bool
    wait: bool
    wait_timeout: float | None
    timeout: float | None


class DownFlags(Protocol):
    """The flags of ``perry-compose down``, as their parser leaves them."""

    volumes: bool
    remove_orphans: bool
    rmi: str | None
    timeout: float | None


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
        timeout=options.timeout,
    )


def up_of_flags(flags: UpFlags, scale: Mapping[str, int]) -> Up:
    """scale: the replicas that ``--scale`` names, by service. No services named means all. Raises as ``up_of``."""
    return Up(
        services=tuple(flags.service) or None,
        build=flags.build,
        pull=flags.pull,
        remove_orphans=flags.remove_orphans,
        force_recreate=flags.force_recreate,
        no_recreate=flags.no_recreate,
        recreate_dependencies=flags.always_recreate_deps,
        renew_volumes=flags.renew_anon_volumes,
        dependencies=not flags.no_deps,
        start=not flags.no_start,
        wait=flags.wait,
        wait_timeout=flags.wait_timeout,
        scale=scale,
        rollback=not flags.no_rollback,
        timeout=flags.timeout,
    )


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
    return Down(volumes=flags.volumes, remove_orphans=flags.remove_orphans, timeout=flags.timeout, images=flags.rmi)


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
