"""What the commands that work inside containers share: which container, which terminal, which variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli.table import NUMBER, Flag

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from perry_ffi.backends.contract.interaction import Terms
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments
    from perry_ffi.service.client import Client
    from perry_ffi.service.streams import Source
    from perry_ffi.stack.inside import Wanted

_TURNS = 10
"""Of the loop, in which whoever shows the work hears that it is over, and takes away what moves."""
INDEX = Flag("index", "the container with this number, where a service has several", kind=NUMBER, default=0)


def wanted_of(
    arguments: Arguments, invocation: Invocation, service: str, index: int, *, one_offs: bool = False
) -> tuple[str, Wanted]:
    """The project's name, and which of its containers is meant. Raises ContainerError."""
    from perry_ffi.cli.engine import project_name
    from perry_ffi.stack.inside import Wanted

    name, project = project_name(arguments, invocation)
    known = {} if project is None else project.all_services
    return name, Wanted(service, index or None, one_offs, known)


def terms_of(invocation: Invocation, *, stdin: bool, tty: bool, keys: str = "") -> Terms:
    """How a conversation is held: with a terminal only where a person is at one."""
    from perry_ffi.backends.contract.interaction import Terms
    from perry_ffi.cli.talk import terminal_size

    terminal = tty and invocation.screen.talks
    return Terms(stdin=stdin, terminal=terminal, size=terminal_size() if terminal else None, detach_keys=keys)


def variables(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """``NAME=value`` each; a bare name has the value that it has here, and is left out where it has none."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals:
            found[name] = value
        elif name in environ:
            found[name] = environ[name]
    return found


def env_files(files: Iterable[str], invocation: Invocation) -> dict[str, str]:
    """The variables of files, those of the later ones over those of the earlier. Raises ContainerError."""
    import os

    from perry_ffi.compose.dotenv import read_env_file

    found: dict[str, str] = {}
    for file in files:
        read_env_file(os.path.join(invocation.working_directory, file), found, invocation.env.get, {})
    return found


def detach_keys(text: str | None, command: str) -> bytes:
    """The keys that leave a conversation. Raises Usage."""
    from perry_ffi.cli.talk import DETACH, read_keys
    from perry_ffi.cli.usage import Usage

    try:
        return read_keys(text) if text else DETACH
    except ValueError:
        raise Usage(f"--detach-keys {text}: expected letters and ctrl-LETTER, with commas: ctrl-p,ctrl-q", command) from None


async def shown_to_the_end(client: Client) -> None:
    """Nothing more is shown of what was brought up: the terminal is the container's from now on."""
    import asyncio

    client.event_bus.end()
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def told_by_code(work: Callable[[], int]) -> int:
    """What ``work`` ends with: for a command that could not be run what a shell ends with, once it is said why."""
    from perry_ffi.errors import ContainerError

    try:
        return work()
    except ContainerError as error:
        code = error.details.get("exitCode")
        if code not in (126, 127):
            raise
        from perry_ffi.cli.explain import explain
        from perry_ffi.cli.terminal import say

        say(explain(error))
        return int(code)


def refuse_terminal(invocation: Invocation, command: str, remedy: str) -> None:
    """Raises Usage where a tar file would be written to a terminal."""
    if invocation.screen.terminal:
        from perry_ffi.cli.usage import Usage

        raise Usage(f"a tar file is not written to a terminal: {remedy}", command)


async def written_to(path: str | None, stream: Source[bytes]) -> None:
    """Writes all of a stream to a file, which is there when it is whole, or to standard output. Raises ContainerError, Unwritable."""
    from perry_ffi.cli.talk import write

    try:
        if path is None:
            while (pieces := await stream.next()) is not None:
                for piece in pieces:
                    await write(1, piece)
        else:
            await _into_file(path, stream)
    finally:
        await stream.aclose()


async def _into_file(path: str, stream: Source[bytes]) -> None:
    import os
    from contextlib import suppress

    from perry_ffi.errors import ValidationError

    part = f"{path}.part-{os.getpid()}"
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # A device or a pipe is written to; what is a folder tells itself.
            part = path
        try:
            file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                while (pieces := await stream.next()) is not None:
                    for piece in pieces:
                        _write_all(file, piece)
            finally:
                os.close(file)
            if part != path:
                os.replace(part, path)
        except OSError as error:
            raise ValidationError(f"{path}: cannot be written: {error.strerror}", file=path) from error
    except BaseException:
        if part != path:
            with suppress(OSError):
                os.unlink(part)
        raise


def _write_all(file: int, data: bytes) -> None:
    import os

    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


async def standard_input_pieces() -> AsyncIterator[bytes]:
    """All of it, as it is read."""
    from perry_ffi.cli.talk import read

    while piece := await read(0):
        yield piece
