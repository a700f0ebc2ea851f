"""What a machine's own program says of whether it runs, and what that means where none of its sockets answers.

An answer that is not known is told as it is: nothing is guessed from it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from perry_ffi.backends.machines.products import Machine
    from perry_ffi.model.backend import BackendState
    from perry_ffi.process.program import Finished


class Said(NamedTuple):
    """What the answer makes of a machine whose sockets do not answer. runs: the name of one that does run. holds: the name of one
    that runs and holds containerd.
    """

    state: BackendState
    reason: str
    remedy: str
    runs: str = ""
    holds: str = ""


class _One(NamedTuple):
    """One machine of a product that may have several. holds: the runtime in it, where that is told."""

    name: str
    status: str
    holds: str = ""


def read(machine: Machine, finished: Finished) -> Said:
    """What ``finished``, the end of the machine's question, says."""
    found = _READERS[machine.name](machine, finished)
    return found or Said("broken", f"{machine.asking} says what is not known: {_shown(finished)}", f"run '{machine.asking}'")


def _shown(finished: Finished) -> str:
    """The output on one line, shortened, and the exit code."""
    said = (finished.stderr + b" " + finished.stdout).decode("utf-8", "replace")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
    return f"exit code {finished.exit_code}, {line[:300] or 'no output'}"


# -- what several have in common -------------------------------------------------------------------


def _by_word(machine: Machine, word: str) -> Said | None:
    """For a product with one machine, whose state is one word."""
    told = f"{machine.product} is {word.lower()}"
    match word.lower():
        case "running" | "started" | "disabled":
            return _runs(machine, machine.product)
        case "stopped" | "paused" | "stopping":
            return Said("stopped", told, machine.start)
        case "starting":
            return Said("stopped", told, "wait until it has started")
        case "nonexistent":
            return Said("stopped", f"{machine.product} has no machine yet", machine.make or machine.start)
        case "error":
            return Said("broken", f"{machine.product} says that it has failed", machine.again or machine.start)
    return None


def _runs(machine: Machine, what: str) -> Said:
    """It runs, and none of its sockets answers: it holds containerd where it can, which has no such socket."""
    if machine.nerdctl:
        return _holds(f"{what} runs, and has no socket of docker's: it holds containerd", "", what)
    return Said("broken", f"{what} runs, and its socket does not answer", machine.again or machine.start)


def _holds(reason: str, instead: str, name: str) -> Said:
    """containerd, which does not speak the API: the nerdctl beside it is the way to it, and ``instead`` the one to docker's engine."""
    return Said("unsupported", reason, instead or "use another engine", holds=name)


def _of_several(machine: Machine, rows: Iterable[_One], start: Callable[[str], str]) -> Said:
    """Of machines that run the first that says most; else the first that could be started. start: what starts one by name."""
    every = list(rows)
    if not every:
        return Said("stopped", f"{machine.product} has no machine yet", machine.make or machine.start)
    told = ", ".join(f"{row.name} is {row.status.lower()}" for row in every[:8])
    stopped = [row for row in every if row.status.lower() == "stopped"]
    if stopped:
        return Said("stopped", f"no machine of {machine.product} runs: {told}", start(stopped[0].name))
    if all(row.status.lower() == "starting" for row in every):
        return Said("stopped", f"{machine.product} is starting: {told}", "wait until it has started")
    return Said("broken", f"no machine of {machine.product} runs: {told}", f"run '{machine.asking}'")


def _lines(output: bytes) -> Iterator[Mapping[str, Any]]:
    """The objects of an output with one a line. Raises ValueError for another one."""
    for line in output.splitlines():
        if line.strip():
            yield _object(json.loads(line))


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise ValueError(name)
    return value


# -- one by one ------------------------------------------------------------------------------------


def _orbstack(machine: Machine, finished: Finished) -> Said | None:
    return _by_word(machine, finished.stdout.decode("utf-8", "replace").strip())


def _colima(machine: Machine, finished: Finished) -> Said | None:
    try:
        rows = [_One(_text(row, "name"), _text(row, "status"), str(row.get("runtime", ""))) for row in _lines(finished.stdout)]
    except (ValueError, RecursionError):
        return None
    if finished.exit_code:
        return None
    for row in rows:
        if row.status == "Running" and row.holds in ("containerd", "incus"):
            reason = f"Colima's profile {row.name} runs {row.holds}, which has no socket of docker's"
            return _holds(reason, "colima start -p docker --runtime docker", row.name if row.holds == "containerd" else "")
        if row.status == "Running":
            restart = _with_profile(machine.again, row.name)
            return Said("broken", f"Colima's profile {row.name} runs, and its socket does not answer", restart)
    return _of_several(machine, rows, lambda name: _with_profile(machine.start, name))


def _with_profile(command: str, name: str) -> str:
    return command if name == "default" else _with_name(f"{command} -p", name)


def _with_name(command: str, name: str) -> str:
    """A command to be typed; a name that would be an option there is left to whoever types it."""
    return f"{command} {'NAME' if name.startswith('-') else shlex.quote(name)}"


def _rancher_desktop(machine: Machine, finished: Finished) -> Said | None:
    if finished.exit_code:
        said = finished.stderr.decode("utf-8", "replace").lower()
        if re.search(r"connection refused|no such file|not running|cannot find the file|is it running", said):
            return Said("stopped", f"{machine.product} does not run", machine.start)
        return None
    try:
        found = _by_word(machine, _text(_object(json.loads(finished.stdout)), "vmState"))
    except (ValueError, RecursionError):
        return None
    if found is not None and found.state == "unsupported":
        return _holds(found.reason, "rdctl set --container-engine.name moby", found.holds)
    return found


def _lima(machine: Machine, finished: Finished) -> Said | None:
    try:
        rows = [_One(_text(row, "name"), _text(row, "status")) for row in _lines(finished.stdout)]
    except (ValueError, RecursionError):
        return None
    if finished.exit_code:
        return None
    for row in rows:
        if row.status == "Running":
            reason = f"Lima's machine {row.name} runs, and has no socket of docker's: it holds containerd"
            return _holds(reason, machine.make, row.name)
    return _of_several(machine, rows, lambda name: _with_name(machine.start, name))


def _podman(machine: Machine, finished: Finished) -> Said | None:
    try:
        document = json.loads(finished.stdout or b"null")
        rows = [_podman_machine(_object(row)) for row in document or []]
    except (ValueError, RecursionError, TypeError):
        return None
    if finished.exit_code:
        return None
    for row in rows:
        if row.status == "Running":
            return Said("broken", f"podman's machine {row.name} runs, and its socket does not answer", machine.again, row.name)
    return _of_several(machine, rows, lambda name: _with_name(machine.start, name))


def _podman_machine(row: Mapping[str, Any]) -> _One:
    status = "Running" if row.get("Running") is True else "Starting" if row.get("Starting") is True else "Stopped"
    return _One(_text(row, "Name").removesuffix("*"), status)


def _finch(machine: Machine, finished: Finished) -> Said | None:
    return _by_word(machine, finished.stdout.decode("utf-8", "replace").strip())


def _docker_desktop(machine: Machine, finished: Finished) -> Said | None:
    said = (finished.stdout + b"\n" + finished.stderr).decode("utf-8", "replace")
    if re.search(r"not a docker command|unknown command|unknown docker command", said):
        return Said("absent", "this docker has no Docker Desktop, or one before 4.37", machine.install)
    if re.search(r"is not running", said):
        return Said("stopped", f"{machine.product} is stopped", machine.start)
    found = re.search(r'^[\s{"]*status["\s:|]+(\w+)', said, re.IGNORECASE | re.MULTILINE)
    return _by_word(machine, found[1]) if found else None


_READERS: Mapping[str, Callable[[Machine, Finished], Said | None]] = {
    "orbstack": _orbstack,
    "colima": _colima,
    "rancher-desktop": _rancher_desktop,
    "lima": _lima,
    "podman": _podman,
    "finch": _finch,
    "docker": _docker_desktop,
}
"""By the machine's name; what a reader does not know is None."""
