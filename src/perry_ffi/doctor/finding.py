"""What a symptom gives: the evidence, and what mends it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Literal

from perry_ffi.doctor.facts import Facts, Machine

Argv = tuple[str, ...]
State = Literal["ready", "stopped", "absent", "denied", "broken", "unsupported"]
Weight = Literal["error", "warning", "note"]
"""``error``: the runtime cannot be used. ``warning``: it can, and something will go wrong. ``note``: nothing has to be done."""


@dataclass(frozen=True)
class Remedy:
    """What to do: commands, one after the other, or words alone where no command does it.

    changes: what is different afterwards. root: a command of it needs root's rights. by_hand: nobody runs it for somebody else: it
    opens a shell, asks, or destroys.
    """

    commands: tuple[Argv, ...] = ()
    advice: str = ""
    changes: str = ""
    root: bool = False
    by_hand: bool = False

    @property
    def runnable(self) -> bool:
        """Whether the library may run it where it is told to."""
        return bool(self.commands) and not self.root and not self.by_hand

    @property
    def text(self) -> str:
        """One line that can be pasted; the advice where there is no command."""
        return pasted(self.commands) or self.advice


@dataclass(frozen=True)
class Finding:
    """One row. symptom: its name, stable for programs. state: what it makes of the runtime."""

    runtime: str
    symptom: str
    evidence: str
    remedy: Remedy = field(default_factory=Remedy)
    state: State = "broken"
    weight: Weight = "error"

    @property
    def id(self) -> str:
        """What tells it from the others of a report."""
        return f"{self.runtime}:{self.symptom}"


def pasted(commands: tuple[Argv, ...]) -> str:
    """Commands as one line for a shell: every word quoted that has to be."""
    return " && ".join(shlex.join(argv) for argv in commands)


def command(*argv: str, changes: str = "", advice: str = "", by_hand: bool = False) -> Remedy:
    """One command of the user's own rights."""
    return Remedy((argv,), advice, changes, by_hand=by_hand)


def as_root(facts: Facts, *commands: Argv, changes: str = "", advice: str = "") -> Remedy:
    """Commands that need root's rights: by what the machine has for it."""
    return Remedy(tuple(elevated(facts, argv) for argv in commands), advice, changes, root=True)


def elevated(facts: Facts, argv: Argv) -> Argv:
    """``argv`` with root's rights."""
    if facts.machine.uid in (0, None):
        return argv
    return (next((name for name in ("sudo", "doas") if facts.has(name)), "sudo"), *argv)


def words(advice: str) -> Remedy:
    """What no command does."""
    return Remedy(advice=advice)


LITTLE_BYTES = 1024**3
"""Less than this on the disk of an engine is told of."""


def prune(program: str) -> Remedy:
    """What makes room, and destroys."""
    changes = "removes stopped containers, unused networks and dangling images, after it has asked"
    return command(program, "system", "prune", changes=changes, by_hand=True)


_PACKAGES: tuple[tuple[str, Argv], ...] = (
    ("apt-get", ("apt-get", "install", "-y")),
    ("dnf", ("dnf", "install", "-y")),
    ("zypper", ("zypper", "--non-interactive", "install")),
    ("pacman", ("pacman", "-S", "--noconfirm")),
    ("apk", ("apk", "add")),
)
MANAGERS = tuple(name for name, _ in _PACKAGES)
"""The programs that install packages on a Linux."""
_FAMILIES = {
    "debian": "apt-get", "ubuntu": "apt-get", "fedora": "dnf", "rhel": "dnf", "centos": "dnf", "suse": "zypper", "opensuse": "zypper",
    "arch": "pacman", "alpine": "apk",
}  # fmt: skip


def manager(facts: Facts) -> str:
    """The program that installs packages here: by the distribution, else the first that is there; empty where none is."""
    if facts.machine.platform != "linux":
        return next((name for name in ("brew", "winget") if facts.has(name)), "")
    told = [_FAMILIES[word] for word in facts.machine.distribution if word in _FAMILIES]
    known = dict.fromkeys([*told, *(name for name, _ in _PACKAGES)])
    return next((name for name in known if facts.has(name)), "")


def install_command(facts: Facts, packages: dict[str, str]) -> Argv | None:
    """The command, without root's rights yet, that installs a package; packages: its name by the manager, ``""`` for the others."""
    found = manager(facts)
    package = packages.get(found, packages.get("", ""))
    argv = dict(_PACKAGES).get(found)
    return (*argv, *package.split()) if argv and package else None


def install(facts: Facts, packages: dict[str, str], what: str) -> Remedy:
    """What installs a package on this Linux; words where its manager is not known."""
    argv = install_command(facts, packages)
    return as_root(facts, argv, changes=f"installs {what}") if argv else words(f"install {what}")


def is_linux(machine: Machine) -> bool:
    """Whether the kernel is Linux's: containers need no virtual machine."""
    return machine.platform == "linux"
