"""What the parser leaves of a command line: the values of the global options; each subcommand adds those of its own."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Subcommands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class GlobalArguments(argparse.Namespace):
    """The values of the global options."""

    file: list[str]
    project_name: str | None
    project_directory: str | None
    profile: list[str]
    env_file: list[str]
    all_resources: bool
    context: str | None
    host: str | None
