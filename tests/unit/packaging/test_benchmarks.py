"""The benchmarks' frame: what one measurement cannot have, or fails at, costs the others nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import cli, cluster, config, growth, stacks, trust
from benchmarks.figures import Figure, Missing, Row
from benchmarks.measure import Measure, Unavailable, raising, rows
from tests.live.peer import peer_command

ROOT = Path(__file__).resolve().parents[3]
A, B, C = Figure("a", 1, "s", "as said", 2), Figure("b", 3, "s", "", 2), Figure("c", 5, "MiB")


def measure(*figures: Figure, then: Exception | None = None, names: tuple[str, ...] = ()) -> Measure:
    def run() -> Iterable[Figure]:
        yield from figures
        if then is not None:
            raise then

    return Measure(names or tuple(figure.name for figure in figures), run)


def section() -> Iterator[Measure]:
    yield measure(A)
    yield measure(B, then=Unavailable("no engine: install one"), names=("b", "d"))
    yield measure(then=RuntimeError("it broke"), names=("e", "f"))
    yield measure(C)


def test_every_row_is_told_of() -> None:
    assert list(rows("s", section)) == [
        A, B, Missing("d", "no engine: install one"), Missing("e", "it broke", failed=True),
        Missing("f", "it broke", failed=True), C,
    ]  # fmt: skip


def test_a_section_that_breaks_off_keeps_what_it_has() -> None:
    def broken() -> Iterator[Measure]:
        yield measure(A)
        raise OSError("no space left")

    assert list(rows("s", broken)) == [A, Missing("s: what is left of it", "no space left", failed=True)]


def test_what_a_program_said_is_the_reason() -> None:
    error = subprocess.CalledProcessError(1, ["cc"], stderr="x.c:1:\n  error: no\n")
    assert list(rows("s", lambda: [Measure(("a",), raising(error))])) == [Missing("a", "x.c:1: error: no", failed=True)]


@pytest.mark.parametrize(
    ("measured", "strict", "status"),
    [
        ([A, C], True, 0), ([B], False, 0), ([B], True, 1),
        ([Missing("d", "no engine")], True, 0), ([A, Missing("e", "it broke", failed=True)], False, 1),
    ],
)  # fmt: skip
def test_the_exit_status(measured: list[Row], strict: bool, status: int) -> None:
    assert program.status(measured, strict=strict) == status


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECTIONS", {"s": section, "t": lambda: [measure(Figure("t", 1, "s"))]})


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    return program.main()


def test_rows_are_printed_as_they_come(small: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "s") == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["what", "a", "b", "d", "e", "f", "c"]
    assert "not measured" in printed[3] and printed[3].endswith("no engine: install one")
    assert "FAILED" in printed[4] and "≤ 2 s  MISSED" in printed[2]


def test_a_part_that_is_asked_for_alone(small: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "t", "--format", "json") == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["t"]
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "nope")
    assert ended.value.code == 2


def test_one_who_interrupts_has_what_was_measured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> Iterator[Measure]:
        yield measure(A)
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "SECTIONS", {"s": interrupted})
    assert run(monkeypatch, "--format", "json") == 130
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["a"]


def test_json_of_nothing_is_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(program, "SECTIONS", {"s": list})
    assert run(monkeypatch, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == []


# -- engines and peers that are not there ------------------------------------------------------------------


def test_without_engines_each_figure_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engines import private

    monkeypatch.setattr(private.os, "geteuid", lambda: 1000)
    found = list(rows("stacks", stacks.measures))
    assert [row.name for row in found] == [*stacks.DOCKER_DAG, *stacks.DOCKER_FLAT, *stacks.PODMAN_DAG]
    assert all(isinstance(row, Missing) and not row.failed and "root" in row.reason for row in found)


def test_an_engine_that_does_not_start_fails_its_own_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import engines

    def broken(names: tuple[str, ...]) -> None:
        raise RuntimeError(f"{names[0]} did not start") if names == ("docker",) else FileNotFoundError(2, "no", "ip")

    monkeypatch.setattr(engines, "private_engines", broken)
    found = list(rows("stacks", stacks.measures))
    assert {(row.reason, row.failed) for row in found if isinstance(row, Missing)} == {
        ("docker did not start", True), ("ip is not installed, which private engines need", False),
    }  # fmt: skip


def test_without_a_peer_the_times_stand_alone_and_say_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(config, "docker_compose", lambda: "docker compose is not there: get it")
    monkeypatch.setattr(config, "once", lambda command, folder: (0.5, 2048))
    monkeypatch.setattr(config, "own_command", lambda: ["own"])
    found = list(rows("config", config.measures))
    assert [(row.value, row.unit) for row in found if isinstance(row, Figure)] == [(0.5, "s")] * 3 + [(2.0, "MiB")]
    assert all("get it" in row.detail for row in found[:3] if isinstance(row, Figure))


# -- docker compose as it is typed ------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A docker, its plugin in the tests' cache, and a perry-compose; each notes what it is called with and sleeps for a while."""
    (tmp_path / "bin").mkdir()
    for name, place in (("docker", "bin/docker"), ("plugin", "docker-compose"), ("ours", "bin/perry-compose")):
        text = f'#!/bin/sh\necho "{name} $*" >>"{tmp_path}/called"\n'
        text += 'case $* in "version --short") echo 2.99.1 ;; "compose version --short") '
        text += '[ -x "$DOCKER_CONFIG/cli-plugins/docker-compose" ] || exit 1 ;; esac\n'
        (tmp_path / place).write_text(text)
        (tmp_path / place).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr("tests.live.peer._CACHE", tmp_path)
    monkeypatch.delenv("PERRY_TEST_DOCKER_COMPOSE", raising=False)
    monkeypatch.setenv("PERRY_COMPOSE", str(tmp_path / "bin/perry-compose"))
    peer_command.cache_clear()
    yield tmp_path
    peer_command.cache_clear()


def test_the_peer_is_measured_as_it_is_typed(programs: Path) -> None:
    """``docker`` finds the plugin in its settings; completion names it behind ``__complete``."""
    with cli._contestants({**os.environ}) as (name, contestants):
        assert name == "docker compose 2.99.1" and [one.who for one in contestants] == [cli.OURS, cli.TYPED, cli.PLUGIN]
        assert contestants[1].timed(["version", "--short"], programs) > 0
        (programs / "called").unlink()
        for one in contestants:
            one.timed(["__complete", "ps", ""], programs)
    assert (programs / "called").read_text() == "ours __complete ps \ndocker __complete compose ps \nplugin __complete ps \n"


def test_what_is_missing_of_it_is_said(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (programs / "bin/docker").unlink()
    monkeypatch.setenv("PATH", str(programs / "bin"))
    with pytest.raises(Unavailable, match="apt-get install docker.io"), cli._contestants({**os.environ}):
        pass
    monkeypatch.setenv("PERRY_COMPOSE", "none/perry-compose")
    with pytest.raises(Unavailable, match="none/perry-compose is not there"):
        cli.program()


def test_the_plugin_alone_is_told_beside_what_counts() -> None:
    times = stacks.Times({("ps", cli.OURS): [10, 30], ("ps", cli.TYPED): [40, 40], ("ps", cli.PLUGIN): [20, 20]})
    figure = cli._figure("ps -p", "ps", times, "docker compose 2.99.1", 0.8)
    assert (figure.name, figure.value, figure.unit, figure.kept) == ("ps -p, whole process", 0.5, "× docker compose 2.99.1", True)
    assert figure.detail.endswith("the plugin by itself 20 ms, × 1")


# -- growth -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_the_exponent_is_that_of_the_growth(power: float) -> None:
    assert growth.exponent([(n, 3 * n**power) for n in growth.FITTED]) == pytest.approx(power)


def test_edges_count_as_work() -> None:
    assert [growth.work(shape, 100) for shape in ("flat", "chain", "layers")] == [100, 199, 100 + 80 * 20]


def test_the_host_measures_every_stage() -> None:
    command = [sys.executable, "-m", "benchmarks.growth_host", "layers", "40", "1"]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert told["seconds"].keys() == growth.STAGES.keys() and told["peak"] > 0


def test_the_host_of_clusters_measures_every_stage() -> None:
    command = [sys.executable, "-m", "benchmarks.cluster_host", "26", "1"]
    told = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert told["seconds"].keys() == cluster.STAGES.keys() and told["peak"] > 0
    assert 0 < told["calls"]["nothing"] < told["calls"]["converge"]


def test_instructions_are_those_that_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.program import Program

    counting = tmp_path / "valgrind"
    counting.write_text("#!/bin/sh\necho '==7== ' >&2; echo \"==7== I   refs:      196,105,197\" >&2\n")
    counting.chmod(0o755)
    monkeypatch.setenv("PERRY_CONTAINER_LIBRARY", str(counting))  # nothing of it is run
    program = Program("border", tmp_path)
    vars(program)["_path"] = tmp_path / "border"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program.instructions("first", "plain") == 196_105_197
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Unavailable, match="apt install valgrind"):
        program.instructions("first", "plain")


def test_the_readmes_rows_are_those_that_are_measured() -> None:
    """So that a row of the table is found again in what ``make bench`` prints."""
    from benchmarks import border, detect, graphs, sandbox, swarm, walks, workloads

    known = {border.RETURNS, *(name for name, _ in border.SETTLED.values()), *border.WARM, border.TRIPS, border.MEMORY}
    known |= {*config.PROJECTS, *config.LATTICE, *stacks.DOCKER_DAG, *stacks.DOCKER_FLAT, *stacks.PODMAN_DAG}
    known |= {*growth.TOGETHER, *growth.STAGES.values(), trust.FIRST, trust.WARM, trust.UP, trust.LATE}
    known |= {*cluster.STAGES.values(), cluster.PEAK}
    known |= {f"{verb}{whose}" for verb in swarm.VERBS for whose in swarm.CONTESTANTS.values()}
    known |= {name for name, _ in border.INSTRUCTIONS.values()}
    known |= {*sandbox.NAMES, workloads.PLANNED, walks.NAME, graphs.NAME, detect.HANG, detect.NOTHING, detect.ANSWERS}
    table = re.search(r"<!-- numbers -->(.*)<!-- end of numbers -->", (ROOT / "README.md").read_text(), re.DOTALL)
    assert table is not None
    names = re.findall(r"^\| ([^|]+) \|", table[1], re.MULTILINE)[1:]
    assert {name for name in names if name not in known} == set() and set(names) <= known
