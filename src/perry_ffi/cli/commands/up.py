"""``perry-compose up``: brings the project up, or says what it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import read, table
from perry_ffi.cli.bringing import (
    BUILD,
    FORCE_RECREATE,
    FORM,
    NO_BUILD,
    NO_RECREATE,
    PULL,
    QUIET_PULL,
    REMOVE_ORPHANS,
    SCALE,
    YES,
    asked,
    quiet,
    require_some,
)
from perry_ffi.cli.table import SECONDS, SERVICES, TEXT, TEXTS, Command, Flag
from perry_ffi.cli.terminal import say
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from perry_ffi.cli.attach import Attachment, Sources
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``up``."""

    service: list[str]
    detach: bool
    dry_run: bool
    format: str
    build: bool
    no_build: bool
    pull: str | None
    quiet_pull: bool
    quiet_build: bool
    force_recreate: bool
    always_recreate_deps: bool
    no_recreate: bool
    no_deps: bool
    no_start: bool
    remove_orphans: bool | None
    no_rollback: bool
    renew_anon_volumes: bool
    scale: list[str]
    wait: bool
    wait_timeout: float | None
    timeout: float | None
    rolling: bool
    attach: list[str]
    no_attach: list[str]
    attach_dependencies: bool
    abort_on_container_exit: bool
    abort_on_container_failure: bool
    exit_code_from: str | None
    no_log_prefix: bool
    no_color: bool
    timestamps: bool
    timing: bool
    watch: bool
    menu: bool
    yes: bool


COMMAND = Command(
    "up",
    "create and start containers",
    (
        Flag("detach", "leave the containers running and return", "d"),
        FORM,
        BUILD,
        NO_BUILD,
        PULL,
        QUIET_PULL,
        Flag("quiet-build", "do not show how builds go on"),
        FORCE_RECREATE,
        Flag("always-recreate-deps", "also what the named services depend on"),
        NO_RECREATE,
        Flag("no-deps", "not what the services depend on"),
        Flag("no-start", "create, do not start"),
        REMOVE_ORPHANS,
        Flag("no-rollback", "leave a failed attempt as it is"),
        Flag("renew-anon-volumes", "make the containers anew, with new anonymous volumes", "V"),
        SCALE,
        Flag("wait", "wait until everything is ready; implies --detach"),
        Flag("wait-timeout", "how long each wait may take", kind=SECONDS),
        Flag("rolling", "start what is new before what it replaces stops, service by service"),
        Flag("timeout", "how long a container that is replaced, or stopped in the end, gets to stop", "t", SECONDS),
        Flag("attach", "show the logs of these services alone", kind=TEXTS, value="SERVICE", completes="services"),
        Flag("no-attach", "do not show the logs of these services", kind=TEXTS, value="SERVICE", completes="services"),
        Flag("attach-dependencies", "also show the logs of what the named services depend on"),
        Flag("abort-on-container-exit", "stop everything when a container ends"),
        Flag("abort-on-container-failure", "stop everything when a container ends with a failure"),
        Flag(
            "exit-code-from", "end with the exit code of this service; stops everything when a container ends", kind=TEXT,
            value="SERVICE", completes="services",
        ),
        Flag("no-log-prefix", "without the names of containers before the lines of logs"),
        Flag("no-color", "logs without colours"),
        Flag("timestamps", "logs with times"),
        Flag("timing", "say where the time went: what the end waited for, step by step"),
        Flag("watch", "do what develop.watch says when source files change", "w"),
        Flag("menu", "no menu is shown: every key stays the terminal's own"),
        YES,
    ),
    (SERVICES,),
    more="Without --detach it shows the logs until all containers have ended. Ctrl-C stops them in good order, a second one kills "
    "them. An up that is interrupted before everything stands, or that fails, puts back what was there before.",
    looks=True,
)  # fmt: skip

_OF_NO_ACCOUNT = frozenset(
    ("detach", "menu", "no-build", "no-recreate", "no-rollback", "quiet-build", "quiet-pull", "remove-orphans", "timeout", "yes")
)
"""Flags that say nothing where nothing is to be done."""


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Bring up, or print the plan. Raises ContainerError, and Usage for flags that contradict each other."""
    _refuse_contradictions(arguments)
    read.lightly(invocation)
    from perry_ffi.cli.project import load_project

    project = load_project(arguments, invocation, arguments.service)
    require_some(project)
    if _is_plain(arguments, invocation) and read.settled(invocation, project):
        _tell_idle(project)
        return 0
    read.ready(invocation)
    from perry_ffi.cli.engine import with_engine, with_interrupts
    from perry_ffi.cli.planned import show_plan
    from perry_ffi.service import projects
    from perry_ffi.service.options import up_of_flags

    options = asked(up_of_flags, arguments, invocation)
    attachment = None if _detached(arguments) else _attachment(arguments, project)
    if arguments.dry_run:
        return show_plan(with_engine(invocation, lambda client: projects.plan(client, project, options)), arguments.format)
    invocation.screen.unseen = quiet(pull=arguments.quiet_pull, build=arguments.quiet_build)

    async def work(client: Client, interrupts: Interrupts) -> int:
        async def bring_up() -> None:
            bringing: Awaitable[Plan] = projects.up(client, project, options)
            if arguments.timing:
                from perry_ffi.cli.show.timing import timed

                bringing = timed(client.event_bus, invocation.screen, project.name, bringing)
            if (await bringing).idle:
                _tell_idle(project)

        interrupts.hasty = "in haste: what has to stop is killed; once more leaves it as it is"
        if attachment is None:
            await bring_up()
            return 0
        from perry_ffi.cli.attach import Attached
        from perry_ffi.cli.show.logs import LogLines

        lines = LogLines.on(
            invocation.screen, prefix=not arguments.no_log_prefix, timestamps=arguments.timestamps, colours=not arguments.no_color
        )
        watched = await _sources(client, project, attachment) if arguments.watch else None
        return await Attached(client, interrupts, project, attachment, lines, watched).run(bring_up)

    return with_interrupts(invocation, work)


def _tell_idle(project: Project) -> None:
    say(f"{project.name}: nothing to do")


def _is_plain(arguments: Arguments, invocation: Invocation) -> bool:
    """Whether all that is asked for is that everything runs, and people are told in words. Raises ValidationError."""
    from perry_ffi.cli.variables import compatibility, parallel, removes_orphans

    parallel(invocation)
    removes_orphans(arguments.remove_orphans, invocation)
    said = any(
        getattr(arguments, row.member) != row.default
        for row in COMMAND.flags
        if row.name not in _OF_NO_ACCOUNT and row.kind != TEXTS
    )
    named = any(getattr(arguments, row.member) for row in COMMAND.flags if row.kind == TEXTS)
    whole = arguments.detach and not (said or named or arguments.service or arguments.dry_run)
    return whole and not compatibility(invocation) and invocation.screen.progress != "json"


async def _sources(client: Client, project: Project, attachment: Attachment) -> Sources:
    from perry_ffi.service.sources import sources

    return await sources(client, project, attachment.services, say)


def _detached(arguments: Arguments) -> bool:
    return arguments.detach or arguments.wait or arguments.no_start


def _refuse_contradictions(arguments: Arguments) -> None:
    alone = [
        name
        for name, given in (
            ("--abort-on-container-exit", arguments.abort_on_container_exit),
            ("--abort-on-container-failure", arguments.abort_on_container_failure),
            ("--exit-code-from", arguments.exit_code_from),
            ("--attach", arguments.attach),
            ("--attach-dependencies", arguments.attach_dependencies),
            ("--watch", arguments.watch),
        )
        if given
    ]
    without = "--detach" if arguments.detach else "--wait" if arguments.wait else "--no-start"
    pairs = [(without, alone[0])] if alone and _detached(arguments) else []
    if arguments.attach and arguments.attach_dependencies:
        pairs.append(("--attach", "--attach-dependencies"))
    if arguments.build and arguments.no_build:
        pairs.append(("--build", "--no-build"))
    if arguments.abort_on_container_exit and arguments.abort_on_container_failure:
        pairs.append(("--abort-on-container-exit", "--abort-on-container-failure"))
    for one, other in pairs:
        raise Usage(f"{one} and {other} contradict each other", "up")


def _attachment(arguments: Arguments, project: Project) -> Attachment:
    """Whose ends count, and whose logs are shown: those of the named services, or of all, less what wants none.

    Raises NotFound for a service that there is not, and where the exit code would be that of one that is not brought up.
    """
    from perry_ffi.cli.attach import Attachment
    from perry_ffi.service.project_images import with_dependencies

    named = list(arguments.service) or None
    needed = with_dependencies(project, named)
    services = needed if arguments.attach_dependencies else named
    code_of = arguments.exit_code_from or None
    with_dependencies(project, [*arguments.attach, *arguments.no_attach, *filter(None, [code_of])])
    brought = named if arguments.no_deps else needed
    if code_of and brought is not None and code_of not in brought:
        raise NotFound(f"--exit-code-from {code_of}: this up does not bring it up", service=code_of)
    counting = list(project.services if services is None else services)
    counting += [name for name in (*arguments.attach, code_of) if name and name not in counting]
    shown = set(arguments.attach) or {name for name in counting if project.services[name].get("attach", True)}
    shown -= set(arguments.no_attach)
    return Attachment(
        None if services is None else counting,
        {name for name in counting if name not in shown},
        any_end=arguments.abort_on_container_exit,
        failure=arguments.abort_on_container_failure,
        code_of=code_of,
        timeout=arguments.timeout,
    )
