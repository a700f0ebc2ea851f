from __future__ import annotations

import json

import pytest

from perry_ffi.doctor.facts import Said
from perry_ffi.doctor.symptoms import machines
from tests.support.doctoring import MAC, WINDOWS, at, facts, only, said, without

COLIMA = '{"name":"%s","status":"%s","arch":"aarch64","cpus":2,"runtime":"%s"}'
MACHINE = '[{"Name":"podman-machine-default","Default":true,"Running":%s,"LastUp":"Never"}]'


@pytest.mark.parametrize(
    ("answer", "runtime", "text"),
    [
        (said("colima list --json", COLIMA % ("default", "Stopped", "docker")), "colima", "colima start"),
        (said("colima list --json", COLIMA % ("work", "Stopped", "docker")), "colima", "colima start -p work"),
        (said("limactl list --json", '{"name":"docker","status":"Stopped"}'), "lima", "limactl start docker"),
        (said("orb status", "Stopped\n", code=1), "orbstack", "orb start"),
        (
            said("rdctl api /v1/backend_state", '{"vmState":"STOPPED","locked":false}'), "rancher-desktop",
            "rdctl start --container-engine.name moby",
        ),
        (
            said("rdctl api /v1/backend_state", stderr="dial tcp 127.0.0.1:6107: connection refused", code=1), "rancher-desktop",
            "rdctl start --container-engine.name moby",
        ),
        (said("docker desktop status", "Name   Value\nStatus stopped\n"), "docker", "docker desktop start"),
        (said("podman machine list --format json", MACHINE % "false"), "podman", "podman machine start podman-machine-default"),
        (said("finch vm status", "Stopped\n"), "finch", "finch vm start"),
    ],
)  # fmt: skip
def test_a_machine_that_does_not_run_is_started(answer: Said, runtime: str, text: str) -> None:
    found = only(machines.stopped(facts(MAC, said=(answer,))))
    assert (found.runtime, found.symptom, found.remedy.text, found.state) == (runtime, "machine-stopped", text, "stopped")
    assert found.remedy.runnable and found.evidence.startswith(" ".join(answer.argv)) and found.weight == "error"
    assert not list(machines.odd_answer(facts(MAC, said=(answer,))))


def test_a_machine_is_not_missed_where_another_engine_of_its_name_answers() -> None:
    answer = said("docker desktop status", "Status stopped\n")
    assert only(machines.stopped(facts(MAC, at("listening"), said=(answer,)))).weight == "note"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (said("podman machine list --format json", "[]"), "podman machine init --now"),
        (said("limactl list --json", ""), "limactl start template:docker"),
        (said("finch vm status", "Nonexistent\n"), "finch vm init"),
    ],
)
def test_where_there_is_no_machine_one_is_made(answer: Said, text: str) -> None:
    found = only(machines.stopped(facts(MAC, said=(answer,))))
    assert (found.symptom, found.remedy.text) == ("no-machine", text) and "downloads" in found.remedy.changes


def test_a_machine_that_starts_is_waited_for() -> None:
    found = only(machines.stopped(facts(MAC, said=(said("orb status", "Starting"),))))
    assert found.remedy.text == "wait until it has started" and not found.remedy.commands


@pytest.mark.parametrize("name", ["--help", "-p", "a b; rm"])
def test_a_name_that_would_be_an_option_or_more_is_not_run(name: str) -> None:
    found = only(
        machines.stopped(facts(MAC, said=(said("limactl list --json", json.dumps({"name": name, "status": "Stopped"})),)))
    )
    assert found.remedy.commands in ((), (("limactl", "start", name),))
    assert not any(word.startswith("-") for argv in found.remedy.commands for word in argv)


@pytest.mark.parametrize(
    "answer",
    [
        said("colima list --json", "level=fatal"),
        said("podman machine list --format json", '[{"Name":7}]'),
        said("orb status", "Updating\n"),
        said("finch vm status", stderr="panic", code=2),
        said("rdctl api /v1/backend_state", "{}"),
        Said(("limactl", "list", "--json"), None, failure="the program limactl did not end within 10 s"),
    ],
)
def test_an_answer_that_is_not_known_is_shown_and_becomes_no_command(answer: Said) -> None:
    told = facts(MAC, said=(answer,))
    found = only(machines.odd_answer(told))
    assert answer.words in found.evidence and not found.remedy.commands and found.symptom == "machine-odd"
    assert not list(machines.stopped(told))


def test_a_machine_that_runs_and_does_not_answer_is_restarted_by_hand() -> None:
    found = only(machines.odd_answer(facts(MAC, said=(said("orb status", "Running\n"),))))
    assert found.remedy.text == "orb stop && orb start" and not found.remedy.runnable


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (said("colima list --json", COLIMA % ("default", "Running", "containerd")), "colima start -p docker --runtime docker"),
        (said("rdctl api /v1/backend_state", '{"vmState":"STARTED"}'), "rdctl set --container-engine.name moby"),
        (said("limactl list --json", '{"name":"default","status":"Running"}'), "limactl start template:docker"),
    ],
)
def test_a_machine_that_holds_containerd(answer: Said, text: str) -> None:
    found = only(machines.holds_another_engine(facts(MAC, said=(answer,))))
    assert (found.remedy.text, found.state, found.weight) == (text, "ready", "note")


def test_a_machine_that_holds_what_nobody_drives() -> None:
    answer = said("colima list --json", COLIMA % ("default", "Running", "incus"))
    found = only(machines.holds_another_engine(facts(MAC, said=(answer,))))
    assert (found.state, found.weight) == ("unsupported", "error")


def test_a_project_that_a_machine_with_containerd_does_not_see() -> None:
    answer = said("colima list --json", COLIMA % ("default", "Running", "containerd"))
    found = only(machines.bind_mounts_are_empty(facts(MAC, said=(answer,), directory="/opt/shop")))
    assert found.runtime == "colima" and not list(
        machines.bind_mounts_are_empty(facts(MAC, said=(answer,), directory="/Users/ann/x"))
    )


def test_a_project_that_the_machine_does_not_see() -> None:
    listening = at("listening", "/Users/ann/.colima/default/docker.sock", "colima")
    found = only(machines.bind_mounts_are_empty(facts(MAC, listening, directory="/opt/shop")))
    assert found.weight == "warning" and "/opt/shop is not in a folder that Colima shares" in found.evidence
    assert not list(machines.bind_mounts_are_empty(facts(MAC, listening, directory="/Users/ann/shop")))
    assert not list(machines.bind_mounts_are_empty(facts(MAC, listening)))
    everything = at("listening", "/Users/ann/.orbstack/run/docker.sock", "orbstack")
    assert not list(machines.bind_mounts_are_empty(facts(MAC, everything, directory="/opt/shop")))


@pytest.mark.parametrize(("release", "arch"), [("15.6", "arm64"), ("26.0", "x86_64")])
def test_apple_s_container_on_a_machine_that_it_is_not_for(release: str, arch: str) -> None:
    machine = without(MAC, release=release, arch=arch)
    found = only(machines.apple_is_not_for_this_machine(facts(machine, programs="container")))
    assert f"macOS {release} on {arch}" in found.evidence and found.state == "unsupported"
    assert not list(machines.apple_is_not_for_this_machine(facts(MAC, programs="container")))


@pytest.mark.parametrize(
    "answer",
    [
        said("container system status --format json", json.dumps({"status": "unregistered"}), code=1),
        said(
            "container system status --format json", code=1,
            stderr='Error: interrupted: "XPC connection error: Connection invalid"\n'
            "Ensure container system service has been started with `container system start`.",
        ),
    ],
)  # fmt: skip
def test_apple_s_service_that_does_not_run(answer: Said) -> None:
    found = only(machines.apple_service_stopped(facts(MAC, said=(answer,), programs="container")))
    assert found.remedy.text == "container system start --enable-kernel-install" and found.state == "stopped"


def test_apple_s_service_that_runs_or_says_what_is_not_known() -> None:
    name = "container system status --format json"
    assert not list(machines.apple_service_stopped(facts(MAC, said=(said(name, '{"status":"running"}'),))))
    odd = only(machines.apple_service_stopped(facts(MAC, said=(said(name, "Segmentation fault", code=139),))))
    assert odd.symptom == "odd-answer" and "Segmentation fault" in odd.evidence


def test_windows_without_its_linux() -> None:
    found = only(machines.no_wsl(facts(WINDOWS)))
    assert found.remedy.text == "wsl --install" and not found.remedy.runnable
    assert not list(machines.no_wsl(facts(WINDOWS, programs="wsl")))
