"""The services that Compose files declare, as far as completion tells of them: at every Tab, and so from what was kept, if it holds."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from perry_ffi.cli.completion.kept import Kept
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments


class Service:
    """A service: its name, what it is in a word or two, the profiles that it is of."""

    __slots__ = ("name", "profiles", "text")

    def __init__(self, name: str, text: str, profiles: tuple[str, ...]) -> None:
        self.name, self.text, self.profiles = name, text, profiles


def services(arguments: Arguments, invocation: Invocation) -> list[Service]:
    """Those of the files, by their names, those of profiles that are not enabled among them; none where no file can be read."""
    kept = _kept(arguments, invocation)
    rows = kept.rows() if kept is not None else None
    if rows is None:
        looked: dict[str, None] = {}
        found = _loaded(arguments, invocation, looked)
        rows = [[name, _said(row), *map(str, row.get("profiles") or ())] for name, row in sorted((found or {}).items())]
        if kept is not None and found is not None:
            kept.keep(rows, looked)
    return [Service(name, text, tuple(profiles)) for name, text, *profiles in rows]


def _kept(arguments: Arguments, invocation: Invocation) -> Kept | None:
    """What was kept of the same question. None where nothing can be: standard input is another at each time."""
    from perry_ffi.cli.completion.kept import Kept, folder

    place = folder(invocation.env)
    if place is None or "-" in arguments.file:
        return None
    question = [
        invocation.working_directory, arguments.project_directory or "", arguments.project_name or "", "files",
        *arguments.file, "env files", *arguments.env_file, "variables",
        *(f"{name}={value}" for name, value in sorted(invocation.env.items())),
    ]  # fmt: skip
    return Kept(place, question)


def _loaded(arguments: Arguments, invocation: Invocation, looked: dict[str, None]) -> Mapping[str, dict[str, Any]] | None:
    """The services as they stand there; with variables if they can be had, for they may be in a name of a file.

    looked: takes the paths that they follow from. None where the files cannot be read.
    """
    from perry_ffi.compose import LoadOptions, load_tree
    from perry_ffi.errors import ContainerError

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
                looked=looked,
            )  # fmt: skip
        except ContainerError:
            continue
        return {str(name): row for name, row in (tree.get("services") or {}).items() if isinstance(row, dict)}
    return None


def _said(row: Mapping[str, Any]) -> str:
    return str(row.get("image") or ("built here" if row.get("build") else "service"))
