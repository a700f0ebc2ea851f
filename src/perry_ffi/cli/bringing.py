"""What the commands share that bring containers up: flags, and how their values are read."""

from __future__ import annotations

from perry_ffi.cli.table import TEXT, TEXTS, Flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from perry_ffi.cli.main import Invocation
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.options import Up

    class Bringing(Protocol):
        """The flags that ``asked`` looks at itself."""

        remove_orphans: bool | None
        scale: list[str]


_PULLS = ("always", "missing", "never", "build", "if_not_present")
FORM = Flag("format", "form of the plan", kind=TEXT, default="table", words=("table", "json"))
BUILD = Flag("build", "build images even where they are there")
NO_BUILD = Flag("no-build", "build nothing; an image that is missing and has to be built is an error")
PULL = Flag("pull", "over the services' own pull policies", kind=TEXT, words=_PULLS)
QUIET_PULL = Flag("quiet-pull", "do not show how pulls go on")
FORCE_RECREATE = Flag("force-recreate", "make the containers of the services anew")
NO_RECREATE = Flag("no-recreate", "leave existing containers as they are")
REMOVE_ORPHANS = Flag(
    "remove-orphans",
    "remove containers of services that the file does not have, and what run left",
    variable="COMPOSE_REMOVE_ORPHANS",
)
SCALE = Flag("scale", "number of containers of a service", kind=TEXTS, value="SERVICE=N")
YES = Flag("yes", "nothing is asked in any case", "y")


def require_some(project: Project) -> None:
    """Raises NotFound where there is no service to bring up: none at all, or each is of a profile that is not enabled."""
    if project.services:
        return
    from perry_ffi.errors import NotFound

    if not project.disabled_services:
        raise NotFound(f"project {project.name}: its files have no services", project=project.name)
    profiles = sorted({str(name) for row in project.disabled_services.values() for name in row.get("profiles") or ()})
    raise NotFound(
        f"project {project.name}: no service is selected: each is of a profile that is not enabled ({', '.join(profiles)})",
        project=project.name, remedy=f"--profile {next(iter(profiles), 'NAME')}, or the names of services",
    )  # fmt: skip


def replicas(texts: list[str], flag: str = "--scale ") -> dict[str, int]:
    """The numbers of containers, by service, of texts such as ``web=3``. Raises ValidationError."""
    found = {}
    for text in texts:
        service, _, number = text.partition("=")
        if not service or not (number.isascii() and number.isdigit()):
            from perry_ffi.errors import ValidationError

            raise ValidationError(f"{flag}{text}: expected SERVICE=N", path="scale", expected="SERVICE=N")
        found[service] = int(number)
    return found


def asked(make: Callable[..., Up], flags: Bringing, invocation: Invocation) -> Up:
    """What flags ask for, with what variables say of orphans. make: one of ``service.options``. Raises ValidationError."""
    from perry_ffi.cli.variables import ignores_orphans, removes_orphans

    flags.remove_orphans = removes_orphans(flags.remove_orphans, invocation)
    return make(flags, replicas(flags.scale), tell_orphans=not ignores_orphans(invocation))


def quiet(*, pull: bool = False, build: bool = False) -> frozenset[str]:
    """The operations that are not shown while they go on."""
    return frozenset(name for name, asked in (("pull", pull), ("build", build)) if asked)
