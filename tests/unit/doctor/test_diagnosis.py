from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi import drivers
from perry_ffi.doctor import diagnosis
from perry_ffi.doctor.symptoms import configuration, engines, machines, podman, sockets
from tests.support.doctoring import LINUX, MAC, WINDOWS, Facts, at, facts, said

ROOMS = (configuration, engines, machines, podman, sockets)


@pytest.mark.parametrize("module", ROOMS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_symptom_is_asked(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    public = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    assert public == {one.__name__ for one in diagnosis.SYMPTOMS if one.__module__ == module.__name__}


@pytest.mark.parametrize("machine", [LINUX, MAC, WINDOWS], ids=lambda machine: machine.platform)
def test_a_machine_with_nothing_on_it_has_no_symptom_of_an_engine(machine: object) -> None:
    found = diagnosis.diagnose(facts(machine))  # type: ignore[arg-type]
    assert [one.symptom for one in found] == (["no-wsl"] if machine is WINDOWS else [])


def test_errors_come_first_and_runtimes_in_the_tables_order() -> None:
    told = facts(LINUX, at("refused"), at("refused", "/run/podman/podman.sock", "podman"), programs="podman dockerd")
    found = [(one.runtime, one.weight) for one in diagnosis.diagnose(told)]
    assert found == [("podman", "error"), ("podman", "note"), ("docker", "error")]


_STATES = st.sampled_from(["missing", "dangling", "no-socket", "denied", "refused", "silent", "odd", "listening"])
_TEXT = st.text(max_size=30)
_PROGRAMS = st.lists(
    st.sampled_from(["colima", "dockerd", "docker", "podman", "limactl", "nerdctl", "container", "sudo", "apt-get"]), unique=True
)
_QUESTIONS = st.sampled_from(
    ["colima list --json", "limactl list --json", "podman machine list --format json", "orb status", "finch vm status",
     "docker desktop status", "rdctl api /v1/backend_state", podman.KEY, " ".join(machines.APPLE_QUESTION)]
)  # fmt: skip


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    machine = draw(st.sampled_from([LINUX, MAC, WINDOWS]))
    known = st.sampled_from(["/var/run/docker.sock", "/h/.colima/--x/docker.sock", "/h/.lima/-v/sock/docker.sock"])
    paths = known | _TEXT.map("/{}".format)
    found = st.builds(
        lambda state, path, link, group: at(state, path, link=link, group=group, mode=0o660), _STATES, paths, paths, _TEXT
    )
    name = st.sampled_from(["default", "--help", "-p", "a\nb", "x y"]) | _TEXT
    row = st.builds(lambda name: f'{{"name":"{name}","Name":"{name}","status":"Stopped","Running":false}}', name)
    answers = st.builds(lambda question, text: said(question, text), _QUESTIONS, row | _TEXT)
    return facts(
        machine,
        *draw(st.lists(found, max_size=3)),
        programs=" ".join(draw(_PROGRAMS)),
        said=tuple(draw(st.lists(answers, max_size=3))),
    )


@given(any_facts())
@settings(max_examples=300)
def test_whatever_is_seen_no_name_of_a_machine_becomes_an_option(told: Facts) -> None:
    for one in diagnosis.diagnose(told):
        assert one.runtime in drivers.NAMES and one.evidence and one.remedy.text
        for argv in one.remedy.commands:
            if argv[:2] in (("colima", "start"), ("limactl", "start"), ("podman", "machine")):
                assert not any(word.startswith("-") or "\n" in word for word in argv[-1:] if word not in ("--now",)), argv
            assert all(word for word in argv)


def test_every_symptom_is_documented() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/doctor.md").read_text().split("\n## Symptoms\n")[1]
    documented = {
        name for line in text.splitlines() if line.startswith("| `") for name in re.findall(r"`([\w-]+)`", line.split("|")[1])
    }
    assert {name for module in ROOMS for name in names(module)} | BY_STATE == documented


# Names that are made of a state of a socket, or chosen by what a program says; or told from a probe, or a trial.
BY_STATE = {"silent-answer", "odd-answer", "machine-stopped", "no-machine", "probe", "trial"}


def names(module: ModuleType) -> Iterator[str]:
    """The names that a module's findings have, where they are texts: the second argument."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding" and isinstance(node.args[1], ast.Constant):
            yield str(node.args[1].value)
