"""What it says is told as the error that it is; what is not known is shown as it is."""

from __future__ import annotations

import pytest

from perry_ffi.backends.apple.sayings import SAYINGS, words
from perry_ffi.errors import (
    BackendError,
    BackendNotAvailable,
    Conflict,
    ContainerError,
    NotFound,
    Unsupported,
    ValidationError,
)

SAID: list[tuple[str, type[ContainerError]]] = [
    ("Error: container already exists: web", Conflict),
    ("Error: container with id web already exists", Conflict),
    ('Error: invalidState: "container web is running and can not be deleted"', Conflict),
    ('Error: invalidState: "container web is not running"', Conflict),
    ("Error: hostname(s) already exist: [\"web\"]", Conflict),
    ("Error: network front already exists", Conflict),
    ("Error: IPv4 subnet 10.0.0.0/24 overlaps an existing network with subnet 10.0.0.0/16", Conflict),
    ("Error: volume 'data' already exists", Conflict),
    ("volume 'data' is currently in use and cannot be accessed by another container, or deleted\nError: delete failed", Conflict),
    ("cannot delete subnet front with referring containers: web\nError: delete failed", Conflict),
    ("Error: container not found: web, db", NotFound),
    ('Error: notFound: "container with ID web not found"', NotFound),
    ("Error: network not found: front", NotFound),
    ("Error: image not found: alpine:9", NotFound),
    ("Error: no such container: web", NotFound),
    ("Error: mount source path '/gone' does not exist", NotFound),
    ("Error: invalid label format a=b=c", ValidationError),
    ("Error: invalid publish host port range: 1", ValidationError),
    ("Error: non-default network configuration requires macOS 26 or newer", Unsupported),
    (
        "Error: XPC connection error: Connection invalid\nEnsure container system service has been started with `it`.",
        BackendNotAvailable,
    ),
    ("Error: something that nobody has heard", BackendError),
    ("", BackendError),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind"), SAID, ids=[said[:40] for said, _ in SAID])
def test_sayings(said: str, kind: type[ContainerError]) -> None:
    error = SAYINGS.refusal(words(said), doing="do it", backend="apple/container", exit_code=1)
    assert type(error) is kind
    assert said == "" or error.details["output"] in said
    if kind is BackendNotAvailable:
        assert error.details["remedy"] == "container system start --enable-kernel-install"


def test_the_usage_of_a_command_line_that_it_does_not_take_is_left_out() -> None:
    assert words("Error: Unknown option '--x'\nUsage: container create [<options>]\n  a\n  b\n") == "Unknown option '--x'"
