from __future__ import annotations

import pytest

from perry_ffi.backends.machines.products import MACHINES, of
from perry_ffi.doctor.facts import Said
from perry_ffi.doctor.products import commands, judged, leading_to, start_of


@pytest.mark.parametrize(
    ("path", "name", "start"),
    [
        ("/h/.colima/docker.sock", "colima", "colima start"),
        ("/h/.colima/default/docker.sock", "colima", "colima start"),
        ("/h/.colima/work/docker.sock", "colima", "colima start -p work"),
        ("/h/.config/colima/work/docker.sock", "colima", "colima start -p work"),
        ("/h/.config/colima/docker.sock", "colima", "colima start"),
        ("/h/.colima/--x/docker.sock", "colima", "colima start"),
        ("/h/.lima/vm/sock/docker.sock", "lima", "limactl start vm"),
        ("/h/.lima/-v/sock/docker.sock", "lima", "limactl start"),
        ("/h/.orbstack/run/docker.sock", "orbstack", "orb start"),
        ("/h/.rd/docker.sock", "rancher-desktop", "rdctl start --container-engine.name moby"),
        ("/h/.docker/run/docker.sock", "docker", "docker desktop start"),
    ],
)
def test_a_path_tells_the_product_and_what_starts_it(path: str, name: str, start: str) -> None:
    machine = leading_to(path)
    assert machine is not None and (machine.name, " ".join(start_of(machine, path))) == (name, start)


def test_other_paths_are_nobody_s() -> None:
    assert leading_to("/var/run/docker.sock") is None and leading_to("") is None


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_table_s_own_commands_are_commands(machine: object) -> None:
    for text in (machine.start, machine.make, machine.again):  # type: ignore[attr-defined]
        assert [" ".join(argv) for argv in commands(machine, text)] == (text.split(" && ") if text else [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "wait until it has started",
        "run 'colima list --json'",
        "colima start -p NAME",
        "colima start -p 'x y'",
        "colima start; rm",
        "",
        "colima",
    ],
)
def test_words_are_no_commands(text: str) -> None:
    machine = of("colima")
    assert machine is not None and commands(machine, text) == ()


def test_an_answer_that_did_not_come_means_nothing() -> None:
    machine = of("orbstack")
    assert machine is not None and judged(machine, Said(("orb", "status"), None, failure="late")) is None
