from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.doctor.read.machine import read_machine
from perry_ffi.settings import Settings


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def settings(tmp_path: Path, **more: str) -> Settings:
    return Settings.from_environ({"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin"), **more})


def test_a_machine_with_nothing_on_it(tmp_path: Path) -> None:
    found = read_machine(settings(tmp_path), tmp_path, name="linux")
    assert (found.distribution, found.systemd, found.wsl, found.container, found.cgroup) == ((), False, 0, False, "")
    assert (found.units, found.helpers, found.subids) == (frozenset(), frozenset(), None)
    assert found.uid == os.getuid() and found.groups and found.listed_groups


def test_what_files_tell(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "etc/os-release": 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE="debian"\n',
            "run/systemd/system/x": "",
            "run/.containerenv": "",
            "sys/fs/cgroup/cgroup.controllers": "cpu",
            "home/.config/systemd/user/docker.service": "",
            "usr/lib/podman/netavark": "",
            "usr/lib/cni/bridge": "",
            "bin/firewall": "",
        },
    )
    found = read_machine(settings(tmp_path, XDG_RUNTIME_DIR="/run/user/7"), tmp_path, name="linux")
    assert found.distribution == ("ubuntu", "debian") and found.systemd and found.container
    assert found.cgroup == "2" and found.units == {"docker.service"} and found.runtime_dir == "/run/user/7"
    assert found.helpers == {"netavark", "bridge", "firewall"}


@pytest.mark.parametrize(
    ("version", "wsl"),
    [
        ("Linux version 6.1.0-13-amd64", 0),
        ("Linux version 4.4.0-19041-Microsoft", 1),
        ("Linux version 5.15.153.1-microsoft-standard-WSL2", 2),
    ],
)
def test_which_windows_subsystem(tmp_path: Path, version: str, wsl: int) -> None:
    write(tmp_path, {"proc/version": version})
    assert read_machine(settings(tmp_path), tmp_path, name="linux").wsl == wsl


@pytest.mark.parametrize(
    ("name", "cgroup"), [("sys/fs/cgroup/unified/cgroup.controllers", "hybrid"), ("sys/fs/cgroup/cpu/tasks", "1")]
)
def test_which_cgroups(tmp_path: Path, name: str, cgroup: str) -> None:
    write(tmp_path, {name: ""})
    assert read_machine(settings(tmp_path), tmp_path, name="linux").cgroup == cgroup


def test_ranges_of_ids(tmp_path: Path) -> None:
    here = settings(tmp_path)
    write(tmp_path, {"etc/subuid": "somebody:100000:65536\n", "etc/subgid": "somebody:100000:65536\n"})
    assert read_machine(here, tmp_path, name="linux").subids is False
    user = read_machine(here, tmp_path, name="linux").user
    write(tmp_path, {"etc/subuid": f"{user}:100000:65536\n", "etc/subgid": f"{os.getuid()}:100000:65536\n"})
    assert read_machine(here, tmp_path, name="linux").subids is True
