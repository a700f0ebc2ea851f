from __future__ import annotations

import pytest

from perry_ffi.doctor.facts import Configuration
from perry_ffi.doctor.symptoms import sockets
from tests.support.doctoring import LINUX, MAC, SYSTEM, at, facts, only, without

ROOTLESS = "/run/user/1000/docker.sock"


def test_a_service_that_is_stopped_is_started_by_systemd() -> None:
    found = only(sockets.service_stopped(facts(LINUX, at("missing"), programs="dockerd sudo")))
    assert found.evidence == "/var/run/docker.sock does not exist, /usr/bin/dockerd is installed"
    assert found.remedy.text == "sudo systemctl enable --now docker"
    assert found.remedy.root and not found.remedy.runnable and found.state == "stopped"


@pytest.mark.parametrize(
    "none",
    [
        facts(LINUX, at("missing")),
        facts(LINUX, at("denied"), programs="dockerd"),
        facts(LINUX, at("missing"), at("listening", ROOTLESS), programs="dockerd"),
        facts(MAC, at("missing"), programs="dockerd"),
    ],
    ids=["not installed", "it is there", "a rootless one answers", "no Linux"],
)
def test_a_service_that_is_not_stopped(none: object) -> None:
    assert not list(sockets.service_stopped(none))  # type: ignore[arg-type]


def test_a_root_needs_no_sudo_and_the_command_is_root_s_all_the_same() -> None:
    found = only(sockets.service_stopped(facts(without(LINUX, uid=0), at("missing"), programs="dockerd sudo")))
    assert found.remedy.text == "systemctl enable --now docker" and found.remedy.root


@pytest.mark.parametrize(
    ("programs", "text"),
    [
        ("service sudo", "sudo service docker start"),
        ("rc-service doas", "doas rc-service docker start"),
        ("", "start dockerd as root, in whichever way this system starts services"),
    ],
)
def test_without_systemd_another_program_starts_it(programs: str, text: str) -> None:
    machine = without(LINUX, systemd=False)
    found = only(sockets.service_stopped_without_systemd(facts(machine, at("missing"), programs=f"dockerd {programs}")))
    assert found.remedy.text == text


def test_in_wsl_systemd_may_be_switched_on() -> None:
    machine = without(LINUX, systemd=False, wsl=2)
    found = only(sockets.service_stopped_without_systemd(facts(machine, at("missing"), programs="dockerd service")))
    assert "systemd=true in /etc/wsl.conf" in found.remedy.advice


def test_in_a_container_the_host_s_socket_is_to_be_mounted() -> None:
    machine = without(LINUX, systemd=False, container=True)
    found = only(sockets.inside_a_container(facts(machine, at("missing"), programs="dockerd service")))
    assert found.remedy.text.endswith("-v /var/run/docker.sock:/var/run/docker.sock") and found.weight == "error"
    assert not list(sockets.service_stopped_without_systemd(facts(machine, at("missing"), programs="dockerd service")))
    assert not list(sockets.inside_a_container(facts(machine, at("listening"))))


def test_a_dangling_link_starts_the_product_that_it_leads_to() -> None:
    link = "/Users/ann/.colima/work/docker.sock"
    found = only(sockets.dangling_link(facts(MAC, at("dangling", link=link), programs="colima")))
    assert found.evidence == f"{SYSTEM} is a link to {link}, which does not exist"
    assert found.remedy.text == "colima start -p work" and found.remedy.runnable


def test_a_dangling_link_of_a_product_that_is_gone_is_removed() -> None:
    other = at("listening", "/Users/ann/.orbstack/run/docker.sock", "orbstack")
    link = "/Users/ann/.docker/run/docker.sock"
    found = only(sockets.dangling_link(facts(MAC, at("dangling", link=link), other, programs="sudo")))
    assert found.remedy.text == "sudo rm -- /var/run/docker.sock"
    assert found.remedy.advice.endswith("; /Users/ann/.orbstack/run/docker.sock answers") and found.weight == "warning"


@pytest.mark.parametrize(
    ("socket", "text", "root"),
    [
        (at("refused"), "sudo systemctl restart docker", True),
        (at("refused", ROOTLESS), "systemctl --user restart docker", False),
        (at("refused", "/run/user/1000/podman/podman.sock", "podman"), "systemctl --user restart podman.socket", False),
        (at("refused", "/run/podman/podman.sock", "podman"), "sudo systemctl restart podman.socket", True),
    ],
)
def test_where_nobody_listens_the_service_is_restarted(socket: object, text: str, root: bool) -> None:
    found = only(sockets.nobody_listens(facts(LINUX, socket)))  # type: ignore[arg-type]
    assert (found.remedy.text, found.remedy.root) == (text, root)
    assert "refuses connections" in found.evidence


def test_a_stopped_machine_leaves_its_socket() -> None:
    socket = at("refused", "/Users/ann/.lima/docker/sock/docker.sock", "docker")
    assert only(sockets.nobody_listens(facts(MAC, socket, programs="limactl"))).remedy.text == "limactl start docker"


def test_where_nobody_listens_and_nothing_is_known_words_say_so() -> None:
    socket = at("refused", "/tmp/x.sock", named_by="DOCKER_HOST")
    found = only(sockets.nobody_listens(facts(without(LINUX, systemd=False), socket)))
    assert found.remedy.commands == () and "(DOCKER_HOST)" in found.evidence


def test_another_kind_of_file() -> None:
    found = only(sockets.no_socket(facts(LINUX, at("no-socket"))))
    assert "no socket" in found.evidence and not found.remedy.commands


def test_a_user_who_is_not_in_the_group() -> None:
    denied = at("denied", group="docker", mode=0o660)
    found = only(sockets.not_in_the_group(facts(LINUX, denied, programs="sudo")))
    assert found.evidence == (
        "no permission to use /var/run/docker.sock, mode 0660, group docker; ann is not in the group docker"
    )
    assert found.remedy.text == "sudo usermod -aG docker ann" and "as good as root" in found.remedy.changes
    assert found.remedy.advice == "then log out and in again" and found.state == "denied"
    assert not list(sockets.group_of_an_older_session(facts(LINUX, denied)))
    assert not list(sockets.roots_own(facts(LINUX, denied)))


def test_a_session_that_is_older_than_the_group() -> None:
    machine = without(LINUX, listed_groups=frozenset({"ann", "docker"}))
    denied = at("denied", group="docker", mode=0o660)
    found = only(sockets.group_of_an_older_session(facts(machine, denied)))
    assert found.remedy.text == "newgrp docker" and not found.remedy.runnable
    assert not list(sockets.not_in_the_group(facts(machine, denied)))


@pytest.mark.parametrize(("group", "mode"), [("root", 0o660), ("docker", 0o600), ("", 0)])
def test_a_socket_that_only_root_may_use(group: str, mode: int) -> None:
    denied = at("denied", group=group, mode=mode)
    assert not list(sockets.not_in_the_group(facts(LINUX, denied)))
    assert "rootless" in only(sockets.roots_own(facts(LINUX, denied))).remedy.text
    found = only(sockets.roots_own(facts(LINUX, denied, programs="dockerd-rootless-setuptool.sh")))
    assert found.remedy.text == "dockerd-rootless-setuptool.sh install" and found.remedy.runnable


def test_a_rootless_docker_that_does_not_run() -> None:
    machine = without(LINUX, units=frozenset({"docker.service"}))
    found = only(sockets.rootless_docker_stopped(facts(machine, at("missing", ROOTLESS))))
    assert found.remedy.text == "systemctl --user start docker" and found.remedy.runnable
    assert not list(sockets.rootless_docker_stopped(facts(LINUX, at("missing", ROOTLESS))))


def test_what_is_silent_or_says_what_no_engine_says() -> None:
    assert only(sockets.silent(facts(LINUX, at("silent")))).symptom == "silent-answer"
    odd = only(sockets.silent(facts(LINUX, at("odd", error="its answer is not HTTP"))))
    assert odd.evidence.endswith("does not answer as an engine: its answer is not HTTP")


def test_a_usual_place_counts_for_little_where_another_one_is_named() -> None:
    named = Configuration(servers={"DOCKER_HOST": "tcp"})
    assert only(sockets.nobody_listens(facts(LINUX, at("refused"), configuration=named))).weight == "note"
    assert only(sockets.service_stopped(facts(LINUX, at("missing"), programs="dockerd", configuration=named))).weight == "note"
    it = at("refused", "/x.sock", named_by="DOCKER_HOST")
    assert only(sockets.nobody_listens(facts(LINUX, it, configuration=named))).weight == "error"
    context = Configuration(context="work")
    assert only(sockets.nobody_listens(facts(LINUX, at("refused"), configuration=context))).weight == "note"
    other = at("listening", "/run/user/1000/docker.sock")
    assert only(sockets.nobody_listens(facts(LINUX, at("refused"), other))).weight == "warning"
