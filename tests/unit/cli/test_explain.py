"""Errors as a person reads them."""

from __future__ import annotations

import pytest

from perry_ffi.advice import Advice, Option
from perry_ffi.cli.explain import LINES, PROBE_LINES, WIDTH, as_object, explain, next_words
from perry_ffi.errors import (
    BackendError,
    BackendNotAvailable,
    Conflict,
    ContainerError,
    NoBackendFound,
    NotFound,
    ServiceStartupFailed,
    Timeout,
    ValidationError,
    from_unexpected,
)


def test_a_message_alone() -> None:
    assert explain(NotFound("no such file")) == "perry-compose: no such file"


def test_evidence_of_a_service_that_did_not_come_up() -> None:
    probe = {"status": "unhealthy", "exitCode": 3, "output": "not yet\n", "test": ["CMD-SHELL", "ready || exit 3"]}
    error = ServiceStartupFailed(
        "services.db: p-db-1: it is unhealthy", exitCode=0, probe=probe, logs=["one", "two"], waitedBy=["app", "job", "web"],
        condition="healthy",
    )  # fmt: skip
    assert (
        explain(error)
        == """\
perry-compose: services.db: p-db-1: it is unhealthy
  app, job and web wait for it to be healthy
  exit code: 0
  its health check, ready || exit 3, ended with exit code 3 and printed:
    | not yet
  its last log lines:
    | one
    | two"""
    )


def test_an_exit_code_is_told_once() -> None:
    error = ServiceStartupFailed(
        "services.job: p-job-1: it ended with exit code 3", exitCode=3, waitedBy=["app"], condition="completed"
    )
    assert explain(error).splitlines()[1:] == ["  app waits for it to complete"]


@pytest.mark.parametrize("output", ["", " \n", None])
def test_a_probe_that_printed_nothing(output: str | None) -> None:
    error = ServiceStartupFailed("x", probe={"exitCode": 1, "output": output, "test": ["CMD", "test", "-e", "/a b"]})
    assert explain(error).splitlines()[1:] == ["  its health check, test -e '/a b', ended with exit code 1 and printed nothing"]
    assert "did not end" in explain(ServiceStartupFailed("x", probe={"output": output, "test": ["CMD", "x"]}))


def test_lines_end_between_words_and_what_is_to_be_typed_stays_whole() -> None:
    error = ServiceStartupFailed("it is unhealthy " * 6, logs=["word " * 30])
    shown = explain(error, "perry-compose logs " + "x" * 80, 60).splitlines()
    assert all(len(line) <= 60 for line in shown[:-1]) and len(shown) > 5
    assert shown[-1] == "  next: perry-compose logs " + "x" * 80
    log = shown[shown.index("  its last log lines:") + 1 : -1]
    assert len(log) > 1 and [line[:6] for line in log] == ["    | ", *["      "] * (len(log) - 1)]


def test_a_probe_that_died_with_its_container_is_not_shown() -> None:
    for probe in ({"exitCode": 137, "output": ""}, {"exitCode": -1, "output": "cannot exec in a stopped container"}):
        error = ServiceStartupFailed("it ended with exit code 3", exitCode=3, probe={**probe, "test": ["CMD", "x"]})
        assert explain(error) == "perry-compose: it ended with exit code 3"


def test_the_code_of_a_build_is_told_once() -> None:
    error = BackendError("build web: The command returned a non-zero code: 127", exitCode=127)
    assert "exit code" not in explain(error)


def test_whose_it_is_stands_before_it() -> None:
    held = BackendError("start the container s-web-1: taken", service="web", operation="start the container s-web-1")
    assert explain(held) == "perry-compose: services.web: start the container s-web-1: taken"
    alone = BackendError("services.web: pull x: no", service="web", operation="pull x")
    assert explain(alone) == "perry-compose: services.web: pull x: no"
    assert explain(NotFound("there is no service web", service="web")) == "perry-compose: there is no service web"


def test_an_id_is_cut_and_a_digest_is_not() -> None:
    error = BackendError(f"endpoint s-web-1 ({'a1' * 32}): x@sha256:{'b2' * 32}")
    assert explain(error) == f"perry-compose: endpoint s-web-1 ({'a1' * 6}): x@sha256:{'b2' * 32}"


def test_a_build_that_failed_without_what_its_builder_keeps_books_of() -> None:
    output = "Step 2/2 : RUN make\n ---> Running in d107b2f0\n\x1b[91mno rule\n\x1b[0mRemoving intermediate container d107b2f0"
    shown = explain(BackendError("build x: failed", step="Step 2/2 : RUN make", output=output)).splitlines()
    assert shown[1:] == ["  the last lines of the build:", "    | Step 2/2 : RUN make", "    | no rule"]


def test_images_that_failed_side_by_side_have_a_line_each() -> None:
    failures = ["services.a: pull one: nothing there", "services.b: pull two: no network"]
    error = BackendError("; ".join(failures), operation="pull", failures=failures, done=["three"], remedy="look")
    assert explain(error).splitlines() == [
        "perry-compose: pull: 2 images failed",
        *(f"  {line}" for line in failures),
        "  pull of the others is done: three",
        "  remedy: look",
    ]
    alone = BackendError(failures[0], operation="pull", failures=failures[:1], done=[])
    assert explain(alone) == f"perry-compose: {failures[0]}"


def test_all_that_is_in_the_way_is_told() -> None:
    obstacles = [
        {"service": "a", "path": "services.a.ports[0]", "reason": "one"},
        {"service": "b", "path": "services.b.user", "reason": "two"},
    ]
    said = explain(ValidationError("services.a.ports[0]: one", obstacles=obstacles)).splitlines()
    assert said == ["perry-compose: services.a.ports[0]: one", "  and services.b.user: two"]


def test_what_was_put_back_and_what_is_to_be_typed() -> None:
    error = ServiceStartupFailed("x", rolledBack=True)
    assert explain(error, "perry-compose up --no-rollback").splitlines()[1:] == [
        "  everything is as it was",
        "  next: perry-compose up --no-rollback",
    ]


def test_why_something_was_not_put_back_is_told_once() -> None:
    gone = "docker does not answer: unix:///d.sock refuses connections"
    left = [f"remove container s-web-1: list the containers: {gone}", "remove network s_default: it is in use"]
    shown = explain(BackendError(f"inspect the container s-db-1: {gone}", leftOver=left)).splitlines()
    assert shown[1:] == [
        "  could not be put back:",
        "    | remove container s-web-1",
        "    | remove network s_default: it is in use",
    ]


def test_more_was_not_put_back_than_fits_a_screen() -> None:
    shown = explain(BackendError("x", leftOver=[f"remove container s-web-{number}: no" for number in range(40)])).splitlines()
    assert len(shown) == LINES + 2 and shown[2] == "    | remove container s-web-0: no"
    assert shown[-1] == "    | and 29 more: see perry-compose ps -a"


@pytest.mark.parametrize(
    ("error", "typed", "words"),
    [
        (ServiceStartupFailed("x", service="db", container="s-db-1"), ["start"], ["logs", "db"]),
        (Timeout("x", service="db", container="s-db-1", rolledBack=True), ["up", "-d"], ["up", "--no-rollback", "-d"]),
        (ServiceStartupFailed("x", service="db", container="s-db-1", rolledBack=False), ["up", "--no-rollback"], []),
        (NoBackendFound("x"), ["ps"], ["doctor"]),
        (BackendNotAvailable("x"), ["doctor"], []),
        (NotFound("x", service="db"), ["ps"], []),
        (NotFound("x", service="db", operation="pull app:1"), ["up", "-d"], ["config", "--images", "db"]),
        (BackendError("x", service="db", operation="pull app:1"), ["up"], []),
        (
            BackendError("x", service="db", operation="pull app:1", present="sha256:1"),
            ["up", "--pull", "always", "-d", "--pull=always"],
            ["up", "--pull", "missing", "-d"],
        ),
        (BackendError("x", service="db", operation="build p-db", step="RUN x"), ["up", "--build"], ["build", "db"]),
        (BackendError("x", service="db", operation="build", step="RUN x"), ["build", "db"], []),
        (BackendError("x", operation="pull"), ["pull"], []),
        (
            ServiceStartupFailed("x", service="web", container="p-web-4", rolledBack=False, rollouts=[{"service": "web"}]),
            ["up", "-d"],
            [],
        ),
    ],
)
def test_the_next_command(error: ContainerError, typed: list[str], words: list[str]) -> None:
    assert next_words(error, typed) == words


def test_an_error_as_an_object() -> None:
    error = Conflict(Advice("{} is not there", Option("forceRecreate")), service="web", path="services.web", exitCode=3)
    assert as_object(error, "perry-compose ps") == {
        "message": "--force-recreate is not there", "code": 409, "kind": "Conflict", "service": "web", "path": "services.web",
        "next": "perry-compose ps", "details": {"exitCode": 3},
    }  # fmt: skip


def test_it_is_one_screen() -> None:
    lines = [f"{number} " + "x" * 1000 for number in range(500)]
    error = ServiceStartupFailed(
        "long", logs=lines, probe={"exitCode": 1, "output": "\n".join(lines), "test": ["CMD", "x" * 900]}
    )
    shown = explain(error).splitlines()
    assert len(shown) == LINES + PROBE_LINES + 3 and shown[-1].startswith("    | 499 ")
    assert max(map(len, shown)) < WIDTH + 60


def test_what_containers_say_moves_no_cursor() -> None:
    """Colours and the like are left out, and what is left is escaped."""
    said = [
        "\x1b[1;31mred\x1b[0m and \x1b[38;5;9mred\x1b[m", "\x1b]0;a title\x07shown", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
        "\x1b(B\x1b[2J\x1b[Hhome", "\x9b31mold", "a\x08b\x07c\x1b", "\u202eturned", "tab\tkept",
    ]  # fmt: skip
    shown = explain(ServiceStartupFailed("x", logs=said))
    assert [line.removeprefix("    | ") for line in shown.splitlines()[2:]] == [
        "red and red", "shown", "link", "home", "old", "a\\x08b\\x07c\\x1b", "\\u202eturned", "tab\tkept",
    ]  # fmt: skip
    assert not any(char in shown for char in "\x1b\x07\x08\x9b")


def test_probes_leftovers_and_remedies() -> None:
    probes = [{"name": "docker", "reason": "no socket", "remedy": "install it"}, {"name": "podman", "reason": "dead"}]
    assert explain(NoBackendFound("none", probes=probes)).splitlines()[1:] == [
        "  docker: no socket; install it",
        "  podman: dead",
    ]
    told = NoBackendFound("none (docker: no socket; podman: dead)", probes=probes)
    assert explain(told).splitlines()[1:] == ["  docker: install it"], "nothing is said twice"
    alone = BackendNotAvailable("docker does not answer: no socket", probes=probes[:1], remedy="install it")
    assert explain(alone).splitlines()[1:] == ["  remedy: install it"]
    error = BackendError("cut", leftOver=["remove network n: in use"], remedy="try again")
    assert explain(error).splitlines()[1:] == [
        "  could not be put back:",
        "    | remove network n: in use",
        "  remedy: try again",
    ]


def test_a_build_shows_its_last_lines() -> None:
    error = BackendError("build web: it failed", exitCode=2, step="Step 3/3 : RUN make", output="cc -c a.c\nno such file")
    assert explain(error).splitlines()[2:] == ["  the last lines of the build:", "    | cc -c a.c", "    | no such file"]


def test_options_are_spelled_as_at_a_shell() -> None:
    error = Conflict(Advice("{} is not there", Option("forceRecreate")), remedy=Advice("try {}", Option("removeOrphans")))
    assert explain(error) == "perry-compose: --force-recreate is not there\n  remedy: try --remove-orphans"
    assert error.to_dict()["message"] == "forceRecreate: true is not there"


def test_a_defect_says_where_it_is() -> None:
    try:
        raise KeyError("x")
    except KeyError as error:
        shown = explain(from_unexpected(error))
    assert "please report it" in shown and f"at {__name__}:" in shown
