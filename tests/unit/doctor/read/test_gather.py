"""From a machine to the rows: what goes wrong is made for real, in a root of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from perry_ffi.doctor.diagnosis import diagnose
from perry_ffi.doctor.finding import Finding
from perry_ffi.doctor.read import questions
from perry_ffi.doctor.read.gather import gather
from perry_ffi.settings import Settings
from tests.support.doctoring import docker, engine, mute, nobody, program

pytestmark = pytest.mark.anyio


class Machine:
    """A root with a user in it."""

    def __init__(self, root: Path) -> None:
        self.root, self.home, self.bin = root, root / "h", root / "bin"
        (root / "var/run").mkdir(parents=True)
        (root / "run/user").mkdir(parents=True)
        self.home.mkdir()
        self.variables: dict[str, str] = {}

    @property
    def socket(self) -> Path:
        return self.root / "var/run/docker.sock"

    async def rows(self, platform: str = "linux") -> dict[str, Finding]:
        environ = {
            "HOME": str(self.home),
            "PATH": str(self.bin),
            "XDG_RUNTIME_DIR": str(self.root / "run/user"),
            **self.variables,
        }
        found = await gather(Settings.from_environ(environ, platform=platform), "", self.root)
        return {one.id: one for one in diagnose(found)}

    def context(self, name: str, host: str = "") -> None:
        folder = self.home / ".docker"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"currentContext": name}))
        if host:
            meta = folder / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
            meta.mkdir(parents=True)
            (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def test_a_machine_with_nothing_on_it(machine: Machine) -> None:
    assert await machine.rows() == {}
    assert await machine.rows("darwin") == {}


async def test_a_service_that_is_stopped(machine: Machine) -> None:
    (machine.root / "run/systemd/system").mkdir(parents=True)
    program(machine.bin, "dockerd", "exit 1")
    assert (await machine.rows())["docker:service-stopped"].remedy.text.endswith("systemctl enable --now docker")


async def test_a_socket_without_anybody(machine: Machine) -> None:
    with nobody(machine.socket):
        assert "refuses connections" in (await machine.rows())["docker:nobody-listens"].evidence


@pytest.mark.skipif(os.geteuid() != 0, reason="it takes root to be another user")
@pytest.mark.parametrize(
    ("group", "mode", "ident"),
    [("daemon", 0o660, "docker:not-in-group"), ("daemon", 0o600, "docker:root-only"), ("root", 0o660, "docker:root-only")],
)
async def test_a_socket_that_this_user_may_not_use(group: str, mode: int, ident: str) -> None:
    """As somebody else, in a folder that everybody may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o755)
        machine = Machine(Path(name))
        with engine(machine.socket, docker()):
            shutil.chown(machine.socket, group=group)
            machine.socket.chmod(mode)
            assert await machine.rows() == {}  # loads what the other user may not read
            before = os.getgroups()
            os.setgroups([])
            os.setegid(65534)
            os.seteuid(65534)
            try:
                found = await machine.rows()
            finally:
                os.seteuid(0)
                os.setegid(0)
                os.setgroups(before)
    assert list(found) == [ident]
    assert f"no permission to use {machine.socket}, mode {mode:04o}, group {group}" in found[ident].evidence
    if ident.endswith("group"):
        assert found[ident].remedy.commands[0][-4:] == ("usermod", "-aG", group, "root") and found[ident].remedy.root


async def test_a_link_of_a_machine_that_does_not_run(machine: Machine) -> None:
    program(machine.bin, "colima", """echo '{"name":"default","status":"Stopped","runtime":"docker"}'""")
    machine.socket.symlink_to(machine.home / ".colima/default/docker.sock")
    found = await machine.rows("darwin")
    assert found["docker:dangling-link"].remedy.text == "colima start"
    assert found["colima:machine-stopped"].evidence == "colima list --json: no machine of Colima runs: default is stopped"
    assert found["colima:machine-stopped"].remedy.runnable


async def test_a_configuration_that_is_broken(machine: Machine) -> None:
    (machine.home / ".docker").mkdir()
    (machine.home / ".docker/config.json").write_text("{broken")
    assert (await machine.rows())["docker:broken-config"].evidence == f"{machine.home}/.docker/config.json is not JSON"


async def test_a_context_that_names_nothing(machine: Machine) -> None:
    machine.context("gone")
    program(machine.bin, "docker", "exit 1")
    found = (await machine.rows())["docker:unknown-context"]
    assert found.remedy.text == "docker context use default" and "does not exist" in found.evidence


async def test_a_context_whose_socket_is_not_there(machine: Machine) -> None:
    machine.context("orbstack", f"unix://{machine.home}/.orbstack/run/docker.sock")
    program(machine.bin, "orb", "echo Stopped; exit 1")
    found = await machine.rows("darwin")
    assert found["docker:context-without-server"].remedy.text == "orb start"
    assert found["orbstack:machine-stopped"].remedy.text == "orb start"


async def test_a_variable_that_names_what_is_not_there(machine: Machine) -> None:
    machine.variables["DOCKER_HOST"] = f"unix://{machine.root}/none.sock"
    assert (await machine.rows())[
        "docker:server-missing"
    ].evidence == f"DOCKER_HOST names {machine.root}/none.sock, which does not exist"


async def test_an_engine_that_is_too_old(machine: Machine) -> None:
    with engine(machine.socket, docker("1.39")):
        found = await machine.rows()
    assert list(found) == ["docker:engine-too-old"] and "speaks API 1.39" in found["docker:engine-too-old"].evidence


async def test_a_clock_that_was_asleep(machine: Machine) -> None:
    with engine(machine.socket, docker(), ahead=-900):
        assert "s behind this machine's" in (await machine.rows())["docker:clock-skew"].evidence


async def test_a_podman_that_refuses(machine: Machine) -> None:
    program(machine.bin, "podman", "echo 'Error: no subuid ranges found for user' >&2; exit 125")
    found = (await machine.rows())["podman:no-subids"]
    assert "usermod --add-subuids" in found.remedy.text and found.evidence.startswith("podman says: ")


async def test_a_podman_machine_that_is_off(machine: Machine) -> None:
    program(machine.bin, "podman", """echo '[{"Name":"podman-machine-default","Running":false}]'""")
    assert (await machine.rows("darwin"))["podman:machine-stopped"].remedy.text == "podman machine start podman-machine-default"


async def test_a_service_of_apple_s_that_is_off(machine: Machine) -> None:
    program(machine.bin, "container", "echo 'XPC connection error: Connection invalid' >&2; exit 1")
    found = await machine.rows("darwin")
    assert found.get("apple/container:service-stopped") or found["apple/container:too-old"]  # by the processor of this machine


async def test_everything_that_can_hang_hangs(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight programs and three sockets: side by side, each within its bound, with what became of each."""
    monkeypatch.setattr(questions, "SECONDS", 0.5)
    machine.variables["PERRY_CONTAINER_PROBE_TIMEOUT"] = "0.5"
    names = ("orb", "colima", "rdctl", "limactl", "podman", "finch", "docker", "container")
    for name in names:
        program(machine.bin, name, "exec /bin/sleep 60")
    (machine.home / ".docker/desktop").mkdir(parents=True)
    for folder in (".rd", ".orbstack/run"):
        (machine.home / folder).mkdir(parents=True)
    before = time.monotonic()
    with mute(machine.socket), mute(machine.home / ".rd/docker.sock"), mute(machine.home / ".orbstack/run/docker.sock"):
        found = await machine.rows("darwin")
    assert time.monotonic() - before < 4
    asked = {"orbstack", "colima", "rancher-desktop", "lima", "podman", "finch", "docker"}
    assert {one.runtime for one in found.values() if one.symptom == "machine-odd"} == asked
    assert {one.runtime for one in found.values() if one.symptom == "silent-answer"} == {"docker", "rancher-desktop", "orbstack"}
    assert all("did not end within 0.5 s" in one.evidence for one in found.values() if one.symptom == "machine-odd")
