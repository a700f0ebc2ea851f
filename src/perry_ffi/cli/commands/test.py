"""``perry-compose test``: what a service needs is brought up, a command runs in it, and all of it goes again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli import table
from perry_ffi.cli.table import SECONDS, TEXT, TEXTS, Command, Flag, Operand
from perry_ffi.cli.terminal import flush, out, plain, say, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.stack import RunOptions
    from perry_ffi.service.client import Client
    from perry_ffi.service.trial import Trial

LINES = 20
"""How much of each container's log is shown of a failure."""


class Arguments(table.Arguments):
    """The values of the options of ``test``."""

    service: str
    command: list[str]
    keep: bool
    logs: str | None
    env: list[str]
    build: bool
    pull: str | None
    wait_timeout: float | None
    timeout: float | None


COMMAND = Command(
    "test",
    "bring up what a service needs, run a command in it, and take all of it down",
    (
        Flag("keep", "take nothing down, and leave a failed start as it is"),
        Flag("logs", "of a failure: a file for each container's log in this folder", kind=TEXT, value="DIR", completes="folders"),
        Flag("env", "a variable of the command (repeat for more)", "e", TEXTS, value="NAME=VALUE"),
        Flag("build", "build images even where they are there"),
        Flag("pull", "over the services' own pull policies", kind=TEXT, words=("always", "missing", "never")),
        Flag("wait-timeout", "how long each wait for a service may take", kind=SECONDS),
        Flag("timeout", "how long the command may take", "t", SECONDS),
    ),
    (Operand("service", least=1, completes="services"), Operand("command", "COMMAND", many=True)),
    mixed=False,
    more="It is a project of its own: that of the files with -test behind its name, or what --project-name says, so that one that runs "
    "stays as it is. Its volumes go, too. The exit status is the command's; without a command, that of the service's own.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Run the test; its exit code. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project, with_engine, with_interrupts
    from perry_ffi.cli.inside import told_by_code
    from perry_ffi.cli.planned import show_plan
    from perry_ffi.cli.up_flags import options as up_options
    from perry_ffi.service.trial import plan, trial

    if not arguments.project_name:
        arguments.project_name = f"{load_project(arguments, invocation, [arguments.service]).name}-test"
    project = load_project(arguments, invocation, [arguments.service])
    options = _options(arguments, invocation)
    how = up_options(arguments, invocation)
    if arguments.dry_run:
        return show_plan(with_engine(invocation, lambda client: plan(client, project, arguments.service, how), progress=False))

    def heard(stream: str, text: str) -> None:
        if stream != "stderr":
            out(text)
            flush()
        elif invocation.screen.progress == "json":
            say(text)
        else:
            shown(text, end="")

    async def work(client: Client, interrupts: Interrupts) -> Trial:
        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        return await trial(client, project, arguments.service, options, how, keep=arguments.keep, heard=heard)

    done = with_interrupts(invocation, work)
    if done.failed:
        code = getattr(done.outcome, "exit_code", None)
        say(f"{arguments.service}: the test failed{'' if code is None else f': exit code {code}'}")
        _tell_logs(arguments, invocation, done.logs)
    for line in done.left:
        say(f"warning: {line}")
    if arguments.keep:
        say(f"{project.name} is kept: perry-compose -p {project.name} down -v takes it away")
    return told_by_code(done.exit_code)


def _options(arguments: Arguments, invocation: Invocation) -> RunOptions:
    from perry_ffi.model.base import validate
    from perry_ffi.model.stack import RunOptions

    said: dict[str, Any] = {"env": _variables(arguments.env, invocation), "timeout": arguments.timeout}
    return validate(RunOptions, {**said, "cmd": arguments.command or None}, "test")


def _variables(texts: list[str], invocation: Invocation) -> dict[str, str]:
    """One without a value has that of the program's own, if it has any."""
    rows = (text.partition("=") for text in texts)
    found = {name: value if equals else invocation.env.get(name) for name, equals, value in rows}
    return {name: value for name, value in found.items() if value is not None}


def _tell_logs(arguments: Arguments, invocation: Invocation, logs: Sequence[dict[str, Any]]) -> None:
    """The last lines of each container, or all of them in files. Raises ValidationError for a folder that cannot be written to."""
    by_name: dict[str, list[str]] = {}
    for record in logs:
        by_name.setdefault(record["container"], []).append(record["text"])
    if arguments.logs is not None:
        _write(arguments.logs, invocation, by_name)
        return
    for name, lines in by_name.items():
        say(f"the last lines of {plain(name)}:")
        for line in lines[-LINES:]:
            say(f"  | {line}")


def _write(folder: str, invocation: Invocation, by_name: dict[str, list[str]]) -> None:
    import os

    where = os.path.join(invocation.working_directory, folder)
    try:
        os.makedirs(where, exist_ok=True)
        for name, lines in by_name.items():
            with open(os.path.join(where, f"{name}.log"), "w", encoding="utf-8", errors="surrogateescape") as file:
                file.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        from perry_ffi.errors import ValidationError

        raise ValidationError(
            f"--logs {folder}: {error.strerror}", path="logs", expected="a folder that can be written to"
        ) from None
    say(f"logs of {len(by_name)} containers: {folder}")
