from __future__ import annotations

import time
from pathlib import Path

import pytest

from perry_ffi import drivers
from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model.doctor_report import (
    DoctorMachine,
    DoctorReport,
    DoctorRuntime,
    DoctorSymptom,
    DoctorTrial,
    InstallOption,
    InstallOptions,
    InstallRun,
)
from perry_ffi.service import doctor
from tests.support.doctoring import User, docker, engine, mute, program

pytestmark = pytest.mark.anyio


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def of(report: DoctorReport, name: str) -> DoctorRuntime:
    return next(row for row in report.runtimes if row.name == name)


def symptom(report: DoctorReport, ident: str) -> DoctorSymptom:
    return next(row for row in report.symptoms if row.id == ident)


async def test_an_engine_that_works(user: User) -> None:
    user.variables["DOCKER_HOST"] = f"unix://{user.home}/d.sock"
    with engine(user.home / "d.sock", docker("1.45", Driver="overlay2", CgroupVersion="2", DockerRootDir=str(user.home))):
        report = await user.report()
    assert (report.healthy, report.chosen, report.where) == (True, "docker", f"unix://{user.home}/d.sock")
    assert report.server is None and report.why == "PERRY_CONTAINER_BACKEND names it"
    row = of(report, "docker")
    assert (row.state, row.version, row.api, row.cgroup_version, row.storage_driver) == (
        "ready",
        "20.10.24",
        "1.45",
        "2",
        "overlay2",
    )
    assert row.free_bytes and row.clock_skew is not None and abs(row.clock_skew) < 3
    assert [one.name for one in report.runtimes] == list(drivers.NAMES)


async def test_a_server_of_the_environment_comes_first(user: User) -> None:
    user.variables |= {"DOCKER_HOST": f"unix://{user.home}/d.sock", "PERRY_CONTAINER_MODE": "server-first"}
    with engine(user.home / "d.sock", docker()):
        report = await user.report()
    assert (report.server, report.why) == ("DOCKER_HOST", "DOCKER_HOST names its server")


async def test_nothing_works(user: User) -> None:
    user.variables["DOCKER_HOST"] = f"unix://{user.home}/none.sock"
    report = await user.report()
    assert not report.healthy and report.chosen is None and "none.sock does not exist" in report.why
    assert symptom(report, "docker:server-missing").evidence == f"DOCKER_HOST names {user.home}/none.sock, which does not exist"
    assert of(report, "docker").state == "absent"


async def test_a_server_far_away_that_does_not_answer(user: User) -> None:
    user.variables["DOCKER_HOST"] = "tcp://127.0.0.1:1"
    found = symptom(await user.report(), "docker:probe")
    assert "refuses connections" in found.evidence and "127.0.0.1" in found.remedy and found.weight == "error"


async def test_something_silent_does_not_keep_anybody_waiting(user: User) -> None:
    user.variables["DOCKER_HOST"] = f"unix://{user.home}/d.sock"
    before = time.monotonic()
    with mute(user.home / "d.sock"):
        report = await user.report()
    assert time.monotonic() - before < 5
    assert symptom(report, "docker:silent-answer") and of(report, "docker").state == "broken"


async def test_a_context_that_leads_to_what_does_not_run(user: User) -> None:
    user.colima("exit 1")
    report = await user.report()
    assert report.context == "colima"
    row = symptom(report, "docker:context-without-server")
    assert (row.commands, row.runnable, row.needs_root) == ([["colima", "start"]], True, False)


async def test_what_is_in_use_is_told_as_chosen(user: User) -> None:
    user.variables["DOCKER_HOST"] = f"unix://{user.home}/d.sock"
    with engine(user.home / "d.sock", docker()):
        client = user.client()
        await client.backend()
        report = await doctor.doctor(client)
        await client.aclose()
    assert (report.chosen, report.why) == ("docker", "PERRY_CONTAINER_BACKEND names it")


async def test_names_that_are_no_unicode(user: User) -> None:
    user.variables["DOCKER_HOST"] = f"unix://{user.home}/\udcff.sock"
    assert "\\udcff.sock" in symptom(await user.report(), "docker:server-missing").evidence


async def test_options_are_told_and_nothing_runs(user: User) -> None:
    user.colima(f"touch {user.home}/ran")
    client = user.client()
    found = await doctor.install(client)
    await client.aclose()
    assert found.ran is None and not (user.home / "ran").exists()
    kinds = [one.kind for one in found.options]
    assert kinds == sorted(kinds, reverse=True), "what mends comes before what installs"
    ids = [one.id for one in found.options]
    assert {"docker:context-without-server", "colima:machine-stopped", "install:podman", "install:docker"} <= set(ids)


async def test_the_one_that_is_named_is_run(user: User) -> None:
    user.colima('echo "$*"; exit 4')
    client = user.client()
    found = await doctor.install(client, "colima:machine-stopped")
    await client.aclose()
    assert found.ran is not None
    assert (found.ran.id, found.ran.exit_code, found.ran.output) == ("colima:machine-stopped", 4, "start\n")


async def test_what_needs_root_is_not_run(user: User) -> None:
    program(user.bin, "apt-get", f"touch {user.home}/ran")
    client = user.client()
    with pytest.raises(Unsupported, match="install:podman: it needs root: ") as refused:
        await doctor.install(client, "install:podman")
    assert refused.value.details["commands"][0][-4:] == ["install", "-y", "podman", "uidmap"]
    with pytest.raises(NotFound, match="there is no option 'nothing'") as unknown:
        await doctor.install(client, "nothing")
    assert "install:podman" in unknown.value.details["expected"]
    await client.aclose()
    assert not (user.home / "ran").exists()


async def test_what_another_system_installs(user: User) -> None:
    client = user.client()
    found = await doctor.install(client, platform="darwin")
    assert found.platform == "darwin" and found.ran is None
    assert {"install:orbstack", "install:apple/container"} <= {one.id for one in found.options}
    with pytest.raises(ValidationError, match="nothing is run for win32"):
        await doctor.install(client, "install:podman", platform="win32")
    assert (await doctor.install(client, platform="linux")).options == (await doctor.install(client)).options
    await client.aclose()


def test_every_member_of_the_report_is_documented() -> None:
    page = Path(__file__).resolve().parents[3] / "docs/doctor.md"
    section = page.read_text().split("\n## The report\n")[1].split("\n## ")[0]
    for model in (
        DoctorReport,
        DoctorMachine,
        DoctorRuntime,
        DoctorSymptom,
        DoctorTrial,
        InstallOptions,
        InstallOption,
        InstallRun,
    ):
        for member in model._members:
            assert f"`{member.json}`" in section, (model, member.name)
