"""What can be installed on this system, by the program that installs packages here: data for a dialogue; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from perry_ffi.doctor.facts import Facts, Machine
from perry_ffi.doctor.finding import MANAGERS, Argv, Finding, Remedy, as_root, install_command, manager, pasted, words

_JOIN = "add the user to the group docker, which is as good as root"
_LINUX_PODMAN = {"apt-get": "podman uidmap", "": "podman"}
_LINUX_DOCKER = {"apt-get": "docker.io", "dnf": "moby-engine", "": "docker"}
_BREW: tuple[tuple[str, str, tuple[Argv, ...]], ...] = (
    ("podman", "Podman, with a virtual machine", (("brew", "install", "podman"), ("podman", "machine", "init", "--now"))),
    ("colima", "colima: Docker in a virtual machine", (("brew", "install", "colima", "docker"), ("colima", "start"))),
    ("docker", "Docker Desktop", (("brew", "install", "--cask", "docker-desktop"),)),
    ("orbstack", "OrbStack", (("brew", "install", "--cask", "orbstack"),)),
    ("rancher-desktop", "Rancher Desktop", (("brew", "install", "--cask", "rancher"),)),
    ("lima", "lima, with Docker in a virtual machine", (("brew", "install", "lima"), ("limactl", "start", "template:docker"))),
)
_WINGET: tuple[tuple[str, str, tuple[Argv, ...]], ...] = (
    (
        "podman",
        "Podman, with a virtual machine",
        (("winget", "install", "--id", "RedHat.Podman"), ("podman", "machine", "init", "--now")),
    ),
    ("docker", "Docker Desktop", (("winget", "install", "--id", "Docker.DockerDesktop"),)),
    ("rancher-desktop", "Rancher Desktop", (("winget", "install", "--id", "SUSE.RancherDesktop"),)),
)
_PROGRAMS = {
    "podman": "podman", "colima": "colima", "docker": "docker", "orbstack": "orb", "rancher-desktop": "rdctl", "lima": "limactl",
    "apple/container": "container",
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """One choice. kind: ``install``, or ``mend`` for the remedy of a symptom. installed: what it is about is there already."""

    id: str
    runtime: str
    title: str
    remedy: Remedy
    kind: Literal["install", "mend"] = "install"
    installed: bool = False


def offers(facts: Facts) -> list[Offer]:
    """What can be installed here, the simplest first."""
    by_platform = {"linux": _linux, "darwin": _mac, "win32": _windows}
    return list(by_platform.get(facts.machine.platform, _elsewhere)(facts))


def offers_of(platform: str) -> list[Offer]:
    """What can be installed on another system, of which nothing else is known: of a Linux by each program that installs packages."""
    if platform != "linux":
        release, arch, tools = ("26.0", "arm64", "brew") if platform == "darwin" else ("", "", "winget")
        machine = Machine(platform=platform, release=release, arch=arch, user="", uid=None)
        found = offers(Facts(machine, programs={tools: tools}))
    else:
        found = [one for name in MANAGERS for one in _of_linux_with(name)]
    return [replace(one, remedy=replace(one.remedy, by_hand=True)) for one in found]


def _of_linux_with(name: str) -> list[Offer]:
    machine = Machine(platform="linux", user="", systemd=name != "apk")
    found = offers(Facts(machine, programs={name: name, "sudo": "sudo"}))
    return [replace(one, id=f"{one.id}:{name}", title=f"{one.title} ({name})") for one in found]


def mending(findings: list[Finding]) -> list[Offer]:
    """The remedies of symptoms that have a command, as choices."""
    told = [one for one in findings if one.remedy.commands and one.weight != "note"]
    return [Offer(one.id, one.runtime, one.evidence, one.remedy, "mend") for one in told]


def _offer(facts: Facts, runtime: str, title: str, remedy: Remedy, program: str = "") -> Offer:
    return Offer(f"install:{runtime}", runtime, title, remedy, installed=facts.has(program or _PROGRAMS[runtime]))


def _linux(facts: Facts) -> Iterator[Offer]:
    podman = install_command(facts, _LINUX_PODMAN)
    changes = "installs Podman: no service, each user has containers of their own"
    yield _offer(facts, "podman", "Podman", as_root(facts, podman, changes=changes) if podman else _by_hand("podman"))
    yield _offer(facts, "docker", "Docker", _linux_docker(facts), program="dockerd")


def _linux_docker(facts: Facts) -> Remedy:
    package = install_command(facts, _LINUX_DOCKER)
    if package is None:
        return _by_hand("docker")
    service: tuple[Argv, ...] = ()
    if manager(facts) == "apk":
        service = (("rc-update", "add", "docker"), ("rc-service", "docker", "start"))
    elif facts.machine.systemd:
        service = (("systemctl", "enable", "--now", "docker"),)
    user = facts.machine.user if facts.machine.uid else ""
    group: tuple[Argv, ...] = (("usermod", "-aG", "docker", user),) if user else ()
    changes = "installs Docker, starts its service" + (
        f", adds {user} to the group docker, which is as good as root" if group else ""
    )
    advice = "then log out and in again" if group else "" if facts.machine.uid == 0 else f"then {_JOIN}"
    return as_root(facts, package, *service, *group, changes=changes, advice=advice)


def _mac(facts: Facts) -> Iterator[Offer]:
    for runtime, title, commands in _BREW:
        remedy = Remedy(commands, changes=_changes(title)) if facts.has("brew") else _without("Homebrew", commands)
        yield _offer(facts, runtime, title, remedy)
    if (
        facts.machine.arch == "arm64"
        and facts.machine.release.split(".")[0].isdigit()
        and int(facts.machine.release.split(".")[0]) > 25
    ):
        advice = "install the signed package of its release page, then run: container system start --enable-kernel-install"
        yield _offer(facts, "apple/container", "Apple's container", words(advice))


def _windows(facts: Facts) -> Iterator[Offer]:
    for runtime, title, commands in _WINGET:
        remedy = Remedy(commands, changes=_changes(title)) if facts.has("winget") else _without("winget", commands)
        yield _offer(facts, runtime, title, remedy)


def _elsewhere(facts: Facts) -> Iterator[Offer]:
    yield from ()


def _changes(title: str) -> str:
    return f"installs {title}"


def _by_hand(name: str) -> Remedy:
    return words(f"install {name}, in whichever way this system installs packages")


def _without(name: str, commands: tuple[Argv, ...]) -> Remedy:
    return words(f"install {name} first, then: {pasted(commands)}")
