"""Which project a subcommand works on: read from the files that the command line names or that are found here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.cli.terminal import say, standard_input
from perry_ffi.compose import LoadOptions, Project, declared_name, load
from perry_ffi.errors import ContainerError, NotFound

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments


def load_project(arguments: Arguments, invocation: Invocation, services: Sequence[str] = ()) -> Project:
    """The project of the global options, with the profiles of ``services``; warnings go to standard error.

    Raises ContainerError.
    """
    said: list[bytes] = []

    def stdin() -> bytes:
        if not said:
            said.append(standard_input())
        return said[0]

    def read(profiles: Sequence[str] | None) -> Project:
        return load(
            arguments.file,
            project_directory=arguments.project_directory,
            project_name=arguments.project_name,
            profiles=profiles,
            env_files=arguments.env_file,
            env=invocation.env,
            stdin=stdin,
            working_directory=invocation.working_directory,
            options=LoadOptions(all_resources=arguments.all_resources),
        )

    project = read(arguments.profile or None)
    invocation.project, invocation.variables = project.name, project.environment
    if more := project.profiles_of(services):
        project = read([*project.profiles, *more])
    for _, message in project.warnings:
        say(f"warning: {message}")
    return project


def project_name(arguments: Arguments, invocation: Invocation, services: Sequence[str] = ()) -> tuple[str, Project | None]:
    """The name of the project that a subcommand is to look at or take down, and its model if the files here are its, with the
    profiles of ``services``.

    A file that is merely found here is that of a project named with ``--project-name`` only where its ``name`` says so. Else
    the project is what the engine holds under the name; so it is, with a warning, where files that are merely found cannot be
    read, for what runs has to be stopped also then. Raises ContainerError.
    """
    named = arguments.project_name
    said = bool(arguments.file or invocation.env.get("COMPOSE_FILE"))
    if named and not said and not _is_called(named, arguments, invocation):
        invocation.project = named
        return named, None
    called = named or invocation.env.get("COMPOSE_PROJECT_NAME")
    try:
        project = load_project(arguments, invocation, services)
    except ContainerError as error:
        if said or not called:
            raise
        if not isinstance(error, NotFound):
            say(f"warning: {called} is taken as the engine has it: {error}")
        invocation.project = called
        return called, None
    return project.name, project


def _is_called(name: str, arguments: Arguments, invocation: Invocation) -> bool:
    """Whether there are files here that call themselves so; whatever is wrong with others, it is nobody's business."""
    try:
        found = declared_name(
            project_directory=arguments.project_directory, env_files=arguments.env_file, env=invocation.env,
            working_directory=invocation.working_directory,
        )  # fmt: skip
    except ContainerError:
        return False
    return found == name
