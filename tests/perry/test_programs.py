"""TypeScript programs, compiled, against real engines."""

from __future__ import annotations

import json
import re
import secrets

import pytest

from perry_ffi.model.workload import WorkloadGraph
from perry_ffi.model.workload_values import Ref, Text
from tests.engines.daemon import ask
from tests.perry.root import Debian13, said


def test_a_container_from_its_start_to_its_end(root: Debian13, backend: str) -> None:
    lines = said(root.program("hello", backend))
    assert lines[:4] == ["unknown", backend, backend, "true"]
    assert json.loads(lines[-3]) == {"stdout": "one\ntwo\n", "stderr": "three\n"}
    streamed = [line.split(" ", 1) for line in lines[4:-4]]
    assert "".join(json.loads(text) for stream, text in streamed if stream == "stdout") == "one\ntwo\n"
    assert "".join(json.loads(text) for stream, text in streamed if stream == "stderr") == "three\n"
    assert lines[-4] == "7"
    assert lines[-2:] == ["exited", "404 NotFound"]


def test_texts_of_any_size_and_script_arrive_and_come_back(root: Debian13, backend: str) -> None:
    lines = said(root.program("strings", backend, seconds=240))
    assert [line for line in lines if "false" in line] == []
    assert "10 MiB of three bytes each 0 true true" in lines
    assert "arguments true" in lines and "names true" in lines
    assert len([line for line in lines if line.startswith("at once")]) == 8
    assert lines[-1].startswith("lone surrogate")


def test_a_thousand_promises_and_garbage_collections_while_they_are_pending(root: Debian13, backend: str) -> None:
    assert said(root.program("promises", backend, seconds=240)) == [
        "1000 at once 1000 true",
        "results after collections 40",
        "errors after collections 250",
    ]


def test_rejections_are_errors_with_code_kind_and_details(root: Debian13, backend: str) -> None:
    assert said(root.program("errors", backend)) == [
        "not there 404 NotFound true",
        "no image 404 NotFound true",
        "bad member 400 ValidationError true",
        "not text 400 ValidationError true",
        "absent 400 ValidationError true",
        "unknown backend 400 ValidationError true",
        "taken 409 Conflict true",
        'details "ContainerSpec.colour"',
        "then 404",
    ]


def test_a_rejection_that_nobody_catches_ends_the_program_as_perry_does_for_its_own(root: Debian13) -> None:
    ours = root.program("uncaught", "docker")
    own = root.program("uncaught_own")
    assert ours.stdout == own.stdout == "before\n"
    assert ours.returncode == own.returncode != 0
    # "Uncaught (in promise) NAME: MESSAGE" and where it was thrown.
    assert own.stderr.splitlines()[0] == "Uncaught (in promise) OwnError: not-there is not there"
    assert re.match(r"Uncaught \(in promise\) ContainerError: .*not-there", ours.stderr)


def test_timers_fire_while_the_library_starts_and_works(root: Debian13) -> None:
    assert said(root.program("ticking")) == ["first call true", "second call true"]


@pytest.mark.parametrize(
    ("how", "status", "lines"),
    [("itself", 0, ["done"]), ("exit", 3, []), ("busy", 0, ["late"]), ("leave", 5, [])],
)
def test_a_program_ends_when_its_work_is_done(root: Debian13, how: str, status: int, lines: list[str]) -> None:
    assert root.engines is not None
    name = f"pt{secrets.token_hex(4)}"
    try:
        done = root.program("ends", "docker", how, name)
    finally:  # One of them leaves its container.
        ask(root.engines.engines["docker"].socket, "DELETE", f"/v1.41/containers/{name}?force=1")
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (status, lines, "")


def test_stacks_and_graphs_go_down_at_the_end_of_their_blocks(root: Debian13, backend: str) -> None:
    assert said(root.program("disposed", backend, f"pt{secrets.token_hex(4)}")) == [
        "inside 1 true",
        "after 0",
        "down by hand 0",
        "graph 1 true",
        "graph after 0",
    ]


def test_a_graph_is_its_json_with_references_in_place_of_methods(root: Debian13) -> None:
    lines = said(root.program("graphs", "docker"))
    shop, plain, fan = (WorkloadGraph.model_validate_json(line) for line in lines[:3])
    assert list(shop.nodes) == ["db", "migrate", "api", "smoke", "outside", "undo"]
    url = Text(("postgres://postgres:x@", Ref("db", "endpoint", "5432"), "/postgres"))
    assert shop.nodes["migrate"].env["URL"] == shop.nodes["api"].env["URL"] == url
    assert shop.nodes["migrate"].env["AGAIN"] == Text((*url.parts, "?tries=", "3"))
    assert shop.nodes["api"].env["VERSION"] == Text((Ref("migrate", "output", name="version.major"),))
    assert shop.nodes["api"].cmd == ["--db", Text((Ref("db", "host"),)), Text((Ref("db", "ip"),))]
    assert shop.nodes["smoke"].cmd == [
        "check", Text((Ref("api", "internalUrl", "8080"),)), Text((Ref("api", "internalUrl", "8443", scheme="https"),)),
    ]  # fmt: skip
    assert shop.nodes["outside"].cmd == [
        Text((Ref("api", "hostUrl"),)), Text((Ref("api", "hostEndpoint", "8080"),)),
        Text((Ref("db", "containerName"),)), Text((Ref("db", "containerId"),)),
    ]  # fmt: skip
    assert list(shop.nodes["api"].depends_on) == ["migrate", "db"]
    assert shop.nodes["undo"].depends_on["smoke"].condition == "failed" and not shop.nodes["undo"].depends_on["migrate"].required
    assert (shop.nodes["db"].policy.tier, shop.nodes["db"].policy.egress) == ("hardened", False)
    assert list(plain.nodes["web"].depends_on) == ["db"] and plain.edges[0].target == "old" and plain.volumes == {"data": None}
    assert list(fan.nodes["end"].depends_on) == ["part-0", "part-1", "part-2"]
    assert lines[3] == "7 null"
    assert lines[4].startswith("empty ") and lines[4].endswith(" true")
    assert lines[5] == "not a name 400 ValidationError true"


def test_a_program_for_perrys_own_module_needs_only_another_import_line(root: Debian13, backend: str) -> None:
    assert said(root.program("documented", f"pt{secrets.token_hex(4)}", backend=backend)) == [
        'inspected {"db":"pending","api":"pending","worker":"pending"} true',
        'running {"db":"running","api":"running","worker":"running"} true',
        "removed 3",
    ]


def test_a_graph_that_halted_has_a_handle_and_goes_on_where_it_was(root: Debian13, backend: str) -> None:
    assert said(root.program("halted", f"pt{secrets.token_hex(4)}", backend=backend)) == [
        "500 ServiceStartupFailed job 3",
        '{"db":"ready","seed":"succeeded","job":"failed","last":"skipped"} false',
        '"seeded\\n"',
        "true true false succeeded",
        "attached running 3",
        "removed 0",
    ]
