from __future__ import annotations

import json

import pytest

from perry_ffi.doctor.symptoms import podman
from tests.support.doctoring import LINUX, MAC, at, facts, only, said, without


def refusing(text: str) -> object:
    return said(podman.KEY, stderr=text, code=125)


@pytest.mark.parametrize(
    "text",
    [
        'Error: XDG_RUNTIME_DIR directory "/run/user/0" is not owned by the current user',
        "Error: creating runtime directory: mkdir /run/user/1000: permission denied",
    ],
)
def test_a_folder_of_sockets_that_is_not_the_user_s(text: str) -> None:
    found = only(podman.runtime_dir(facts(LINUX, said=(refusing(text),), programs="podman")))  # type: ignore[arg-type]
    assert found.remedy.text == "loginctl enable-linger ann" and text in found.evidence


def test_a_user_without_ranges_of_ids() -> None:
    text = "Error: no subuid ranges found for user ann in /etc/subuid"
    found = only(podman.no_subids(facts(LINUX, said=(refusing(text),), programs="podman sudo")))  # type: ignore[arg-type]
    assert found.remedy.text == "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann"
    assert found.remedy.advice == "then podman system migrate"


def test_a_user_without_ranges_in_the_files() -> None:
    machine = without(LINUX, subids=False)
    assert "/etc/subuid" in only(podman.no_subids(facts(machine, programs="podman"))).evidence
    works = facts(machine, programs="podman", said=(said(podman.KEY, "{}"),))
    assert only(podman.no_subids(works)).weight == "warning"
    assert not list(podman.no_subids(facts(without(machine, uid=0), programs="podman")))
    assert not list(podman.no_subids(facts(without(machine, subids=None), programs="podman")))


@pytest.mark.parametrize(
    ("distribution", "tool", "text"),
    [
        (("ubuntu", "debian"), "apt-get", "sudo apt-get install -y uidmap"),
        (("fedora",), "dnf", "sudo dnf install -y shadow-utils"),
        (("alpine",), "apk", "sudo apk add shadow-uidmap"),
        ((), "", "install newuidmap and newgidmap"),
    ],
)
def test_without_newuidmap(distribution: tuple[str, ...], tool: str, text: str) -> None:
    refusal = refusing('Error: command required for rootless mode: exec: "newuidmap": executable file not found in $PATH')
    machine = without(LINUX, distribution=distribution)
    found = only(podman.no_idmap_program(facts(machine, said=(refusal,), programs=f"podman sudo {tool}")))  # type: ignore[arg-type]
    assert found.remedy.text == text


def test_a_mixture_of_cgroups() -> None:
    text = "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2"
    found = only(podman.hybrid_cgroups(facts(LINUX, said=(refusing(text),))))  # type: ignore[arg-type]
    assert 'runtime="runc"' in found.remedy.text


def test_whatever_else_it_says_is_shown() -> None:
    found = only(podman.refuses(facts(LINUX, said=(refusing("Error: database is locked"),))))  # type: ignore[arg-type]
    assert found.evidence == "podman info --format json: Error: database is locked"
    assert only(podman.refuses(facts(LINUX, said=(said(podman.KEY, "no JSON"),)))).symptom == "refuses"
    assert not list(podman.refuses(facts(LINUX, said=(said(podman.KEY, "{}"),))))
    assert not list(podman.refuses(facts(LINUX, said=(refusing("no subuid ranges found"),))))  # type: ignore[arg-type]


def test_without_what_gives_names_to_containers() -> None:
    answer = said(podman.KEY, json.dumps({"host": {"networkBackend": "netavark"}}))
    found = only(podman.no_name_server(facts(LINUX, said=(answer,), programs="apt-get sudo")))
    assert found.remedy.text == "sudo apt-get install -y netavark aardvark-dns" and found.weight == "warning"
    there = without(LINUX, helpers=frozenset({"netavark", "aardvark-dns"}))
    assert not list(podman.no_name_server(facts(there, said=(answer,))))
    other = said(podman.KEY, json.dumps({"host": {"networkBackend": "cni"}}))
    assert not list(podman.no_name_server(facts(LINUX, said=(other,))))


def test_notes_say_that_nothing_has_to_be_done() -> None:
    note = only(podman.no_socket_needed(facts(LINUX, programs="podman")))
    assert note.weight == "note" and note.remedy.advice.startswith("nothing has to be done")
    assert not list(podman.no_socket_needed(facts(LINUX, at("listening", "/p.sock", "podman"), programs="podman")))
    assert not list(podman.no_socket_needed(facts(MAC, programs="podman")))
    assert only(podman.health_checks(facts(without(LINUX, systemd=False), programs="podman"))).weight == "note"
    assert not list(podman.health_checks(facts(LINUX, programs="podman")))


def test_a_disk_that_is_full() -> None:
    full = {
        "store": {
            "graphRoot": "/var/lib/containers/storage",
            "graphRootAllocated": 10 * 1024**3,
            "graphRootUsed": 10 * 1024**3 - 1024**2,
        }
    }
    told = said(podman.KEY, json.dumps(full))
    found = only(podman.disk_is_full(facts(LINUX, said=(told,))))
    assert found.evidence == "/var/lib/containers/storage: 1 MiB are free" and not found.remedy.runnable
    assert not list(podman.disk_is_full(facts(LINUX, at("listening", "/p.sock", "podman"), said=(told,))))
    assert not list(podman.disk_is_full(facts(LINUX, said=(said(podman.KEY, "{}"),))))


def test_what_a_log_writes_around_a_refusal_is_left_out() -> None:
    text = 'time="2026-11-01T10:00:00Z" level=error msg="cannot find UID/GID for user ann: no subuid ranges found for user \\"ann\\""'
    found = only(podman.no_subids(facts(LINUX, said=(refusing(text),), programs="podman")))  # type: ignore[arg-type]
    assert found.evidence == 'podman says: cannot find UID/GID for user ann: no subuid ranges found for user "ann"'


def test_neither_netavark_nor_the_plugins_of_cni() -> None:
    info = said(podman.KEY, json.dumps({"host": {"networkBackend": "cni"}}))
    found = only(podman.no_networks(facts(LINUX, said=(info,), programs="podman sudo apt-get")))
    assert found.remedy.text == "sudo apt-get install -y netavark aardvark-dns" and found.weight == "warning"
    assert not list(podman.no_networks(facts(without(LINUX, helpers=frozenset({"bridge"})), said=(info,), programs="podman")))
    other = said(podman.KEY, json.dumps({"host": {"networkBackend": "netavark"}}))
    assert not list(podman.no_networks(facts(LINUX, said=(other,), programs="podman")))
    assert not list(podman.no_networks(facts(LINUX, programs="podman")))
