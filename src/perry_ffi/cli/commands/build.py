"""``perry-compose build``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, TEXTS, Command, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.cli.main import Invocation


class Arguments(table.Arguments):
    """The values of the options of ``build``."""

    service: list[str]
    build_arg: list[str]
    builder: str | None
    check: bool
    memory: str | None
    no_cache: bool
    print: bool
    provenance: str | None
    pull: bool
    push: bool
    quiet: bool
    sbom: str | None
    ssh: list[str]
    with_dependencies: bool


COMMAND = Command(
    "build",
    "build the images of services",
    (
        Flag("build-arg", "a build argument, over those of the files (without a value: the variable's)", kind=TEXTS, value="NAME=VALUE"),
        Flag("no-cache", "use nothing that was built before"),
        Flag("pull", "pull base images also where they are there"),
        Flag("push", "push what was built under a name of its own"),
        Flag("with-dependencies", "also the images of what the services depend on"),
        Flag("ssh", "an ssh agent that steps can mount: default, or ID=SOCKET", kind=TEXTS, value="ID"),
        Flag("quiet", "do not show how it goes on", "q"),
        Flag("print", "print the builds as a definition for bake, and build nothing"),
        Flag("builder", "only default: an engine's own builder is used", kind=TEXT, value="NAME"),
        Flag("memory", "without effect: no engine bounds the memory of a build here", "m", TEXT, value="BYTES"),
        Flag("check", "not to be had: an engine's build API checks no definitions"),
        Flag("provenance", "only false: an engine's build API attests nothing", kind=TEXT),
        Flag("sbom", "only false: an engine's build API attests nothing", kind=TEXT),
        Flag("compress", "nothing else is done with it", hidden=True, default=True),
        Flag("force-rm", "nothing else is done with it", hidden=True, default=True),
        Flag("no-rm", "nothing else is done with it", hidden=True),
        Flag(
            "progress", "as before the command", kind=TEXT, words=("auto", "tty", "plain", "json", "quiet", "rawjson"), hidden=True
        ),
        Flag("parallel", "images are built beside each other in any case", hidden=True, default=True),
    ),
    (SERVICES,),
    more="Images that others are built from are built too, and first.",
)  # fmt: skip
_NO = ("", "false", "0", "f", "F", "FALSE", "False")


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Build, or print the builds. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project
    from perry_ffi.cli.images import carried_out, names
    from perry_ffi.cli.terminal import out, say
    from perry_ffi.service import project_images

    _refuse(arguments)
    project = load_project(arguments, invocation, arguments.service)
    services = names(project, arguments.service, arguments.with_dependencies)
    changed = project_images.asked_for(
        _arguments(arguments.build_arg, invocation.env), no_cache=arguments.no_cache, pull=arguments.pull, ssh=arguments.ssh
    )
    if arguments.print:
        import json

        out(json.dumps(project_images.bake(project, services, changed, push=arguments.push), indent=2) + "\n")
        return 0
    if arguments.memory is not None:
        say("warning: --memory: no engine bounds the memory of a build here; it is built without a bound")
    return carried_out(
        arguments,
        invocation,
        "nothing to build",
        lambda client: project_images.build(client, project, services, changed, push=arguments.push, rehearse=arguments.dry_run),
        arguments.quiet,
    )


def _refuse(arguments: Arguments) -> None:
    """Raises Unsupported for what no engine's build API has, Usage for a memory that is no size."""
    from perry_ffi.service.project_images import refuse

    if arguments.memory is not None:
        _check_size(arguments.memory)

    if arguments.builder not in (None, "", "default"):
        raise refuse("--builder", "images are built by the engine's own builder", "leave it out")
    if arguments.check:
        raise refuse("--check", "an engine's build API checks no definitions", "docker buildx build --check does")
    for flag, value in (("--provenance", arguments.provenance), ("--sbom", arguments.sbom)):
        if value is not None and value not in _NO:
            raise refuse(flag, "an engine's build API attests nothing", "docker buildx bake does, with what --print prints")


def _check_size(said: str) -> None:
    from perry_ffi.cli.usage import Usage
    from perry_ffi.errors import ValidationError
    from perry_ffi.model.values import size

    try:
        size(said)
    except ValidationError:
        raise Usage(f"--memory {said}: expected a size such as 64m", "build") from None


def _arguments(texts: list[str], env: Mapping[str, str]) -> dict[str, str]:
    """By name; one without a value has that of the variable of its name, and is left out where there is none."""
    pairs = [text.partition("=") for text in texts]
    return {name: value if equals else env[name] for name, equals, value in pairs if equals or name in env}
