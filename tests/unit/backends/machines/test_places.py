"""Where machines' sockets and programs are looked for."""

from __future__ import annotations

from pathlib import Path

from perry_ffi.backends.machines import places, products
from perry_ffi.settings import Settings


def settings(home: Path, platform: str = "darwin", **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home / "bin"), **environ}, platform=platform)


def sockets(name: str, found: Settings) -> list[str]:
    machine = products.of(name)
    assert machine is not None
    home = f"{found.home}/"
    return [path.removeprefix(home) for path in places.sockets(found, machine)]


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)


def test_sockets_of_products_with_one_place(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert sockets("orbstack", found) == [".orbstack/run/docker.sock"]
    assert sockets("rancher-desktop", found) == [".rd/docker.sock"]
    assert sockets("docker", found) == [".docker/run/docker.sock", ".docker/desktop/docker.sock"]


def test_the_folder_of_colima(tmp_path: Path) -> None:
    """As colima chooses it: one that is there before one that would be made."""
    first = "default/docker.sock"
    assert sockets("colima", settings(tmp_path))[0] == f".colima/{first}"
    assert sockets("colima", settings(tmp_path, "linux"))[0] == f".config/colima/{first}"
    assert sockets("colima", settings(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "x")))[0] == f"x/colima/{first}"
    (tmp_path / ".config/colima").mkdir(parents=True)
    assert sockets("colima", settings(tmp_path))[0] == f".config/colima/{first}"
    (tmp_path / ".colima").mkdir()
    assert sockets("colima", settings(tmp_path, "linux", XDG_CONFIG_HOME=str(tmp_path / "x")))[0] == f".colima/{first}"
    assert sockets("colima", settings(tmp_path, COLIMA_HOME=str(tmp_path / "c")))[0] == f".colima/{first}", "it is not there"
    (tmp_path / "c").mkdir()
    assert sockets("colima", settings(tmp_path, COLIMA_HOME=str(tmp_path / "c")))[0] == f"c/{first}"


def test_every_profile_of_colima_and_every_machine_of_lima(tmp_path: Path) -> None:
    put(tmp_path / ".colima/work/docker.sock", tmp_path / ".colima/a/docker.sock", tmp_path / ".colima/cd/containerd.sock")
    assert [path.split("/")[1] for path in sockets("colima", settings(tmp_path))] == ["default", "docker.sock", "a", "work"]
    put(tmp_path / ".lima/b/sock/docker.sock", tmp_path / ".lima/a/sock/podman.sock")
    assert sockets("lima", settings(tmp_path)) == [".lima/b/sock/docker.sock", ".lima/a/sock/podman.sock"]
    odd = tmp_path / "[a]*"
    put(odd / "vm/sock/docker.sock")
    assert sockets("lima", settings(tmp_path, LIMA_HOME=str(odd))) == ["[a]*/vm/sock/docker.sock"]


def test_a_machine_of_podman_s(tmp_path: Path) -> None:
    put(tmp_path / "t/podman/podman-machine-default-api.sock")
    assert sockets("podman", settings(tmp_path, TMPDIR=str(tmp_path / "t"))) == ["t/podman/podman-machine-default-api.sock"]


def test_a_home_with_braces(tmp_path: Path) -> None:
    assert sockets("orbstack", settings(tmp_path / "{home}")) == [".orbstack/run/docker.sock"]


def test_programs_beside_the_search_path(tmp_path: Path) -> None:
    rancher, docker = products.of("rancher-desktop"), products.of("docker")
    assert rancher is not None and docker is not None
    assert places.program(settings(tmp_path, "linux"), rancher) is None
    put(tmp_path / ".rd/bin/rdctl", tmp_path / "bin/docker")
    assert places.program(settings(tmp_path), rancher) == str(tmp_path / ".rd/bin/rdctl")
    assert not places.is_installed(settings(tmp_path, "linux"), docker), "its program is docker's too"
    (tmp_path / ".docker/desktop").mkdir(parents=True)
    assert places.is_installed(settings(tmp_path, "linux"), docker)
