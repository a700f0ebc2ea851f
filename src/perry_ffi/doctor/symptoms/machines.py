"""Engines in virtual machines: which do not run, which hold another engine, what of this machine they see; and apple/container."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from perry_ffi.doctor.facts import Facts, Said
from perry_ffi.doctor.finding import Finding, Remedy, State, Weight, command, words
from perry_ffi.doctor.products import MACHINES, Judged, Machine, commands, judged, key, leading_to

APPLE = "apple/container"
APPLE_QUESTION = ("container", "system", "status", "--format", "json")
_APPLE_START = ("container", "system", "start", "--enable-kernel-install")
_FIRST_MAC = 26


def stopped(facts: Facts) -> Iterator[Finding]:
    """The program is there, its virtual machine does not run, or there is none yet."""
    for machine, _, found in _asked(facts):
        if found is not None and found.state == "stopped":
            argvs = commands(machine, found.remedy)
            makes = bool(machine.make) and found.remedy == machine.make
            changes = "makes a virtual machine and starts it; downloads its image" if makes else f"starts {machine.product}"
            remedy = Remedy(argvs, changes=f"{changes}; takes up to a minute") if argvs else words(found.remedy)
            name = "no-machine" if makes else "machine-stopped"
            yield Finding(machine.name, name, f"{key(machine)}: {found.reason}", remedy, "stopped", _weight(facts, machine))


def holds_another_engine(facts: Facts) -> Iterator[Finding]:
    """It runs, with containerd and without docker's API: then the nerdctl in it is used; or with what nobody drives."""
    for machine, _, found in _asked(facts):
        if found is not None and found.state == "unsupported":
            argvs = commands(machine, found.remedy)
            changes = "starts docker's engine there; what the other one holds is not seen in it"
            remedy = Remedy(argvs, changes=changes) if argvs else words(found.remedy)
            if found.holds:
                use = "nothing has to be done: it is driven by the nerdctl in it, which has less than docker's engine"
                remedy = replace(remedy, advice=use) if argvs else words(use)
            yield Finding(
                machine.name, "containerd-inside", f"{key(machine)}: {found.reason}", remedy, *_as_it_holds(facts, machine, found)
            )


def _as_it_holds(facts: Facts, machine: Machine, found: Judged) -> tuple[State, Weight]:
    return ("ready", "note") if found.holds else ("unsupported", _weight(facts, machine))


def odd_answer(facts: Facts) -> Iterator[Finding]:
    """It runs and its socket does not answer, or its answer is not known, or it has none: told as it is."""
    for machine, said, found in _asked(facts):
        if found is None:
            evidence, remedy = f"{key(machine)}: {said.words}", words(f"see what '{key(machine)}' says")
        elif found.state == "broken":
            argvs = commands(machine, found.remedy)
            evidence = found.reason if found.reason.startswith(key(machine)) else f"{key(machine)}: {found.reason}"
            remedy = (
                Remedy(argvs, changes=f"restarts {machine.product}: its containers stop", by_hand=True)
                if argvs
                else words(found.remedy)
            )
        else:
            continue
        yield Finding(machine.name, "machine-odd", evidence, remedy, "broken", _weight(facts, machine))


def bind_mounts_are_empty(facts: Facts) -> Iterator[Finding]:
    """The project is in a folder that the virtual machine does not see: mounts of it are empty, without an error."""
    for product in MACHINES:
        if not facts.directory or not product.shares or not _is_used(facts, product):
            continue
        here = [share for share in product.shares if share.platform in ("", facts.machine.platform)]
        shared = [share.path.format(home=facts.machine.home) for share in here]
        if not any(PurePosixPath(facts.directory).is_relative_to(folder) for folder in shared):
            evidence = f"{facts.directory} is not in a folder that {product.product} shares by itself ({', '.join(shared)})"
            advice = (
                f"move the project below {facts.machine.home}, or add the folder to {product.product}'s mounts and restart it"
            )
            yield Finding(product.name, "not-shared", evidence, words(advice), "ready", "warning")


def apple_is_not_for_this_machine(facts: Facts) -> Iterator[Finding]:
    """It needs macOS 26 and Apple silicon."""
    machine = facts.machine
    if machine.platform != "darwin" or not facts.has("container"):
        return
    major = machine.release.split(".")[0]
    if (major.isdigit() and int(major) < _FIRST_MAC) or machine.arch == "x86_64":
        evidence = f"macOS {machine.release} on {machine.arch}; it needs macOS {_FIRST_MAC} on Apple silicon (arm64)"
        yield Finding(APPLE, "too-old", evidence, words("use colima or podman"), "unsupported")


def apple_service_stopped(facts: Facts) -> Iterator[Finding]:
    """Its own service does not run."""
    said = facts.said.get(" ".join(APPLE_QUESTION))
    if said is None or any(apple_is_not_for_this_machine(facts)):
        return
    text = f"{said.stdout}\n{said.stderr}"
    if said.exit_code == 0 and _status(said) == "running":
        return
    if any(word in text for word in ("unregistered", "not running", "XPC connection error", "container system start")):
        remedy = command(*_APPLE_START, changes="starts its service; downloads a kernel at the first time")
        yield Finding(APPLE, "service-stopped", f"{' '.join(said.argv)}: {said.words}", remedy, "stopped")
    else:
        yield Finding(
            APPLE, "odd-answer", f"{' '.join(said.argv)}: {said.words}", words("see what 'container system status' says")
        )


def no_wsl(facts: Facts) -> Iterator[Finding]:
    """Windows without its Linux."""
    if facts.machine.platform == "win32" and not facts.has("wsl"):
        remedy = command(
            "wsl", "--install", changes="installs the Windows Subsystem for Linux", advice="then restart", by_hand=True
        )
        yield Finding("docker", "no-wsl", "wsl is not on the search path", remedy, "absent")


# -- what they share --------------------------------------------------------------------------------


def _asked(facts: Facts) -> Iterator[tuple[Machine, Said, Judged | None]]:
    """The products that were asked, with what they said and what that means."""
    for machine in MACHINES:
        if (said := facts.said.get(key(machine))) is not None:
            yield machine, said, judged(machine, said)


def _weight(facts: Facts, machine: Machine) -> Weight:
    """An engine of that name that answers elsewhere does without the virtual machine."""
    return "note" if facts.listens(machine.name) else "error"


def _is_used(facts: Facts, machine: Machine) -> bool:
    """Whether an engine answers at a socket of its, or it holds containerd."""
    if any(found is not None and found.holds for asked, _, found in _asked(facts) if asked is machine):
        return True
    listening = [socket for socket in facts.sockets if socket.state == "listening"]
    return any(leading_to(socket.link or socket.path) is machine for socket in listening)


def _status(said: Said) -> str:
    try:
        document = json.loads(said.stdout)
    except (ValueError, RecursionError):
        return ""
    status = document.get("status") if isinstance(document, dict) else ""
    return status if isinstance(status, str) else ""
