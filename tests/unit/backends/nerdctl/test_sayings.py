"""What nerdctl says, as it was recorded, and the error that it becomes."""

from __future__ import annotations

import pytest

from perry_ffi.backends.nerdctl.sayings import TABLE, build_failure, errors, exec_code, failure
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, ContainerError, NotFound, Unsupported

STAMP = 'time="2026-11-20T10:00:00Z"'
SAID: list[tuple[str, type[ContainerError]]] = [
    (r"cannot access containerd socket \"/run/containerd/containerd.sock\": no such file or directory", BackendNotAvailable),
    (r"name-store error\nname \"a\" is already used by ID \"77\"", Conflict),
    (r"1 errors:\ncontainer 77 is in running status. unpause/stop container first or force removal", Conflict),
    (r"1 errors:\ncannot kill container 77: container is not running", Conflict),
    (r"container 77 is already paused", Conflict),
    (r"cannot exec in a stopped state", Conflict),
    (r"no running task found: task 77 not found: not found", Conflict),
    (r"container is not running (status: stopped)", Conflict),
    (r"container has no health check configured", Conflict),
    (r"conflict: unable to delete a:1 (must be forced) - image is being used by running container 77", Conflict),
    (r"network with name n already exists", Conflict),
    (r"subnet 10.1.0.0/16 overlaps with other one on this address space", Conflict),
    (r"cannot copy into read-only location", Conflict),
    (r"bind for 127.0.0.1:18080 failed: port is already allocated", Conflict),
    (r"1 errors:\nno such container: a", NotFound),
    (r"1 errors:\nno such object: a", NotFound),
    (r"no such image", NotFound),
    (r"image \"docker.io/library/x:1\": not found", NotFound),
    (r"image not available: \"a:1\"", NotFound),
    (r"source does not exist", NotFound),
    (r"destination parent does not exist", NotFound),
    (r"unknown flag: --network-alias", Unsupported),
    (r"failed to load logging config", Unsupported),
    (r"OCI runtime exec failed: exec failed: exec: \"x\": executable file not found in $PATH", BackendError),
    (r"no buildkit host is available, tried 2 candidates", BackendError),
    (r"something that no version has said yet", BackendError),
]


@pytest.mark.parametrize(("message", "kind"), SAID, ids=[row[0][:40] for row in SAID])
def test_what_is_said(message: str, kind: type[ContainerError]) -> None:
    words = failure(f'{STAMP} level=warning msg="one thing"\n{STAMP} level=fatal msg="{message}"\n')
    error = TABLE.refusal(words, doing="do it", backend="nerdctl", subject="a")
    assert type(error) is kind and error.details["output"] == message.replace("\\n", "\n").replace('\\"', '"')


def test_why_volumes_failed_stands_in_warnings() -> None:
    for warning, kind in ((r"volume \"v\": not found", NotFound), (r"volume \"v\" is in use (failed precondition)", Conflict)):
        words = failure(f'{STAMP} level=warning msg="{warning}"\n{STAMP} level=fatal msg="some volumes could not be removed"\n')
        assert type(TABLE.refusal(words, doing="do it", backend="nerdctl")) is kind
    networks = f'{STAMP} level=error msg="no network found matching: n"\n{STAMP} level=fatal msg="no network could be removed"\n'
    assert type(TABLE.refusal(failure(networks), doing="do it", backend="nerdctl")) is NotFound


def test_what_comes_with_success_is_no_failure() -> None:
    said = f'{STAMP} level=warning msg="a"\n{STAMP} level=error msg="no such container: b"\nplain\n'
    assert errors(said) == "no such container: b" and errors(f"{STAMP} level=warning msg=x") == ""
    assert failure("plain words\n") == "plain words"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f'{STAMP} level=fatal msg="exec failed with exit code 7"', 7),
        (f'{STAMP} level=fatal msg="exec failed with exit code 137"\n', 137),
        (f'{STAMP} level=error msg="exec failed with exit code 7"', None),
        (f'{STAMP} level=fatal msg="it said: exec failed with exit code 7 and more"', None),
        ("exec failed with exit code 7", None),
        ("", None),
    ],
)
def test_the_code_of_a_command_inside(line: str, code: int | None) -> None:
    assert exec_code(line) == code


def test_codes_of_commands_that_cannot_be_run() -> None:
    for words, code in (('exec: "/etc": is a directory', 126), ("executable file not found in $PATH", 127), ("else", None)):
        assert TABLE.refusal(words, doing="run it", backend="nerdctl").details.get("exitCode") == code


def test_a_volume_that_is_not_there() -> None:
    said = 'volume-store error\nnot found\n"data/volume.json" does not exist\nsome volumes could not be inspected'
    row = TABLE.of(said)
    assert row is not None and row.kind is NotFound


BUILDER = "error: failed to solve: "
FAILED_BUILDS = (
    (f'#5 0.1 image x already exists, not found\n{BUILDER}process "/bin/sh -c is in use; exit 7" did not complete: exit code: 7', BackendError),
    (f"#2 ERROR: not found\n{BUILDER}localhost/x:1: failed to resolve source metadata for localhost/x:1: localhost/x:1: not found", NotFound),
    (f"#1 DONE\n{BUILDER}dockerfile parse error on line 1: unknown instruction: FRM", BackendError),
    ('time="2026-01-01T00:00:00Z" level=fatal msg="no buildkit host is available, tried 2 candidates"', BackendError),
    ("something else that is not found", BackendError),
)  # fmt: skip


@pytest.mark.parametrize(("said", "kind"), FAILED_BUILDS)
def test_why_a_build_failed(said: str, kind: type[ContainerError]) -> None:
    """The builder's own last word tells it, nothing that a step says."""
    row = TABLE.of(build_failure(said.split("\n")))
    assert (row.kind if row else BackendError) is kind
