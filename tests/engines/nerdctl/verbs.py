"""What is done to containers, each as nerdctl does it and says it."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from tests.engines import namespaces
from tests.engines.nerdctl import documents, environment, shim
from tests.engines.nerdctl.create import create
from tests.engines.nerdctl.store import NAME, Document, Failure, Store, container, fail, now, say, seconds

Options = dict[str, Any]
LIVE = ("running", "paused", "restarting")
_LOOK = 0.01
_LATE = 254
TOO_LONG = -1
_CHECK_BOUND = 30 * 10**9
_MOST_SAID = 4096
"""Bytes of what a check says that are kept."""
_INIT = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: "
_AHEAD = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
_HOOK = f"{_AHEAD}error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: "


def made(store: Store, options: Options, words: list[str]) -> None:
    print(create(store, options, words))


def start(store: Store, options: Options, words: list[str]) -> None:
    for word in words:
        found = container(store.read(), word)
        if found["status"] in ("running", "paused"):
            say("warning", f"container {found['id']} is already running")
            print(word)
            continue
        missing = [name for name in found["networks"] if not _is_there(store, name)]
        error = f'{_HOOK}level=fatal msg="no such network: \\"{missing[0]}\\""' if missing else _unstartable(store, found)
        error = error or _no_files_of_its_own(store, found) or shim.start(store, found["id"])
        if error:
            with store.changing() as state:
                state["containers"][found["id"]]["error"] = error
            fail(error)
        print(word)


def _is_there(store: Store, name: str) -> bool:
    return name in ("bridge", "host", "none") or name.startswith("container:") or name in store.read()["networks"]


def _no_files_of_its_own(store: Store, found: Document) -> str:
    """A container in another's network has that one's files for names; one that is itself in another's has none."""
    owner = found["networks"][0].partition("container:")[2]
    if owner and container(store.read(), owner)["networks"][0].startswith("container:"):
        place = store.place(owner) / "resolv.conf"
        return f'{_INIT}error mounting "{place}" to rootfs at "/etc/resolv.conf": stat {place}: no such file or directory'
    return ""


def _unstartable(store: Store, found: Document) -> str:
    why = namespaces.find(found["argv"][0], found["env"].get("PATH", ""), store.place(found["id"]) / "rootfs")
    return f"{_AHEAD}{why}" if why else ""


def stop(store: Store, options: Options, words: list[str]) -> None:
    for word in words:
        found = container(store.read(), word)
        _end(store, found, int(options["time"]) if "time" in options else found["stop_timeout"], found["stop_signal"])
        print(word)


def _end(store: Store, found: Document, seconds: float, name: str) -> None:
    """Asks it to end, and kills it after so many seconds."""
    with store.changing() as state:
        kept = state["containers"].get(found["id"])
        if kept is None or kept["status"] not in LIVE:
            return
        kept["stopped"] = True
        if kept["status"] == "restarting":
            kept["status"] = "exited"
            return
        found = dict(kept)
    number = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", signal.SIGTERM)
    if seconds > 0:
        shim.signalled(found, number)
        shim.signalled(found, signal.SIGCONT)
        if _ended(store, found, seconds):
            return
    shim.signalled(found, signal.SIGKILL)
    _ended(store, found, 20)


def _ended(store: Store, found: Document, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        kept = store.read()["containers"].get(found["id"])
        if kept is None or len(kept["codes"]) >= found["runs"]:
            return True
        time.sleep(_LOOK)
    return False


def restart(store: Store, options: Options, words: list[str]) -> None:
    for word in words:
        found = container(store.read(), word)
        _end(store, found, int(options["time"]) if "time" in options else found["stop_timeout"], found["stop_signal"])
    start(store, {}, words)


def kill(store: Store, options: Options, words: list[str]) -> None:
    name = str(options.get("signal") or "SIGKILL")
    name = name if name.startswith("SIG") else f"SIG{name}"
    number = getattr(signal, name, None)
    if number is None:
        fail(f"invalid signal: {name}")
    missing = []
    for word in words:
        try:
            found = container(store.read(), word)
        except Failure as error:
            missing.append(str(error))
            continue
        if found["status"] not in ("running", "paused"):
            fail(f"1 errors:\ncannot kill container {found['id']}: container is not running")
        if number in (signal.SIGKILL, signal.SIGTERM):
            with store.changing() as state:
                state["containers"][found["id"]]["stopped"] = True
        shim.signalled(found, number)
        if number == signal.SIGKILL:
            _ended(store, found, 20)
        print(found["id"])
    if missing:
        fail(f"{len(missing)} errors:\n" + "\n".join(missing))


def pause(store: Store, options: Options, words: list[str]) -> None:
    _freeze(store, words, "running", "paused", signal.SIGSTOP, "is already paused")


def unpause(store: Store, options: Options, words: list[str]) -> None:
    _freeze(store, words, "paused", "running", signal.SIGCONT, "is not paused")


def _freeze(store: Store, words: list[str], before: str, after: str, number: int, otherwise: str) -> None:
    for word in words:
        with store.changing() as state:
            found = container(state, word)
            if found["status"] not in ("running", "paused"):
                fail(f"container {found['id']} is not running")
            if found["status"] != before:
                fail(f"container {found['id']} {otherwise}")
            found["status"] = after
            shim.signalled(found, number)
        print(word)


def rename(store: Store, options: Options, words: list[str]) -> None:
    old, new = words
    with store.changing() as state:
        found = container(state, old)
        if not NAME.match(new):
            fail(f'identifier "{new}" must match pattern ^[a-zA-Z0-9][a-zA-Z0-9_.-]*$: invalid argument')
        for other in state["containers"].values():
            if other["name"] == new:
                fail(f'name-store error\nname "{new}" is already used by ID "{other["id"]}"')
        found["name"] = new


def wait(store: Store, options: Options, words: list[str]) -> None:
    for word in words:
        found = container(store.read(), word)
        if found["status"] == "created":
            fail(f"no running task found: task {found['id']} not found: not found")
        run = found["runs"]
        while True:
            kept = store.read()["containers"].get(found["id"])
            if kept is None:
                print(137)
                break
            if len(kept["codes"]) >= run:
                print(kept["codes"][run - 1])
                break
            time.sleep(_LOOK)


def remove(store: Store, options: Options, words: list[str]) -> None:
    errors = []
    for word in words:
        try:
            found = container(store.read(), word)
        except Exception as error:
            if not options.get("force"):
                raise
            say("error", str(error))
            continue
        if found["status"] in LIVE and not options.get("force"):
            state = "running" if found["status"] != "paused" else "paused"
            errors.append(f"container {found['id']} is in {state} status. unpause/stop container first or force removal")
            continue
        _end(store, found, 0, "KILL")
        with store.changing() as state:
            state["containers"].pop(found["id"], None)
            mine = [entry["name"] for entry in found["mounts"] if len(entry["name"]) == 64]
            for name in mine if options.get("volumes") else ():
                if state["volumes"].pop(name, None):
                    shutil.rmtree(store.folder / "volumes" / name, ignore_errors=True)
        shutil.rmtree(store.place(found["id"]), ignore_errors=True)
        print(word)
    if errors:
        fail(f"{len(errors)} errors:\n" + "\n".join(errors))


def ps(store: Store, options: Options, words: list[str]) -> None:
    wanted = [item.removeprefix("label=").partition("=") for item in options.get("filter", [])]
    for found in sorted(store.read()["containers"].values(), key=lambda one: one["number"], reverse=True):
        fits = all(key in found["labels"] and (not sign or found["labels"][key] == value) for key, sign, value in wanted)
        if fits and (options.get("all") or found["status"] in ("running", "restarting")):
            print(json.dumps(documents.row(found)))


def inspect(store: Store, options: Options, words: list[str]) -> None:
    state, found, missing = store.read(), [], []
    for word in words:
        try:
            found.append(documents.container(container(state, word)))
        except Exception:
            missing.append(f"no such object: {word}")
    if missing:
        fail(f"{len(missing)} errors:\n" + "\n".join(missing))
    print(json.dumps(found, indent=4))


def logs(store: Store, options: Options, words: list[str]) -> None:
    found = container(store.read(), words[0])
    path = store.place(found["id"]) / "log"
    if found["log_driver"] == "none":
        place = store.place(found["id"]) / "log-config.json"
        fail(
            f'failed to load logging config: failed to read log config file "{place}": filesystem error\n'
            f"open {place}: no such file or directory"
        )
    lines = path.read_text().splitlines()
    at = len(lines)
    if str(options.get("tail", "all")) not in ("all", "-1"):
        lines = lines[-int(options["tail"]) :]
    _write(lines, options)
    while options.get("follow"):
        kept = store.read()["containers"].get(found["id"])
        more = path.read_text().splitlines() if path.exists() else []
        _write(more[at:], options)
        at = len(more)
        if kept is None or kept["status"] not in ("running", "paused"):
            return
        time.sleep(_LOOK)


def _write(lines: list[str], options: Options) -> None:
    for line in lines:
        row = json.loads(line)
        if options.get("since") and seconds(row["time"]) < int(seconds(options["since"])):
            continue
        if options.get("until") and seconds(row["time"]) > int(seconds(options["until"])):
            continue
        stamp = f"{row['time']} " if options.get("timestamps") else ""
        file = getattr(sys, row["stream"])
        file.buffer.write((stamp + row["log"]).encode())
        file.flush()


def execute(store: Store, options: Options, words: list[str]) -> None:
    ident, *command = words
    found = container(store.read(), ident)
    if found["status"] != "running":
        fail(f"cannot exec in a {'paused' if found['status'] == 'paused' else 'stopped'} state")
    code, why = run_inside(store, found, command, options)
    if why:
        fail(f"OCI runtime exec failed: exec failed: unable to start container process: {why}")
    if code:
        fail(f"exec failed with exit code {code}")


def run_inside(store: Store, found: Document, command: list[str], options: Options, bound: float = 0) -> tuple[int, str]:
    """Runs a command in a container: its code, or why it did not run. bound: in seconds, after which it is killed, ``TOO_LONG``."""
    root = store.place(found["id"]) / "rootfs"
    env = {**found["env"], **environment.given(options)}
    if why := namespaces.find(command[0], env.get("PATH", ""), root):
        return 0, why
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        if not options.get("interactive"):
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        namespaces.enter(found["pid"], root)
        inner = os.fork()
        if inner == 0:
            user = options.get("user") or found["user"]
            os._exit(namespaces.execute(command, env, options.get("workdir") or found["workdir"], user))
        if bound and not select.select([os.pidfd_open(inner)], [], [], bound)[0]:
            os.kill(inner, signal.SIGKILL)
            os._exit(_LATE)
        os._exit(_code(os.waitpid(inner, 0)[1]))
    code = _code(os.waitpid(pid, 0)[1])
    return (TOO_LONG if bound and code == _LATE else code), ""


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def healthcheck(store: Store, options: Options, words: list[str]) -> None:
    found = container(store.read(), words[0])
    if found["status"] != "running":
        fail(f"container is not running (status: {'created' if found['status'] == 'created' else 'stopped'})")
    if found["check"] and found["check"]["Test"] == ["NONE"]:
        return
    if not found["check"]:
        fail("container has no health check configured")
    began = now()
    with tempfile.TemporaryFile() as file:
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)
        bound = found["check"].get("Timeout", _CHECK_BOUND) / 10**9
        code, _ = run_inside(store, found, ["/bin/sh", "-c", found["check"]["Test"][1]], {}, bound)
        file.seek(0)
        said = file.read(_MOST_SAID).decode(errors="replace")
    if code == TOO_LONG:
        said = f"Health check exceeded timeout ({bound:g}s)" + (f": {said}" if said else "")
    with store.changing() as state:
        kept = container(state, found["id"])
        kept["health"] = _judged(kept, {"Start": began, "End": now(), "ExitCode": code, "Output": said})


def _judged(kept: Document, probe: Document) -> Document:
    """Its health after a probe. Failures do not count in the start period, until a probe has passed."""
    starts = kept["check"].get("StartPeriod", 0)
    health = kept["health"] or {"Status": "starting", "FailingStreak": 0, "InStartPeriod": starts > 0, "Log": []}
    passed, log = probe["ExitCode"] == 0, [probe, *health["Log"]][:5]
    if health["InStartPeriod"] and seconds(probe["Start"]) - seconds(kept["created"]) < starts / 10**9:
        changed = {"Status": "healthy", "InStartPeriod": False} if passed else {}
        return {**health, **changed, "Log": log}
    streak = 0 if passed else health["FailingStreak"] + 1
    tired = streak >= kept["check"]["Retries"]
    return {
        **health,
        "Status": "healthy" if passed else "unhealthy" if tired else health["Status"],
        "FailingStreak": streak,
        "Log": log,
    }


def stats(store: Store, options: Options, words: list[str]) -> None:
    for word in words:
        print(json.dumps(documents.stats(container(store.read(), word))))
