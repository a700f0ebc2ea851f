"""``perry-compose run``: a container of a service of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.bringing import PULL, QUIET_PULL, REMOVE_ORPHANS
from perry_ffi.cli.table import SERVICE, TEXT, TEXTS, Command, Flag, Operand

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client
    from perry_ffi.stack.one_off_spec import OneOff


class Arguments(table.Arguments):
    """The values of the options of ``run``."""

    service: str
    command: list[str]
    build: bool
    cap_add: list[str]
    cap_drop: list[str]
    detach: bool
    entrypoint: str | None
    env: list[str]
    env_from_file: list[str]
    interactive: bool
    label: list[str]
    name: str | None
    no_deps: bool
    no_recreate: bool
    no_tty: bool
    publish: list[str]
    pull: str | None
    quiet: bool
    quiet_build: bool
    quiet_pull: bool
    remove_orphans: bool | None
    rm: bool
    service_ports: bool
    tty: bool
    use_aliases: bool
    user: str | None
    volume: list[str]
    workdir: str | None


COMMAND = Command(
    "run",
    "run a command in a container of its own",
    (
        Flag("build", "build the image first"),
        Flag("cap-add", "add a capability (repeat for more)", kind=TEXTS, value="NAME"),
        Flag("cap-drop", "drop a capability (repeat for more)", kind=TEXTS, value="NAME"),
        Flag("detach", "run it in the background, and print its id", "d"),
        Flag("entrypoint", "in place of the image's", kind=TEXT, value="COMMAND"),
        Flag("env", "environment variable (repeat for more)", "e", TEXTS, value="NAME=VALUE"),
        Flag("env-from-file", "file of environment variables (repeat for more)", kind=TEXTS, value="FILE", completes="files"),
        Flag("interactive", "keep standard input open", "i", default=True),
        Flag("label", "label (repeat for more)", "l", TEXTS, value="NAME=VALUE"),
        Flag("name", "name of the container", kind=TEXT, value="NAME"),
        Flag("no-deps", "not what the service depends on"),
        Flag("no-recreate", "leave containers of what it depends on as they are"),
        Flag("no-tty", "no terminal in the container (default where there is none here)", "T", also=("no-TTY",)),
        Flag("publish", "publish a port (repeat for more)", "p", TEXTS, value="PORT"),
        PULL,
        Flag("quiet", "print nothing but what the command prints", "q"),
        Flag("quiet-build", "do not show how builds go on"),
        QUIET_PULL,
        REMOVE_ORPHANS,
        Flag("rm", "remove the container when it ends"),
        Flag("service-ports", "publish the ports of the service", "P"),
        Flag("tty", "a terminal in the container", "t", default=True, hidden=True),
        Flag("use-aliases", "it answers to the names of the service"),
        Flag("user", "run as this user", "u", TEXT, value="USER"),
        Flag("volume", "mount (repeat for more)", "v", TEXTS, value="SOURCE:TARGET"),
        Flag("workdir", "folder in the container", "w", TEXT, value="DIR"),
    ),
    (SERVICE, Operand("command", many=True)),
    mixed=False,
    more="What the service depends on is brought up first. It ends with the exit code of the command: 126 or 127 where that could "
    "not be run. Signals are passed on; the third SIGINT or SIGTERM within three seconds kills it.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Run it. Raises ContainerError, Usage."""
    from perry_ffi.cli.bringing import quiet
    from perry_ffi.cli.engine import load_project, with_interrupts
    from perry_ffi.cli.forwarding import killing
    from perry_ffi.cli.inside import shown_to_the_end, terms_of
    from perry_ffi.cli.inside import told_by_code as told
    from perry_ffi.cli.talk import converse, forwarded
    from perry_ffi.cli.terminal import out
    from perry_ffi.service import inside

    terms = terms_of(invocation, stdin=arguments.interactive, tty=arguments.tty and not arguments.no_tty)
    options = _options(arguments, invocation, terms.terminal)
    project = load_project(arguments, invocation, [arguments.service])
    invocation.screen.unseen = quiet(pull=arguments.quiet_pull, build=arguments.quiet_build)

    async def work(client: Client, interrupts: Interrupts) -> int:
        if arguments.dry_run:
            return await _planned(client)
        if arguments.detach:
            ident = await inside.run_detached(client, project, arguments.service, options)
            if not arguments.quiet:
                out(f"{ident}\n")
            return 0
        attached = await inside.run(client, project, arguments.service, options, terms)
        await shown_to_the_end(client)
        try:
            with forwarded(interrupts, killing(attached)):
                await attached.start()
                if await converse(attached.talk):
                    attached.keep()
                    return 0
                return await attached.exit_code()
        finally:
            await attached.aclose()

    async def _planned(client: Client) -> int:
        from perry_ffi.cli.planned import show_plan

        return show_plan(await inside.plan_run(client, project, arguments.service, options), "table")

    return told(lambda: with_interrupts(invocation, work, progress=not arguments.quiet))


def _options(arguments: Arguments, invocation: Invocation, terminal: bool) -> OneOff:
    """Raises Usage, ValidationError."""
    import shlex

    from perry_ffi.cli.inside import env_files, variables
    from perry_ffi.cli.usage import Usage
    from perry_ffi.service.options import pull_of
    from perry_ffi.stack.one_off_spec import OneOff

    if arguments.publish and arguments.service_ports:
        raise Usage("--publish and --service-ports contradict each other", "run")
    try:
        entrypoint = None if arguments.entrypoint is None else shlex.split(arguments.entrypoint)
    except ValueError as error:
        raise Usage(f"--entrypoint {arguments.entrypoint}: {error}", "run") from None
    attached = not arguments.detach
    return OneOff(
        cmd=arguments.command or None,
        entrypoint=entrypoint,
        env={**env_files(arguments.env_from_file, invocation), **variables(arguments.env, invocation.env)},
        user=arguments.user,
        workdir=arguments.workdir,
        name=arguments.name,
        labels=dict(text.partition("=")[::2] for text in arguments.label),
        ports=arguments.publish,
        service_ports=arguments.service_ports,
        volumes=arguments.volume,
        cap_add=arguments.cap_add,
        cap_drop=arguments.cap_drop,
        use_aliases=arguments.use_aliases,
        tty=terminal if attached else None,
        stdin=arguments.interactive if attached else None,
        rm=arguments.rm,
        dependencies=not arguments.no_deps,
        no_recreate=arguments.no_recreate,
        build=arguments.build or arguments.pull == "build",
        pull=pull_of(arguments.pull),
        remove_orphans=bool(arguments.remove_orphans),
    )
