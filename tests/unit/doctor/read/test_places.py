from __future__ import annotations

from pathlib import Path

from perry_ffi.doctor.facts import Machine
from perry_ffi.doctor.read.places import MOST, places
from perry_ffi.settings import Settings
from tests.support.doctoring import LINUX, MAC, WINDOWS, program, without


def settings(home: Path, platform: str = "darwin", **more: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "TMPDIR": str(home / "tmp"), **more}, platform=platform)


def socket(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def test_the_usual_places_of_a_linux(tmp_path: Path) -> None:
    found = places(settings(tmp_path, "linux"), LINUX, {}, tmp_path)
    assert [(one.runtime, one.path.removeprefix(str(tmp_path))) for one in found] == [
        ("docker", "/var/run/docker.sock"),
        ("docker", "/run/user/1000/docker.sock"),
        ("podman", "/run/user/1000/podman/podman.sock"),
        ("podman", "/run/podman/podman.sock"),
    ]


def test_containerd_where_nerdctl_asks_it(tmp_path: Path) -> None:
    def found(machine: Machine, **more: str) -> list[str]:
        here = settings(tmp_path, "linux", PATH=str(tmp_path / "bin"), **more)
        return [one.path for one in places(here, machine, {}, tmp_path) if one.runtime == "nerdctl" and not one.speaks]

    root = without(LINUX, uid=0)
    assert found(root) == [], "docker has one, too, which is nobody else's business"
    program(tmp_path / "bin", "nerdctl", "exit 0")
    assert found(root) == [str(tmp_path / "run/containerd/containerd.sock")]
    assert found(LINUX) == [], "a user's own is in a file system of its own"
    assert found(LINUX, CONTAINERD_ADDRESS="unix:///x/c.sock") == ["/x/c.sock"]


def test_the_products_of_a_mac(tmp_path: Path) -> None:
    colima = socket(tmp_path / ".colima/default/docker.sock")
    machine = socket(tmp_path / "tmp/podman/podman-machine-default-api.sock")
    other = socket(tmp_path / ".colima/work/docker.sock")
    lima = socket(tmp_path / ".lima/docker/sock/docker.sock")
    orbstack = socket(tmp_path / ".orbstack/run/docker.sock")
    found = {one.path: one.runtime for one in places(settings(tmp_path), MAC, {}, tmp_path)}
    assert {path: found[str(path)] for path in (colima, other, lima, orbstack, machine)} == {
        colima: "colima", other: "colima", lima: "lima", orbstack: "orbstack", machine: "podman",
    }  # fmt: skip
    assert "/run/podman/podman.sock" not in " ".join(found)


def test_folders_that_variables_name(tmp_path: Path) -> None:
    path = socket(tmp_path / "odd[1]/default/docker.sock")
    found = places(settings(tmp_path, COLIMA_HOME=str(tmp_path / "odd[1]")), MAC, {}, tmp_path)
    assert str(path) in [one.path for one in found]


def test_what_something_names_comes_first_and_once(tmp_path: Path) -> None:
    usual = str(tmp_path / "var/run/docker.sock")
    found = places(settings(tmp_path, "linux"), LINUX, {"DOCKER_HOST": usual, "CONTAINER_HOST": "/p.sock"}, tmp_path)
    assert [(one.runtime, one.path, one.named_by) for one in found][:2] == [
        ("docker", usual, "DOCKER_HOST"),
        ("podman", "/p.sock", "CONTAINER_HOST"),
    ]
    assert [one.path for one in found].count(usual) == 1


def test_a_folder_with_any_number_of_machines(tmp_path: Path) -> None:
    for number in range(MOST + 20):
        socket(tmp_path / f".lima/vm{number}/sock/docker.sock")
    assert len(places(settings(tmp_path), MAC, {}, tmp_path)) == MOST


def test_windows_has_pipes_that_are_no_files(tmp_path: Path) -> None:
    assert places(settings(tmp_path), WINDOWS, {}, tmp_path) == []
