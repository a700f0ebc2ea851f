"""Engines in virtual machines: found at their places on each operating system, asked, and driven by their own names."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.detect import choose, connect, detect
from perry_ffi.backends.engine_api.drivers.docker import Docker
from perry_ffi.backends.engine_api.drivers.podman import Podman
from perry_ffi.backends.machines import products
from perry_ffi.errors import BackendNotAvailable, NoBackendFound, Unsupported
from perry_ffi.model.backend import BackendInfo
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, Asked, answers, document, scripted_engine, telling

pytestmark = pytest.mark.anyio
PLACES = {
    "orbstack": ".orbstack/run/docker.sock",
    "colima": ".colima/default/docker.sock",
    "rancher-desktop": ".rd/docker.sock",
    "lima": ".lima/docker/sock/docker.sock",
    "podman": "t/podman/podman-machine-default-api.sock",
    "docker": ".docker/run/docker.sock",
}
"""Below the home folder of a Mac."""


@pytest.fixture(autouse=True)
def no_sockets_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    for driver in (Docker, Podman):
        monkeypatch.setattr(driver, "SOCKETS", [path for path in driver.SOCKETS if path.startswith("{")])


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def settings(home: Path, platform: str = "darwin", **environ: str) -> Settings:
    own = {"HOME": str(home), "PATH": f"{home}/bin", "TMPDIR": f"{home}/t", "XDG_RUNTIME_DIR": f"{home}/run"}
    return Settings.from_environ({"PERRY_CONTAINER_PROBE_TIMEOUT": "1", **own, **environ}, platform=platform)


def at(home: Path, name: str, place: str = "") -> Path:
    """The path of a socket, whose folder is made."""
    path = home / (place or PLACES[name])
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def program(home: Path, name: str, text: str) -> None:
    path = home / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def context(home: Path, name: str, address: str, *, used: bool = False) -> None:
    folder = home / ".docker/contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": address}}}))
    if used:
        (home / ".docker/config.json").write_text(json.dumps({"currentContext": name}))


async def row(found: Settings, name: str) -> BackendInfo:
    (told,) = await detect(found, [name])
    assert told.name == name
    return told


async def hang(asked: Asked, stream: anyio.abc.SocketStream) -> None:
    await anyio.sleep_forever()


@pytest.mark.parametrize("name", PLACES)
async def test_each_is_found_at_its_socket_and_goes_by_its_name(home: Path, name: str) -> None:
    version = PODMAN if name == "podman" else VERSION
    async with scripted_engine(at(home, name), telling(version)):
        found = settings(home)
        told = await row(found, name)
        assert (told.state, told.mode, told.where) == ("ready", "vm", f"unix://{home}/{PLACES[name]}")
        backend = await connect(found, [name])
        await backend.aclose()
    assert backend.name == name and backend.address == told.where
    machine = products.of(name)
    assert machine is not None and (backend.api_socket.source if backend.api_socket else "") == machine.inside


async def test_an_error_of_an_engine_in_a_machine_has_its_name(home: Path) -> None:
    async with scripted_engine(at(home, "colima"), telling(VERSION)) as engine:
        backend = await connect(settings(home), ["colima"])
        engine.stop()
        with pytest.raises(BackendNotAvailable) as caught:
            await backend.list_containers(all=True)
        await backend.aclose()
    assert caught.value.details["backend"] == "colima" and "colima start" in caught.value.details["remedy"]


async def test_what_an_engine_in_a_machine_lacks_is_refused_by_its_name(home: Path) -> None:
    async with (
        scripted_engine(at(home, "colima"), telling(VERSION)),
        scripted_engine(at(home, "docker"), telling(VERSION)),
    ):
        for name in ("colima", "docker"):
            backend = await connect(settings(home), [name])
            with pytest.raises(Unsupported) as caught:
                await backend.check_container(validate(ContainerSpec, {"image": "i", "isolation_level": "microvm"}))
            await backend.aclose()
            assert caught.value.message.startswith(f"ContainerSpec.isolation_level: {name} cannot honour it"), caught.value
            assert caught.value.details["backend"] == name and caught.value.details["reason"]


async def test_a_mount_from_outside_of_what_the_machine_has(home: Path) -> None:
    (home / "shop").mkdir()
    async with (
        scripted_engine(at(home, "colima"), telling(VERSION)),
        scripted_engine(at(home, "", "d.sock"), telling(VERSION)),
    ):
        backend = await connect(settings(home, "linux"), ["colima"])
        await backend.aclose()
        assert backend.unshared(f"{home}/shop") == "" and backend.unshared("/var/run/docker.sock") == ""
        assert f"Colima has only {home} of this machine" in backend.unshared(__file__)
        here = await connect(settings(home, "linux", DOCKER_HOST=f"unix://{home}/d.sock"), ["docker"])
        await here.aclose()
        assert here.unshared(__file__) == ""


async def test_docker_s_own_name_for_an_engine_in_a_machine(home: Path) -> None:
    """By whose socket it is, and not by the name, is known what its machine has."""
    place = at(home, "colima")
    async with scripted_engine(place, telling(VERSION)):
        found = settings(home, "linux", DOCKER_HOST=f"unix://{place}")
        backend = await connect(found, ["docker"])
        await backend.aclose()
        info = await row(found, "docker")
    assert backend.name == "docker" and f"Colima has only {home} of this machine" in backend.unshared(__file__)
    assert (info.mode, info.host_address) == ("vm", "host.docker.internal")
    assert [mount.path for mount in info.mounts or ()] == [str(home)]


@pytest.mark.parametrize(
    ("name", "mounts", "address", "inside"),
    [
        ("orbstack", [("/", False)], "host.docker.internal", "/var/run/docker.sock"),
        ("colima", [("{home}", False)], "host.docker.internal", "/var/run/docker.sock"),
        ("lima", [("{home}", True)], "host.lima.internal", None),
        ("docker", None, "host.docker.internal", "/var/run/docker.sock"),
    ],
)  # fmt: skip
async def test_what_is_told_of_its_machine(
    home: Path, name: str, mounts: list[tuple[str, bool]] | None, address: str, inside: str | None
) -> None:
    async with scripted_engine(at(home, name), telling(VERSION)):
        info = await row(settings(home), name)
    expected = mounts and [(path.format(home=home), read_only) for path, read_only in mounts]
    assert (info.mounts and [(mount.path, mount.read_only) for mount in info.mounts]) == expected
    assert (info.mode, info.host_address, info.docker_socket_inside) == ("vm", address, inside)


async def test_of_an_engine_of_this_kernel_only_its_socket_is_told(home: Path) -> None:
    async with scripted_engine(at(home, "", "d.sock"), telling(VERSION)):
        info = await row(settings(home, "linux", DOCKER_HOST=f"unix://{home}/d.sock"), "docker")
    assert (info.mode, info.mounts, info.host_address, info.docker_socket_inside) == ("local", None, None, f"{home}/d.sock")


async def test_what_a_machine_holds_may_be_podman(home: Path) -> None:
    async with scripted_engine(at(home, "lima", ".lima/p/sock/podman.sock"), telling(PODMAN)):
        backend = await connect(settings(home), ["lima"])
        await backend.aclose()
    assert backend.name == "lima" and backend.capabilities.of("ServiceSpec.gpus").support is Support.UNSUPPORTED


async def test_the_order_of_a_mac(home: Path) -> None:
    async with AsyncExitStack() as stack:
        for name in ("docker", "podman", "lima", "rancher-desktop", "colima", "orbstack"):
            version = PODMAN if name == "podman" else VERSION
            await stack.enter_async_context(scripted_engine(at(home, name), telling(version)))
            choice = await choose(settings(home))
            await choice.backend.aclose()
            assert choice.backend.name == name


async def test_a_context_leads_to_a_profile(home: Path) -> None:
    """The one that docker's own programs use comes first; another one of that product's is looked at after its sockets."""
    async with (
        scripted_engine(at(home, "colima"), telling(VERSION)),
        scripted_engine(at(home, "", "elsewhere/d.sock"), telling(VERSION)),
    ):
        usual, other = f"unix://{home}/{PLACES['colima']}", f"unix://{home}/elsewhere/d.sock"
        context(home, "colima", other)
        assert (await row(settings(home), "colima")).where == usual
        context(home, "colima-work", other, used=True)
        assert (await row(settings(home), "colima")).where == other
        assert (await row(settings(home, DOCKER_CONTEXT="default"), "colima")).where == usual
        at(home, "colima").unlink()
        assert (await row(settings(home, DOCKER_CONTEXT="default"), "colima")).where == other
        assert (await row(settings(home), "orbstack")).state == "absent"


async def test_a_context_that_is_torn_hinders_nobody(home: Path) -> None:
    context(home, "colima", "npipe:////./pipe/x", used=True)
    async with scripted_engine(at(home, "colima"), telling(VERSION)):
        assert (await row(settings(home), "colima")).available


async def test_docker_is_the_same_engine_as_its_context_s_product(home: Path) -> None:
    async with scripted_engine(at(home, "colima"), telling(VERSION)):
        context(home, "colima", f"unix://{home}/{PLACES['colima']}", used=True)
        rows = await detect(settings(home), ["colima", "docker"])
    assert [(told.state, told.same_as) for told in rows] == [("ready", None), ("ready", "colima")]


async def test_one_that_is_stopped_says_how_it_is_started(home: Path) -> None:
    """Whether its socket is gone, or stayed behind."""
    program(home, "colima", """echo '{"name":"default","status":"Stopped","arch":"aarch64"}'""")
    for _ in range(2):
        told = await row(settings(home), "colima")
        assert (told.state, told.where, told.remedy) == ("stopped", "colima list --json", "colima start")
        assert told.reason == "no machine of Colima runs: default is stopped"
        assert f"unix://{home}/{PLACES['colima']}" in (told.evidence or [""])[0] and told.reason in (told.evidence or [])
        if not at(home, "colima").exists():
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(at(home, "colima")))


async def test_the_question_is_asked_where_no_socket_answers_and_nowhere_else(home: Path) -> None:
    program(home, "orb", f'echo "$@" >> {home}/asked; echo Stopped')
    async with scripted_engine(at(home, "orbstack"), telling(VERSION)):
        assert (await row(settings(home), "orbstack")).available and not (home / "asked").exists()
    assert (await row(settings(home), "orbstack")).state == "stopped" and (home / "asked").read_text() == "status\n"


async def test_one_that_is_not_there(home: Path) -> None:
    for name in ("orbstack", "colima", "rancher-desktop", "lima", "finch"):
        told = await row(settings(home, PATH=f"{home}/none"), name)
        assert (told.state, told.remedy) == ("absent", getattr(products.of(name), "install", None)), name
        assert "is not installed" in told.reason and told.evidence


async def test_a_socket_that_fails_counts_more_than_what_the_program_says(home: Path) -> None:
    program(home, "orb", "echo Running")
    async with scripted_engine(at(home, "orbstack"), answers(document({"hello": 1}))):
        told = await row(settings(home), "orbstack")
    assert told.state == "broken" and "not a container engine" in told.reason
    assert any("OrbStack runs" in said for said in told.evidence or [])


async def test_a_dead_socket_of_a_product_whose_program_is_gone(home: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(at(home, "rancher-desktop")))
    told = await row(settings(home), "rancher-desktop")
    assert told.state == "stopped" and "nothing listens there" in told.reason and "rdctl start" in (told.remedy or "")


async def test_a_socket_that_this_user_may_not_open(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root becomes somebody else")
    home.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(at(home, "rancher-desktop")))
        listener.listen()
        at(home, "rancher-desktop").chmod(0)
        os.seteuid(65534)
        try:
            told = await row(settings(home), "rancher-desktop")
        finally:
            os.seteuid(0)
    assert told.state == "denied" and "no permission" in told.reason


async def test_one_with_containerd_whose_nerdctl_does_not_answer(home: Path) -> None:
    program(home, "finch", '[ "$*" = "vm status" ] && echo Running')
    told = await row(settings(home), "finch")
    assert told.state == "broken" and "it holds containerd" in told.reason and "/finch: " in told.reason
    with pytest.raises(BackendNotAvailable):
        await connect(settings(home), ["finch"])


async def test_docker_desktop_and_podman_s_machine_are_asked_too(home: Path) -> None:
    program(home, "docker", '[ "$*" = "desktop status" ] && echo "Status stopped"')
    program(home, "podman", "[ \"$1\" = machine ] && echo '[]'")
    (home / ".docker/desktop").mkdir(parents=True)
    docker, podman = await detect(settings(home), ["docker", "podman"])
    assert (docker.state, docker.remedy) == ("stopped", "docker desktop start")
    assert (podman.state, podman.remedy) == ("stopped", "podman machine init --now")


async def test_podman_says_where_its_machine_s_socket_is(home: Path) -> None:
    rows = '[{"Name":"m","Running":true}]'
    listing, inspecting = f"list) echo '{rows}';;", f'inspect) [ "$5" = m ] && echo {home}/elsewhere/m.sock;;'
    program(home, "podman", f'case "$2" in {listing} {inspecting} esac')
    told = await row(settings(home), "podman")
    assert told.state == "broken" and "machine m runs, and its socket does not answer" in told.reason
    async with scripted_engine(at(home, "", "elsewhere/m.sock"), telling(PODMAN)):
        assert (await row(settings(home), "podman")).where == f"unix://{home}/elsewhere/m.sock"


async def test_remedies_are_those_of_the_operating_system(home: Path) -> None:
    found = settings(home, PATH=f"{home}/none")
    docker, podman = await detect(found, ["docker", "podman"])
    assert (docker.remedy, podman.remedy) == ("brew install --cask docker-desktop", "brew install podman")
    assert podman.reason == "Podman machine is not installed: no podman on PATH" and podman.evidence == [podman.reason]
    assert f"unix://{home}/.docker/run/docker.sock" in docker.reason and "Docker Desktop is not installed" in str(docker.evidence)
    for platform, remedy in (("darwin", "docker desktop start"), ("linux", "systemctl start docker")):
        (docker,) = await detect(settings(home, platform, DOCKER_HOST=f"unix://{home}/none.sock"), ["docker"])
        assert remedy in (docker.remedy or "")


async def test_a_machine_s_socket_comes_before_podman_s_way_by_ssh(home: Path) -> None:
    folder = home / ".config/containers"
    folder.mkdir(parents=True)
    way = {"URI": "ssh://core@127.0.0.1:1/run/podman/podman.sock", "IsMachine": True}
    (folder / "podman-connections.json").write_text(json.dumps({"Connection": {"Default": "m", "Connections": {"m": way}}}))
    async with scripted_engine(at(home, "podman"), telling(PODMAN)):
        assert (await row(settings(home), "podman")).where == f"unix://{home}/{PLACES['podman']}"


async def test_other_operating_systems(home: Path) -> None:
    """Each says what it is on this one; nothing is started for that."""
    told = {name: await row(settings(home, "win32"), name) for name in ("rancher-desktop", "colima", "orbstack", "finch")}
    assert {found.state for found in told.values()} == {"unsupported"}
    docker = await row(settings(home, "win32"), "docker")
    assert docker.state == "unsupported" and "named pipes" in docker.reason and "WSL" in (docker.remedy or "")
    assert "npipe:////./pipe/docker_engine" in told["rancher-desktop"].reason and "WSL" in (told["rancher-desktop"].remedy or "")
    assert "no Colima for this operating system" in told["colima"].reason
    assert (await row(settings(home, "linux"), "orbstack")).state == "unsupported"
    async with scripted_engine(at(home, "colima"), telling(VERSION)):
        assert (await row(settings(home, "linux"), "colima")).mode == "vm", "by its name it is found on Linux, too"


async def test_eight_probes_of_which_all_but_one_hang(home: Path) -> None:
    """Sockets that take a connection and never answer, programs that never end: each probe ends at its bound, with a reason."""
    names = ["apple/container", "orbstack", "colima", "rancher-desktop", "lima", "podman", "nerdctl", "docker"]
    found_by_itself = settings(home, PERRY_CONTAINER_PROBE_TIMEOUT="")
    assert found_by_itself.probe_timeout == 2
    for name in ("container", "nerdctl"):
        program(home, name, "exec /bin/sleep 60")
    async with AsyncExitStack() as stack:
        for name in ("orbstack", "colima", "rancher-desktop", "lima", "podman"):
            await stack.enter_async_context(scripted_engine(at(home, name), hang))
        await stack.enter_async_context(scripted_engine(at(home, "docker"), telling(VERSION)))
        with anyio.fail_after(9):  # one after the other they would take ten seconds
            rows = await detect(found_by_itself)
        with anyio.fail_after(9):
            choice = await choose(found_by_itself)
        await choice.backend.aclose()
    assert [found.name for found in rows] == names
    assert choice.backend.name == "docker" and rows[-1].available
    for found in rows[:-1]:
        assert not found.available and found.reason and found.remedy, found
    assert ["does not answer within 2 s" in found.reason for found in rows] == [True] * 7 + [False]
    assert all(found.name in (choice.warning or "") for found in rows[:-1] if "within 2 s" in found.reason)


async def test_a_program_that_hangs_is_killed_at_the_bound(home: Path) -> None:
    program(home, "orb", f"echo $$ > {home}/pid; exec /bin/sleep 60")
    with anyio.fail_after(20):
        told = await row(settings(home), "orbstack")
    assert told.state == "broken" and "orb status does not answer within 1 s" in told.reason
    with pytest.raises(ProcessLookupError):
        os.kill(int((home / "pid").read_text()), 0)


async def test_a_mac_without_any(home: Path) -> None:
    with pytest.raises(NoBackendFound) as caught:
        await choose(settings(home, PATH=f"{home}/none"))
    assert [probe["name"] for probe in caught.value.details["probes"]] == [
        "apple/container", "orbstack", "colima", "rancher-desktop", "lima", "podman", "nerdctl", "docker",
    ]  # fmt: skip
