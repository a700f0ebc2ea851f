"""``perry-compose wait``: until containers end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client
    from perry_ffi.stack.observed import Replica


class Arguments(table.Arguments):
    """The values of the options of ``wait``."""

    service: list[str]
    down_project: bool
    format: str


COMMAND = Command(
    "wait",
    "wait until containers end, and print their exit codes",
    (
        Flag("down-project", "take the project down when the first container ends"),
        Flag("format", "json: an object a line", kind=TEXT, default="text", words=("text", "json")),
    ),
    (Operand("service", least=1, many=True, completes="services"),),
    more="What has ended already tells its exit code at once. It ends with the exit code of the container that ended last; with "
    "--down-project of the one that ended first.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Wait. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name, with_engine
    from perry_ffi.cli.terminal import flush, out, plain, say
    from perry_ffi.service import inside, projects
    from perry_ffi.service.options import down_with_volumes_kept
    from perry_ffi.stack.services import require_services

    name, project = project_name(arguments, invocation)
    if project is not None:
        require_services(arguments.service, project.services, project.disabled_services)

    async def work(client: Client) -> int:
        if arguments.dry_run:
            say(plain(f"it would wait for {', '.join(arguments.service)}"))
            return 0
        code = 0
        async for row, code in inside.wait(client, name, arguments.service):
            out(_line(row, code, arguments.format))
            flush()
            if arguments.down_project:
                break
        if arguments.down_project:
            options = down_with_volumes_kept()
            model = project or await projects.model_for_down(client, name, options)
            report = await projects.down(client, name, model, options)
            for error in report.errors:
                say(f"perry-compose: {error}")
        return code

    return with_engine(invocation, work, progress=arguments.down_project)


def _line(row: Replica, code: int, form: str) -> str:
    if form == "json":
        import json

        return json.dumps({"ID": row.id, "Name": row.name, "Service": row.service, "ExitCode": code}) + "\n"
    return f'container "{row.id}" exited with status code {code}\n'
