"""What the values of flags and operands may be, where that depends on files or on an engine: names, each with what it is.

Files that are wrong elsewhere still have services: what can be read of them is given, and nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments

    Values = Callable[[Arguments, Invocation, str], Iterator[tuple[str, str]]]


def services(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The services of the files, those of profiles that are not enabled among them."""
    for name, row in sorted(_services(arguments, invocation).items()):
        profiles = row.get("profiles") or ()
        yield name, _said(row) + (f" (profile {', '.join(map(str, profiles))})" if profiles else "")


def profiles(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """The profiles of the files, and which services have them."""
    found: dict[str, list[str]] = {}
    for name, row in _services(arguments, invocation).items():
        for profile in row.get("profiles") or ():
            found.setdefault(str(profile), []).append(name)
    for profile, names in sorted(found.items()):
        yield profile, ", ".join(sorted(names))


def scales(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """``SERVICE=``, of each service."""
    yield from ((f"{name}=", text) for name, text in services(arguments, invocation, typed))


def paths(arguments: Arguments, invocation: Invocation, typed: str) -> Iterator[tuple[str, str]]:
    """``SERVICE:`` of each service."""
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


def _services(arguments: Arguments, invocation: Invocation) -> Mapping[str, dict[str, Any]]:
    """The services of the files as they stand there; with variables if they can be had, for they may be in a name of a file."""
    from perry_ffi.compose import LoadOptions, load_tree

    for interpolate in (True, False):
        try:
            tree = load_tree(
                arguments.file,
                project_directory=arguments.project_directory,
                project_name=arguments.project_name,
                env_files=arguments.env_file,
                env=invocation.env,
                stdin=lambda: b"",
                working_directory=invocation.working_directory,
                options=LoadOptions(
                    interpolate=interpolate, normalize=False, resolve_paths=False, check_consistency=False,
                    resolve_environment=False,
                ),
            )  # fmt: skip
        except ContainerError:
            continue
        return {str(name): row for name, row in (tree.get("services") or {}).items() if isinstance(row, dict)}
    return {}


def _said(row: Mapping[str, Any]) -> str:
    return str(row.get("image") or ("built here" if row.get("build") else "service"))
