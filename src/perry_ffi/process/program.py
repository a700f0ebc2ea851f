"""Programs the library starts: an argument vector, never a shell; bounded in time and output; never a zombie.

Each program has a thread of its own that starts it and then waits for its end in the kernel. The thread is needed
for the start: the library's thread blocks SIGPIPE, so that a dying engine cannot kill the host, and a program
inherits the mask of the thread that starts it. Podman would hand it on to every container.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import anyio

from perry_ffi.errors import BackendError, NotFound, Timeout

MAX_OUTPUT = 16 * 1024 * 1024
KILL_SECONDS = 5.0
"""How long a killed program is waited for; its thread waits on, so that it does not stay a zombie."""
LEFT_SECONDS = 2.0
"""How long more is waited for of a program that has ended, where another one has its pipes, and is silent."""
_READ_BYTES = 64 * 1024


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
    import shutil  # not for those who start no program

    found = shutil.which(name, path=search_path)
    return os.path.abspath(found) if found else None


class Program:
    """A program that was started. Use from the tasks of the event loop that started it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.returncode: int | None = None
        """The exit code, negative the signal that ended it; None while it runs, and where it is lost."""
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._ended = asyncio.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._given_up = False

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None,
        cwd: str | None = None,
        stdin: int = subprocess.PIPE,
        stdout: int = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        file: int | None = None,
    ) -> Program:
        """Starts ``argv`` (``argv[0]`` an absolute path) in its own session. Raises OSError as the system says it.

        Nothing of this process's open files goes along but the three that are named, and ``file``, by its number, which is
        closed here whatever comes of it. ``env``: all of its environment, ``None`` for this process's.
        """
        program = cls(os.path.basename(argv[0]))
        options: dict[str, Any] = {"env": env, "cwd": cwd, "stdin": stdin, "stdout": stdout, "stderr": stderr, "bufsize": 0}
        options["pass_fds"] = () if file is None else (file,)
        thread = threading.Thread(target=program._live, args=(list(argv), options), name="perry-program", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            _close(options["pass_fds"])
            raise OSError(errno.EAGAIN, "no thread can be started") from error
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.shield(program._started)
        except asyncio.CancelledError:  # By a task's own ``cancel``, which no scope withholds.
            program._give_up()
            raise
        return program

    # -- its own thread ---------------------------------------------------------------------------

    def _live(self, argv: list[str], options: Mapping[str, Any]) -> None:
        try:
            popen = _popen(argv, options)
        except Exception as error:
            self._tell(self._started.set_exception, error)
            return
        self._tell(self._begin, popen)
        code = _wait_for_end(popen.pid)
        if not self._tell(self._end, code):
            _collect(popen, code)

    def _tell(self, call: Callable[..., None], *args: Any) -> bool:
        """Calls on the event loop; False if that is gone."""
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            return False
        return True

    # -- the event loop's side ----------------------------------------------------------------------

    def _begin(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        for pipe in self._pipes():
            os.set_blocking(pipe.fileno(), False)
        self._started.set_result(None)
        if self._given_up:
            self._give_up()

    def _give_up(self) -> None:
        """Nobody waits for it any more: it is killed, as soon as it is there. Its thread collects it."""
        self._given_up = True
        self._started.add_done_callback(lambda started: started.exception())  # Else the loop tells that nobody asked for it.
        if self._popen is not None:
            self.send_signal(signal.SIGKILL)
            self.close()

    def _end(self, code: int | None) -> None:
        assert self._popen is not None
        # Collected here and not in the thread: until now its id could not become another process's.
        _collect(self._popen, code)
        self.returncode = code
        self._ended.set()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._popen is not None
        return self._popen.pid

    @property
    def running(self) -> bool:
        """It has not ended."""
        return not self._ended.is_set()

    async def ended(self) -> None:
        """Waits for the end."""
        await self._ended.wait()

    async def wait(self) -> int:
        """Waits for the end and gives the exit code. BackendError if the host's SIGCHLD setting lost it."""
        await self.ended()
        if self.returncode is None:
            raise BackendError(
                f"the exit code of {self.name} is lost", program=self.name,
                remedy="the host process must not ignore SIGCHLD, nor wait for children that are not its own",
            )  # fmt: skip
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal to it and what it has started in its session, if it still runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def read(self, pipe: IO[bytes]) -> bytes:
        """Some bytes of its ``stdout`` or ``stderr``; ``b""`` at the end."""
        while True:
            try:
                return os.read(pipe.fileno(), _READ_BYTES)
            except BlockingIOError:
                await _ready(pipe.fileno(), self._loop.add_reader, self._loop.remove_reader)

    async def feed(self, data: bytes) -> None:
        """Writes its whole input, and ends it. A program may end, or close its input, without reading it."""
        pipe = self.stdin
        view = memoryview(data)
        with contextlib.suppress(BrokenPipeError):
            while view:
                try:
                    view = view[os.write(pipe.fileno(), view) :]
                except BlockingIOError:
                    await _ready(pipe.fileno(), self._loop.add_writer, self._loop.remove_writer)
        pipe.close()

    @property
    def stdin(self) -> IO[bytes]:
        """The pipe to it."""
        assert self._popen is not None and self._popen.stdin is not None
        return self._popen.stdin

    @property
    def outputs(self) -> dict[str, IO[bytes]]:
        """The pipes from it, by name."""
        assert self._popen is not None
        pipes = {"stdout": self._popen.stdout, "stderr": self._popen.stderr}
        return {name: pipe for name, pipe in pipes.items() if pipe is not None}

    def close(self) -> None:
        """Closes the pipes. Idempotent."""
        for pipe in self._pipes():
            pipe.close()

    def _pipes(self) -> list[IO[bytes]]:
        assert self._popen is not None
        return [pipe for pipe in (self._popen.stdin, self._popen.stdout, self._popen.stderr) if pipe is not None]


async def run_program(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    timeout: float,
    cwd: str | None = None,
    stdin: bytes = b"",
    max_output: int = MAX_OUTPUT,
    file: int | None = None,
) -> Finished:
    """Runs ``argv`` (``argv[0]`` an absolute path) to its end. file: as of ``Program.start``.

    Raises NotFound if it is not there, Timeout after ``timeout`` seconds, BackendError if it says more than
    ``max_output`` bytes. Cancelled or failed, the program is killed and waited for.
    """
    name = os.path.basename(argv[0])
    try:
        program = await Program.start(argv, env=env, cwd=cwd, file=file)
    except FileNotFoundError:
        raise NotFound(f"the program {name} is not installed", program=name) from None
    except OSError as error:
        raise BackendError(f"the program {name} does not start: {error.strerror}", program=name) from error
    try:
        with anyio.fail_after(timeout):
            return await _communicate(program, stdin, max_output)
    except TimeoutError:
        raise Timeout(f"the program {name} did not end within {timeout:g} s", waitedFor=name, seconds=timeout) from None
    finally:
        await reap(program)


async def reap(program: Program) -> None:
    """Kills ``program`` if it still runs, waits for it and closes its pipes. Outlasts cancellation."""
    program.send_signal(signal.SIGKILL)
    program.close()
    with anyio.move_on_after(KILL_SECONDS, shield=True):
        await program.ended()


async def _communicate(program: Program, stdin: bytes, max_output: int) -> Finished:
    outputs = {which: bytearray() for which in program.outputs}
    failures: list[BackendError] = []

    async def drain(kept: bytearray, pipe: IO[bytes]) -> None:
        while piece := await program.read(pipe):
            kept += piece
            if len(kept) > max_output:
                message = f"the program {program.name} says more than {max_output} bytes"
                failures.append(BackendError(message, program=program.name))
                program.send_signal(signal.SIGKILL)
                group.cancel_scope.cancel()
                return

    async def talk() -> None:
        async with anyio.create_task_group() as talking:
            for which, pipe in program.outputs.items():
                talking.start_soon(drain, outputs[which], pipe)
            await program.feed(stdin)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(talk)
        await program.ended()
        await _until_still(lambda: sum(map(len, outputs.values())))
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return Finished(await program.wait(), bytes(outputs["stdout"]), bytes(outputs["stderr"]))


async def _until_still(heard: Callable[[], int]) -> None:
    """Until nothing more was heard for as long as ``LEFT_SECONDS``."""
    before = -1
    while heard() != before:
        before = heard()
        await anyio.sleep(LEFT_SECONDS)


# -- the kernel ---------------------------------------------------------------------------------


def _popen(argv: Sequence[str], options: Mapping[str, Any]) -> subprocess.Popen[bytes]:
    """Starts a program by this thread, with no signal blocked that the library blocks for itself."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPIPE})
    try:
        return subprocess.Popen(argv, start_new_session=True, **options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        _close(options["pass_fds"])


def _wait_for_end(pid: int) -> int | None:
    """Blocks until the process has ended; its exit code, None if it is lost. It stays to be collected."""
    try:
        if not hasattr(os, "waitid"):
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        return None
    assert result is not None
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status


def _collect(popen: subprocess.Popen[bytes], code: int | None) -> None:
    """Takes an ended process out of the system's table."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(popen.pid, os.WNOHANG)
    popen.returncode = -1 if code is None else code


def _close(files: Sequence[int]) -> None:
    for file in files:
        os.close(file)


async def _ready(fd: int, add: Callable[..., Any], remove: Callable[[int], Any]) -> None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    add(fd, _wake, future)
    try:
        await future
    finally:
        remove(fd)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
