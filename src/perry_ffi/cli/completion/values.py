"""What the values of flags and operands may be, where that depends on files or on an engine: names, each with what it is.

Files that are wrong elsewhere still have services: what can be read of them is given, and nothing is said.
"""

from __future__ import annotations

from perry_ffi.cli.completion import declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments

    Values = Callable[[Arguments, Invocation, str], Iterator[tuple[str, str]]]


def services(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The services of the files, those of profiles that are not enabled among them."""
    for one in declared.services(arguments, invocation):
        yield one.name, one.text + (f" (profile {', '.join(one.profiles)})" if one.profiles else "")


def profiles(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The profiles of the files, and which services have them."""
    found: dict[str, list[str]] = {}
    for one in declared.services(arguments, invocation):
        for profile in one.profiles:
            found.setdefault(profile, []).append(one.name)
    for profile, names in sorted(found.items()):
        yield profile, ", ".join(sorted(names))


def scales(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """``SERVICE=``, of each service."""
    yield from ((f"{name}=", text) for name, text in services(arguments, invocation, typed))


def paths(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """``SERVICE:`` of each service; behind the colon the paths in its container."""
    service, colon, path = typed.partition(":")
    if colon and not typed.startswith(("/", ".")):
        from perry_ffi.cli.completion import inside

        yield from ((f"{service}:{found}", "") for found in inside.paths(arguments, invocation, service, path))
        return
    yield from ((f"{name}:", text) for name, text in services(arguments, invocation, typed))


def projects(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The projects that the engine holds containers of."""
    from perry_ffi.cli import read
    from perry_ffi.service.project_list import projects as held

    for one in read.ask(invocation, lambda reader: held(reader, all=True)):
        count = sum(one.states.values())
        yield one.name, f"{count} container{'s' if count > 1 else ''}"


def engines(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The engines that are driven."""
    from perry_ffi import drivers

    yield from ((row.name, "") for row in drivers.DRIVEN)


KINDS: dict[str, Values] = {
    "services": services,
    "profiles": profiles,
    "projects": projects,
    "scales": scales,
    "paths": paths,
    "engines": engines,
}
