from __future__ import annotations

import pytest

from perry_ffi.doctor.diagnosis import diagnose
from perry_ffi.doctor.offers import mending, offers, offers_of
from tests.support.doctoring import LINUX, MAC, WINDOWS, at, facts, said, without


def texts(told: object) -> dict[str, str]:
    return {one.id: one.remedy.text for one in offers(told)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("distribution", "tool", "podman", "docker"),
    [
        ("ubuntu debian", "apt-get", "sudo apt-get install -y podman uidmap",
         "sudo apt-get install -y docker.io && sudo systemctl enable --now docker && sudo usermod -aG docker ann"),
        ("rocky rhel fedora", "dnf", "sudo dnf install -y podman",
         "sudo dnf install -y moby-engine && sudo systemctl enable --now docker && sudo usermod -aG docker ann"),
        ("arch", "pacman", "sudo pacman -S --noconfirm podman",
         "sudo pacman -S --noconfirm docker && sudo systemctl enable --now docker && sudo usermod -aG docker ann"),
        ("opensuse-leap suse opensuse", "zypper", "sudo zypper --non-interactive install podman",
         "sudo zypper --non-interactive install docker && sudo systemctl enable --now docker && sudo usermod -aG docker ann"),
    ],
)  # fmt: skip
def test_what_a_linux_installs(distribution: str, tool: str, podman: str, docker: str) -> None:
    machine = without(LINUX, distribution=tuple(distribution.split()))
    found = texts(facts(machine, programs=f"sudo {tool}"))
    assert found == {"install:podman": podman, "install:docker": docker}


def test_an_alpine_has_services_of_its_own() -> None:
    machine = without(LINUX, distribution=("alpine",), systemd=False, uid=0, user="root")
    found = texts(facts(machine, programs="apk"))
    assert found["install:docker"] == "apk add docker && rc-update add docker && rc-service docker start"


def test_nothing_of_linux_is_run_for_somebody() -> None:
    found = offers(facts(LINUX, programs="sudo apt-get podman"))
    assert not any(one.remedy.runnable for one in found) and all(one.remedy.root for one in found)
    assert [one.installed for one in found] == [True, False]
    assert "as good as root" in found[1].remedy.changes


def test_a_system_whose_manager_is_not_known_has_words() -> None:
    assert (
        "in whichever way this system installs packages"
        in texts(facts(without(LINUX, distribution=("nixos",))))["install:podman"]
    )


def test_what_a_mac_installs() -> None:
    found = texts(facts(MAC, programs="brew"))
    assert found["install:colima"] == "brew install colima docker && colima start"
    assert found["install:podman"] == "brew install podman && podman machine init --now"
    assert found["install:orbstack"] == "brew install --cask orbstack"
    assert "container system start --enable-kernel-install" in found["install:apple/container"]
    assert all(one.remedy.runnable for one in offers(facts(MAC, programs="brew")) if one.remedy.commands)
    assert "install:apple/container" not in texts(facts(without(MAC, release="15.6"), programs="brew"))
    assert texts(facts(MAC))["install:colima"].startswith("install Homebrew first, then: brew install colima")


def test_what_windows_installs() -> None:
    found = texts(facts(WINDOWS, programs="winget"))
    assert found["install:podman"] == "winget install --id RedHat.Podman && podman machine init --now"
    assert set(found) == {"install:podman", "install:docker", "install:rancher-desktop"}


def test_what_mends_is_a_choice_too() -> None:
    told = facts(MAC, at("refused", "/x.sock"), said=(said("orb status", "Stopped"),), programs="orb")
    found = mending(diagnose(told))
    assert [(one.id, one.kind, one.remedy.text) for one in found] == [("orbstack:machine-stopped", "mend", "orb start")]


def test_other_systems_are_told_and_nothing_of_them_is_run() -> None:
    mac = {one.id: one for one in offers_of("darwin")}
    assert mac["install:colima"].remedy.text == "brew install colima docker && colima start" and "install:apple/container" in mac
    windows = {one.id: one.remedy.text for one in offers_of("win32")}
    assert windows["install:docker"] == "winget install --id Docker.DockerDesktop"
    linux = {one.id: one for one in offers_of("linux")}
    assert linux["install:podman:apt-get"].remedy.text == "sudo apt-get install -y podman uidmap"
    assert linux["install:docker:apk"].remedy.text.endswith("sudo rc-service docker start")
    docker = linux["install:docker:dnf"].remedy
    assert (
        docker.text == "sudo dnf install -y moby-engine && sudo systemctl enable --now docker" and "group docker" in docker.advice
    )
    everything = [*mac.values(), *linux.values(), *offers_of("win32")]
    assert not any(one.remedy.runnable or one.installed for one in everything)
