"""Programs the library starts: an argument vector, never a shell; bounded in time and output; never a zombie."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio
from anyio.abc import ByteReceiveStream, Process

from perry_ffi.errors import BackendError, NotFound, Timeout

MAX_OUTPUT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def find_program(name: str, search_path: str) -> str | None:
    """The absolute path of an executable ``name`` on ``search_path``; None if there is none, or the name is a path."""
    if not name or os.sep in name or name in (".", ".."):
        return None
    found = shutil.which(name, path=search_path)
    return os.path.abspath(found) if found else None


async def run_program(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    timeout: float,
    stdin: bytes = b"",
    max_output: int = MAX_OUTPUT,
) -> Finished:
    """Runs ``argv`` (``argv[0]`` an absolute path) to its end.

    Raises NotFound if it is not there, Timeout after ``timeout`` seconds, BackendError if it says more than
    ``max_output`` bytes. Cancelled or failed, the program is killed and waited for.
    """
    name = os.path.basename(argv[0])
    try:
        process = await anyio.open_process(list(argv), env=env, start_new_session=True)
    except FileNotFoundError:
        raise NotFound(f"the program {name} is not installed", program=name) from None
    except OSError as error:
        raise BackendError(f"the program {name} does not start: {error.strerror}", program=name) from error
    try:
        with anyio.fail_after(timeout):
            return await _communicate(process, stdin, name, max_output)
    except TimeoutError:
        raise Timeout(f"the program {name} did not end within {timeout:g} s", waitedFor=name, seconds=timeout) from None
    finally:
        await reap(process)


async def reap(process: Process) -> None:
    """Kills ``process`` if it still runs, waits for it and closes its pipes. Outlasts cancellation."""
    with anyio.CancelScope(shield=True):
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.aclose()


async def _communicate(process: Process, stdin: bytes, name: str, max_output: int) -> Finished:
    outputs: dict[str, bytes] = {}
    failures: list[BackendError] = []

    async def drain(which: str, stream: ByteReceiveStream) -> None:
        kept = bytearray()
        async for piece in stream:
            kept += piece
            if len(kept) > max_output:
                failures.append(BackendError(f"the program {name} says more than {max_output} bytes", program=name))
                process.kill()
                return
        outputs[which] = bytes(kept)

    assert process.stdin and process.stdout and process.stderr
    async with anyio.create_task_group() as group:
        group.start_soon(drain, "stdout", process.stdout)
        group.start_soon(drain, "stderr", process.stderr)
        # A program may end without reading its input; its exit code tells whether that was right.
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            if stdin:
                await process.stdin.send(stdin)
            await process.stdin.aclose()
        code = await process.wait()
    if failures:
        raise failures[0]
    return Finished(code, outputs["stdout"], outputs["stderr"])
