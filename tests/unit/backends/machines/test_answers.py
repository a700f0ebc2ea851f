"""What programs of machines say, as recorded from them, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.machines import answers, products
from perry_ffi.process.program import Finished

COLIMA = '{{"name":"{0}","status":"{1}","arch":"aarch64","cpus":2,"memory":2147483648,"disk":107374182400,"runtime":"{2}"}}\n'
LIMA = '{{"name":"{0}","status":"{1}","dir":"/Users/me/.lima/{0}","vmType":"vz","arch":"aarch64"}}\n'
PODMAN = (
    '[{{"Name":"podman-machine-default","Default":true,"Created":"2026-11-01T10:00:00Z","Running":{0},"Starting":{1},'
    '"LastUp":"2026-11-01T10:00:00Z","VMType":"applehv"}}]'
)
NO_RDCTL = 'Error: Get "http://127.0.0.1:6107/v1/backend_state": dial tcp 127.0.0.1:6107: connect: connection refused\n'
TABLE = "Name                Value\nStatus              {0}\nSessionID           f0f0\n"


def said(name: str, stdout: str, stderr: str = "", code: int = 0) -> answers.Said:
    machine = products.of(name)
    assert machine is not None
    return answers.read(machine, Finished(code, stdout.encode(), stderr.encode()))


@pytest.mark.parametrize(
    ("name", "stdout", "state", "reason", "remedy"),
    [
        ("orbstack", "Stopped\n", "stopped", "OrbStack is stopped", "orb start"),
        ("orbstack", "Running\n", "broken", "OrbStack runs, and its socket does not answer", "orb stop && orb start"),
        ("colima", "", "stopped", "Colima has no machine yet", "colima start"),
        ("colima", COLIMA.format("default", "Stopped", ""), "stopped", "default is stopped", "colima start"),
        ("colima", COLIMA.format("work", "Stopped", ""), "stopped", "work is stopped", "colima start -p work"),
        ("colima", COLIMA.format("work", "Broken", ""), "broken", "work is broken", "run 'colima list --json'"),
        ("colima", COLIMA.format("work", "Running", "docker"), "broken", "profile work runs, and", "colima restart -p work"),
        ("lima", "", "stopped", "Lima has no machine yet", "limactl start template:docker"),
        ("lima", LIMA.format("dev", "Stopped"), "stopped", "dev is stopped", "limactl start dev"),
        ("lima", LIMA.format("dev", "Broken"), "broken", "dev is broken", "run 'limactl list --json'"),
        ("lima", LIMA.format("dev", "Broken") + LIMA.format("b", "Stopped"), "stopped", "b is stopped", "limactl start b"),
        ("rancher-desktop", '{"vmState":"STOPPED","locked":false}', "stopped", "is stopped", "rdctl start --container-engine"),
        ("rancher-desktop", '{"vmState":"STARTING","locked":false}', "stopped", "is starting", "wait"),
        ("rancher-desktop", '{"vmState":"ERROR","locked":false}', "broken", "has failed", "rdctl shutdown && rdctl start"),
        ("podman", "[]", "stopped", "Podman machine has no machine yet", "podman machine init --now"),
        ("podman", "null\n", "stopped", "Podman machine has no machine yet", "podman machine init --now"),
        ("podman", PODMAN.format("false", "false"), "stopped", "is stopped", "podman machine start podman-machine-default"),
        ("podman", PODMAN.format("false", "true"), "stopped", "is starting", "wait"),
        ("podman", PODMAN.format("true", "false"), "broken", "runs, and its socket", "podman machine stop && podman machine start"),
        ("finch", "Nonexistent\n", "stopped", "Finch has no machine yet", "finch vm init"),
        ("finch", "Stopped\n", "stopped", "Finch is stopped", "finch vm start"),
        ("docker", TABLE.format("stopped"), "stopped", "Docker Desktop is stopped", "docker desktop start"),
        ("docker", TABLE.format("running"), "broken", "Docker Desktop runs, and", "docker desktop restart"),
        ("docker", '{"Status":"starting"}', "stopped", "Docker Desktop is starting", "wait"),
    ],
)  # fmt: skip
def test_what_is_said(name: str, stdout: str, state: str, reason: str, remedy: str) -> None:
    found = said(name, stdout)
    assert found.state == state and reason in found.reason and found.remedy.startswith(remedy), found


@pytest.mark.parametrize(
    ("name", "stdout", "remedy", "holds"),
    [
        ("colima", COLIMA.format("work", "Running", "containerd"), "colima start -p docker --runtime docker", "work"),
        ("colima", COLIMA.format("work", "Running", "incus"), "colima start -p docker --runtime docker", ""),
        ("rancher-desktop", '{"vmState":"STARTED"}', "rdctl set --container-engine.name moby", "Rancher Desktop"),
        ("rancher-desktop", '{"vmState":"DISABLED"}', "rdctl set --container-engine.name moby", "Rancher Desktop"),
        ("lima", LIMA.format("default", "Running"), "limactl start template:docker", "default"),
        ("finch", "Running\n", "use another engine", "Finch"),
    ],
)  # fmt: skip
def test_one_that_holds_containerd_names_it(name: str, stdout: str, remedy: str, holds: str) -> None:
    found = said(name, stdout)
    assert (found.state, found.remedy, found.holds) == ("unsupported", remedy, holds)


def test_one_that_runs_counts_before_those_that_do_not() -> None:
    rows = COLIMA.format("a", "Stopped", "") + COLIMA.format("b", "Running", "containerd")
    assert "profile b runs containerd" in said("colima", rows).reason


def test_programs_that_fail_because_their_product_does_not_run() -> None:
    assert said("rancher-desktop", "", NO_RDCTL, 1).state == "stopped"
    assert said("docker", "", "Docker Desktop is not running\n", 1).state == "stopped"
    found = said("docker", "", "docker: 'desktop' is not a docker command.\nSee 'docker --help'\n", 1)
    assert found.state == "absent" and "4.37" in found.reason


@pytest.mark.parametrize("machine", products.MACHINES, ids=lambda machine: machine.name)
def test_an_answer_that_is_not_known_is_shown(machine: products.Machine) -> None:
    for stdout, stderr, code in (("purple\n", "", 0), ("", "it broke\x1b[31m\n", 3), ('{"a":1}', "", 0)):
        found = answers.read(machine, Finished(code, stdout.encode(), stderr.encode()))
        assert found.state == "broken" and f"exit code {code}" in found.reason and "\x1b" not in found.reason
        assert (stdout + stderr).split("\x1b")[0].strip() in found.reason and machine.asking in found.remedy


@given(st.sampled_from(products.MACHINES), st.binary(max_size=300), st.binary(max_size=100), st.integers(-9, 255))
def test_no_answer_is_too_odd(machine: products.Machine, stdout: bytes, stderr: bytes, code: int) -> None:
    found = answers.read(machine, Finished(code, stdout, stderr))
    assert found.state != "ready" and found.reason and found.remedy and "\n" not in found.reason


@pytest.mark.parametrize("name", ["colima", "lima"])
@pytest.mark.parametrize("odd", ["-rf", "a b", "$(x)", "a;b", "ü"])
def test_a_machine_s_name_in_a_remedy_is_quoted(name: str, odd: str) -> None:
    rows = (COLIMA if name == "colima" else LIMA).format(odd, "Stopped", "")
    shown = said(name, rows).remedy.split(" ", 2)[2].removeprefix("-p ")
    assert shown == ("NAME" if odd.startswith("-") else f"'{odd}'")


@pytest.mark.parametrize("machine", products.MACHINES, ids=lambda machine: machine.name)
def test_each_row_says_how_it_is_begun(machine: products.Machine) -> None:
    assert machine.start.startswith(machine.program) and machine.install and machine.platforms
    assert machine.sockets or machine.nerdctl, "there is a way to its engine"
