"""Variables that stand for flags: ``COMPOSE_...``, of the process or of the project's env files. docs/cli.md has them all."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.cli.main import Invocation

_TRUE = ("1", "t", "true", "y", "yes", "on")


def truth(variables: Mapping[str, str], name: str) -> bool:
    """Whether a variable says yes."""
    return variables.get(name, "").strip().lower() in _TRUE


def switched(said: bool | None, variable: str, invocation: Invocation) -> bool:
    """What the command line says of a switch, else the variable that stands for it."""
    return truth(invocation.variables, variable) if said is None else said


def parallel(invocation: Invocation) -> int | None:
    """How many things may be done at once, at most: ``--parallel``, else COMPOSE_PARALLEL_LIMIT; ``None``: as many as are due.

    Raises ValidationError for what is no number.
    """
    flag = invocation.parallel
    if flag is None:
        text = invocation.variables.get("COMPOSE_PARALLEL_LIMIT", "").strip()
        try:
            flag = int(text or "-1")
        except ValueError:
            from perry_ffi.errors import ValidationError

            message = f"COMPOSE_PARALLEL_LIMIT: expected a whole number, found {text!r}"
            raise ValidationError(message, variable="COMPOSE_PARALLEL_LIMIT", expected="a whole number") from None
    return flag if flag > 0 else None


def compatibility(invocation: Invocation) -> bool:
    """Whether containers and images are named with underscores: ``--compatibility``, else COMPOSE_COMPATIBILITY."""
    return switched(invocation.compatibility, "COMPOSE_COMPATIBILITY", invocation)


def removes_orphans(flag: bool | None, invocation: Invocation) -> bool:
    """``--remove-orphans``, else COMPOSE_REMOVE_ORPHANS. Raises Usage where orphans are to be removed and ignored."""
    asked = switched(flag, "COMPOSE_REMOVE_ORPHANS", invocation)
    if asked and ignores_orphans(invocation):
        from perry_ffi.cli.usage import Usage

        raise Usage("COMPOSE_IGNORE_ORPHANS and --remove-orphans contradict each other")
    return asked


def ignores_orphans(invocation: Invocation) -> bool:
    """Whether nothing is said of them: COMPOSE_IGNORE_ORPHANS."""
    return truth(invocation.variables, "COMPOSE_IGNORE_ORPHANS")
