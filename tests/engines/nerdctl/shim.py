"""The process that stays with a container: it starts its command, keeps its log, and notes its end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from pathlib import Path

from tests.engines import namespaces
from tests.engines.nerdctl.store import Document, Store, container, now

RESTART_SECONDS = 0.3
_PIECE = 32768
_AGAIN = 10
_MOST_RUNS = 100


def start(store: Store, ident: str) -> str:
    """Starts a container with a process beside it; empty, or why it does not start."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(read)
            _be(store, ident, write)
        os._exit(0)
    os.wait()
    os.close(write)
    with open(read, "rb") as said:
        return said.read().decode()


def _be(store: Store, ident: str, write: int) -> None:
    """The life of the shim: a process of namespaces of its own for each run."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.closerange(write + 1, 256)
    for _ in range(_MOST_RUNS):
        pid = os.fork()
        if pid == 0:
            os._exit(_one_run(store, ident, write))
        with contextlib.suppress(OSError):
            os.close(write)
        write = -1  # its number may be another file's in the next run
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != _AGAIN or not _again(store, ident):
            break
    os._exit(0)


def _one_run(store: Store, ident: str, write: int) -> int:
    try:
        state = store.read()
        found = state["containers"][ident]
        owner = found["pid_mode"].partition("container:")[2]
        namespaces.unshare(processes_of=_running(container(state, owner)) if owner else 0)
        return _AGAIN if _run(store, found, _root(store, found), write) else 0
    except Exception as error:
        with contextlib.suppress(OSError):
            os.write(write, f"OCI runtime create failed: runc create failed: {error}".encode())
        return 1


def _running(found: Document) -> int:
    """The first process of a container that others share namespaces with."""
    if found["status"] != "running":
        raise ValueError("shared container is not running")
    return int(found["pid"])


def _again(store: Store, ident: str) -> bool:
    """Waits as long as a restart is put off; whether it is still wanted then."""
    time.sleep(RESTART_SECONDS)
    with store.changing() as state:
        kept = state["containers"].get(ident)
        if kept is None or kept["status"] != "restarting":
            return False
        kept["restarts"] += 1
    return True


def _root(store: Store, found: Document) -> Path:
    """The container's files, with its mounts."""
    root = store.place(found["id"]) / "rootfs"
    namespaces.bind(root, root)
    namespaces.devices(root / "dev")
    for entry in found["mounts"]:
        target = root / entry["target"].lstrip("/")
        if entry["kind"] == "tmpfs":
            namespaces.mount("tmpfs", target, entry.get("options", ""))
            continue
        source = Path(entry["source"])
        if not source.exists():
            raise FileNotFoundError(f"mount source {source}: no such file or directory")
        namespaces.bind(source, target, read_only=entry["read_only"])
    if found["read_only"]:
        (root / "proc").mkdir(exist_ok=True)
        namespaces.only_to_be_read(root)
    if found["hostname"]:
        namespaces.host_name(found["hostname"])
    return root


def _run(store: Store, found: Document, root: Path, write: int) -> bool:
    """One run, to its end; whether another one is to follow."""
    out, err = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        for fd, end in ((1, out[1]), (2, err[1])):
            os.dup2(end, fd)
        os.closerange(3, 256)
        os.setsid()
        with contextlib.suppress(OSError):
            namespaces.mount("proc", root / "proc")
        os.chroot(root)
        os._exit(namespaces.execute(found["argv"], found["env"], found["workdir"], found["user"]))
    os.close(out[1])
    os.close(err[1])
    with store.changing() as state:
        kept = state["containers"][found["id"]]
        kept |= {"status": "running", "pid": pid, "shim": os.getpid(), "started": now(), "error": "", "stopped": False}
        kept["runs"] += 1
    with contextlib.suppress(OSError):
        os.close(write)
    _keep_log(store.place(found["id"]) / "log", {out[0]: "stdout", err[0]: "stderr"})
    _, status = os.waitpid(pid, 0)
    return _note_end(store, found["id"], os.waitstatus_to_exitcode(status))


def _keep_log(path: Path, pipes: dict[int, str]) -> None:
    """As nerdctl's log: an entry for each line, and for what is left of a piece as it was read."""
    with open(path, "a") as file:
        while pipes:
            for fd in select.select(list(pipes), [], [])[0]:
                data = os.read(fd, _PIECE)
                *lines, rest = data.split(b"\n")
                for text in [line + b"\n" for line in lines] + ([rest] if rest else []):
                    row = {"log": text.decode("utf-8", "replace"), "stream": pipes[fd], "time": now()}
                    file.write(json.dumps(row) + "\n")
                file.flush()
                if not data:
                    del pipes[fd]
                    os.close(fd)


def _note_end(store: Store, ident: str, code: int) -> bool:
    """Notes how it ended; whether its policy has it started again."""
    code = 128 - code if code < 0 else code
    with store.changing() as state:
        kept = state["containers"].get(ident)
        if kept is None:
            return False
        policy, _, times = kept["restart"].partition(":")
        wanted = policy in ("always", "unless-stopped") or (policy == "on-failure" and code != 0)
        again = wanted and not kept["stopped"] and (not times or kept["restarts"] < int(times))
        kept |= {"status": "restarting" if again else "exited", "pid": 0, "exit_code": code, "finished": now()}
        kept["codes"].append(code)
    return bool(again)


def signalled(found: Document, number: int) -> None:
    """Sends a signal to a container's first process."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(found["pid"], number)
        if number == signal.SIGKILL:
            os.kill(found["pid"], signal.SIGCONT)
