"""The processes of its containers: children of whoever started them, with their codes, their streams and their log."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.engines.apple import machine
from tests.engines.apple.documents import place
from tests.engines.apple.values import Refused
from tests.engines.apple.world import World, now

HOSTS = "/etc/hosts"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def command(box: Mapping[str, Any], root: Path) -> list[str]:
    """The words of a container's process, in which paths that this machine has not are its own."""
    process = box["configuration"]["initProcess"]
    return inside([process["executable"], *process["arguments"]], root)


def inside(words: Sequence[str], root: Path) -> list[str]:
    def own(match: re.Match[str]) -> str:
        return match[0] if os.path.exists(f"/{match[1]}") and match[0] != HOSTS else f"{root}{match[0]}"

    return [words[0], *(re.sub(rf"(?<![\w/.]){HOSTS}|(?<![\w/.])/(\w+)", own, word) for word in words[1:])]


def environment(values: Sequence[str]) -> dict[str, str]:
    return {"PATH": _PATH} | dict(value.partition("=")[::2] for value in values)


def start(world: World, name: str, *, attach: bool) -> int:
    """Runs a container's process to its end, and gives its code. Not attached: another process does, and 0 is given."""
    with world.changed():
        box = world.box(name)
        if box["state"] == "running":
            if attach:
                raise Refused("attach is currently unsupported on already running containers")
            return 0
        root, env = world.home(name), environment(box["configuration"]["initProcess"]["environment"])
        words = command(box, root)
        if box["files"]:
            machine.check(box, root, env)
        elif shutil.which(words[0], path=_PATH) is None:
            raise Refused(f'failed to start container: internalError: "failed to find target executable {words[0]}"')
        (root.parent / f"{name}.log").write_bytes(b"")
    if not attach:
        return _keep(world, name)
    return _run(world, name, words, quiet=False)


def _keep(world: World, name: str) -> int:
    """Has a process of its own see to it, and waits until it runs."""
    before = world.read()["containers"][name]["starts"]
    keeper = os.fork()
    if keeper == 0:
        _be_keeper(world, name)
    while _same_starts(world, name, before) and os.waitpid(keeper, os.WNOHANG) == (0, 0):
        time.sleep(0.02)
    return 0


def _same_starts(world: World, name: str, before: int) -> bool:
    return bool(world.read()["containers"].get(name, {"starts": -1})["starts"] == before)


def _be_keeper(world: World, name: str) -> None:
    """What that process does; it does not return."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    try:
        box = world.read()["containers"][name]
        _run(world, name, command(box, world.home(name)), quiet=True)
    finally:
        os._exit(0)


def _run(world: World, name: str, words: list[str], *, quiet: bool) -> int:
    root = world.home(name)
    with world.changed():
        box = world.box(name)
        box["places"] = [
            place(
                item["network"], name, _address(world, item["network"]), item["options"].get("macAddress") or "f2:00:00:00:00:01"
            )
            for item in box["configuration"]["networks"]
        ]
    child = _begun(world, name, words)
    with world.changed():
        box = world.box(name)
        box.update(state="running", started=now(), pid=child.pid, keeper=os.getpid(), starts=box["starts"] + 1)
    with open(root.parent / f"{name}.log", "ab", buffering=0) as log:
        outputs = zip(child.outputs, (sys.stdout.buffer, sys.stderr.buffer), strict=True)
        threads = [threading.Thread(target=_copy, args=(pipe, log, None if quiet else own)) for pipe, own in outputs]
        for thread in threads:
            thread.start()
        code = child.wait()
        for thread in threads:
            thread.join(3)
    with world.changed():
        if (found := world.state["containers"].get(name)) is not None:
            found.update(state="stopped", places=[], keeper=0)
            if found["removes"]:
                remove(world, name)
    return code if code >= 0 else 128 - code


class Here:
    """A container's process without a machine of its own."""

    def __init__(self, words: list[str], root: Path, env: Mapping[str, str]) -> None:
        self._child = subprocess.Popen(
            words, cwd=root, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        assert self._child.stdout is not None and self._child.stderr is not None
        self.pid, self.outputs, self.wait = self._child.pid, (self._child.stdout, self._child.stderr), self._child.wait


def _begun(world: World, name: str, words: list[str]) -> Here | machine.Machine:
    box, root = world.read()["containers"][name], world.home(name)
    env = environment(box["configuration"]["initProcess"]["environment"])
    return machine.boot(box, root, world.volumes, env) if box["files"] else Here(words, root, env)


def _copy(pipe: IO[bytes], log: IO[bytes], own: IO[bytes] | None) -> None:
    while data := os.read(pipe.fileno(), 65536):
        log.write(data)
        if own is not None:
            own.write(data)
            own.flush()


def _address(world: World, network: str) -> str:
    taken = [item["ipv4Address"] for box in world.state["containers"].values() for item in box["places"]]
    head = world.state["networks"][network]["gateway"].rpartition(".")[0]
    return next(text for number in range(2, 250) if (text := f"{head}.{number}") + "/24" not in taken)


def send(box: Mapping[str, Any], number: int) -> None:
    try:
        (os.kill if box["files"] else os.killpg)(box["pid"], number)
    except ProcessLookupError:
        return


def number_of(text: str) -> int:
    if text.isdigit():
        return int(text)
    try:
        return int(signal.Signals[text if text.startswith("SIG") else f"SIG{text}"])
    except KeyError:
        raise Refused(f'invalidArgument: "invalid signal: {text}"') from None


def stop(world: World, name: str, number: int, seconds: float) -> None:
    """Ends a run; returns when it is over."""
    with world.changed():
        box = dict(world.box(name))
    if box["state"] != "running":
        return
    send(box, number)
    until = time.monotonic() + seconds
    while _is_running(world, name, box["starts"]):
        if time.monotonic() >= until:
            send(box, signal.SIGKILL)
        time.sleep(0.02)


def _is_running(world: World, name: str, starts: int) -> bool:
    box = world.read()["containers"].get(name)
    return box is not None and box["state"] == "running" and box["starts"] == starts


def remove(world: World, name: str) -> None:
    """The container and its folder; its volumes stay."""
    del world.state["containers"][name]
    shutil.rmtree(world.home(name), ignore_errors=True)
