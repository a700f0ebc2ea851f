"""What an engine's refusal stands for. The words were recorded from dockerd 20.10 and podman 4.3 to 5.8."""

from __future__ import annotations

import json

import pytest

from perry_ffi.backends.engine_api.error_mapping import Words, refusal
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Unsupported, ValidationError


def docker(message: str) -> bytes:
    return json.dumps({"message": message}).encode()


def podman(cause: str, message: str = "", status: int = 500) -> bytes:
    return json.dumps({"cause": cause, "message": message or cause, "response": status}).encode()


SAID = [
    (404, docker("No such container: x"), NotFound),
    (404, podman("no such container", 'no container with name or ID "x" found: no such container', 404), NotFound),
    (404, docker("No such image: nope:latest"), NotFound),
    (409, docker('Conflict. The container name "/a" is already in use by container "b".'), Conflict),
    (500, podman("that name is already in use", "creating container storage: the container name is already in use"), Conflict),
    (500, podman("container state improper", "cannot remove container 1 as it is running"), Conflict),
    (500, podman("network already exists", "network name net already used: network already exists"), Conflict),
    (500, podman("network is being used", '"net" has associated containers with it: network is being used'), Conflict),
    (500, podman("UNIQUE constraint failed: ContainerConfig.Name", "adding container to database: UNIQUE constraint failed"), Conflict),
    (403, docker("error while removing network: network net id 1 has active endpoints"), Conflict),
    (409, docker("remove vol: volume is in use - [1]"), Conflict),
    (400, docker("invalid restart policy 'x'"), ValidationError),
    (400, docker('dial unix: executable file not found in $PATH: unknown: OCI runtime create failed'), BackendError),
    (404, podman("crun: executable file `x` not found: No such file or directory", "", 404), BackendError),
    (500, docker("server misbehaving"), BackendError),
    (404, docker("get: no such volume"), BackendError),
    (501, docker("configured logging driver does not support reading"), Unsupported),
    (500, podman("cannot read logs", "this container is not logging output"), Unsupported),
    (500, b"not json", BackendError),
    (500, b"", BackendError),
    (301, b'<a href="/x">Moved</a>', BackendError),
    (502, b"\xff\xfe", BackendError),
    (500, b"[" * 100_000, BackendError),
    (500, b'{"message": 7, "cause": []}', BackendError),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), SAID)
def test_kinds(status: int, body: bytes, kind: type[ContainerError]) -> None:
    error = refusal(status, body, doing="do it", backend="docker", subject="x")
    assert type(error) is kind, error.to_dict()
    assert error.details["status"] == status and error.message.startswith("do it: ")
    assert len(json.dumps(error.to_dict())) < 20_000


def test_a_volume_without_a_name_is_told_with_what_can_be_done() -> None:
    """It is about a mount of the container, which is there."""
    error = refusal(404, docker("get: no such volume"), doing="start x", backend="docker", subject="x")
    assert "its data is in the volume" in error.details["remedy"]
    assert "remedy" not in refusal(404, docker("get v1: no such volume"), doing="x", backend="docker").details


LINES = [
    ("initializing source docker://r/x: reading manifest 1 in r/x: manifest unknown", NotFound),
    ("pull access denied for x, repository does not exist or may require 'docker login'", NotFound),
    ("pinging container registry 127.0.0.1:1: connection refused", BackendError),
    ("unauthorized: authentication required", BackendError),
]


@pytest.mark.parametrize(("words", "kind"), LINES)
def test_errors_inside_a_stream(words: str, kind: type[ContainerError]) -> None:
    error = refusal(200, words.encode(), doing="pull x", backend="podman", in_stream=True)
    assert type(error) is kind and words in error.message


def test_the_end_of_long_words_counts() -> None:
    """Podman names its whole request before the reason."""
    said = f"error during bulk transfer for copier.request{{{'x' * 5000}}}: copier: put: open /a/b: read-only file system"
    words = Words.of(json.dumps({"message": said}).encode())
    assert len(words.message) < 2100 and words.message.startswith("error during bulk")
    assert says(words.message, Meaning.READ_ONLY)
