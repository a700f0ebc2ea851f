"""Errors as a person reads them."""

from __future__ import annotations

from perry_ffi.cli.explain import LINES, explain
from perry_ffi.errors import BackendError, NoBackendFound, NotFound, ServiceStartupFailed


def test_a_message_alone() -> None:
    assert explain(NotFound("no such file")) == "perry-compose: no such file"


def test_evidence_of_a_service_that_did_not_come_up() -> None:
    probe = {"status": "unhealthy", "exitCode": 3, "output": "not yet\n"}
    error = ServiceStartupFailed("services.db: it is unhealthy", exitCode=0, probe=probe, logs=["one", "two"])
    assert explain(error) == """\
perry-compose: services.db: it is unhealthy
  exit code: 0
  its last failing probe (exit code 3):
    | not yet
  its last log lines:
    | one
    | two"""


def test_it_is_one_screen() -> None:
    error = ServiceStartupFailed("long", logs=[str(number) for number in range(500)])
    lines = explain(error).splitlines()
    assert len(lines) == LINES + 2 and lines[-1] == "    | 499"


def test_probes_leftovers_and_remedies() -> None:
    probes = [{"name": "docker", "reason": "no socket", "remedy": "install it"}, {"name": "podman", "reason": "dead"}]
    assert explain(NoBackendFound("none", probes=probes)).splitlines()[1:] == [
        "  docker: no socket (install it)",
        "  podman: dead",
    ]
    error = BackendError("cut", leftOver=["remove network n: in use"], remedy="try again")
    assert explain(error).splitlines()[1:] == ["  could not be put back:", "    | remove network n: in use", "  remedy: try again"]


def test_a_build_shows_its_last_lines() -> None:
    error = BackendError("build web: it failed", exitCode=2, step="Step 3/3 : RUN make", output="cc -c a.c\nno such file")
    assert explain(error).splitlines()[2:] == ["  the last lines of the build:", "    | cc -c a.c", "    | no such file"]
