"""Lifecycle hooks: commands of the file that run inside a container after its start or before its stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.errors import ServiceStartupFailed

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.stack.translate.hooks import Hook

LAST_LINES = 20


async def run_hook(backend: Backend, ident: str, hook: Hook, service: str, which: str) -> None:
    """Runs a ``post_start`` or ``pre_stop`` hook in the container ``ident``. which: its place, as ``post_start[0]``.

    Raises ServiceStartupFailed, with the exit code and the last lines, if it ends with another code than 0.
    """
    from perry_ffi.model.container import ExecOptions

    options = ExecOptions(
        env=dict(hook.env), workdir=hook.working_dir or None, user=hook.user or None, privileged=hook.privileged
    )
    result = await backend.exec_container(ident, list(hook.command), options)
    if result.exit_code:
        raise hook_failed(service, which, result.exit_code, result.stdout + result.stderr)


def hook_failed(service: str, which: str, code: int, output: str) -> ServiceStartupFailed:
    """The error of a hook that ended with another code than 0."""
    return ServiceStartupFailed(
        f"services.{service}.{which}: the hook ended with exit code {code}",
        service=service, reason=f"{which} failed", exitCode=code, logs=output.splitlines()[-LAST_LINES:],
    )  # fmt: skip
