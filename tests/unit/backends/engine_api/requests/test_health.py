"""Health checks: the same probe on docker and on every podman."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.requests.container import container_payload
from perry_ffi.backends.engine_api.requests.health import podman_test
from perry_ffi.backends.engine_api.transport.version import EngineVersion
from perry_ffi.model.base import decode
from perry_ffi.model.container import ContainerSpec

LINE = ("/bin/sh", "-c", "echo $0 $1", "-d", "mydb")


def sent(flavour: str, test: object, release: tuple[int, int] | None = None) -> list[str]:
    spec = decode(ContainerSpec, json.dumps({"image": "bb", "name": "web", "healthcheck": {"test": test}}))
    return container_payload(spec, flavour, release=release).body["Healthcheck"]["Test"]  # type: ignore[arg-type]


def as_podman_reads(test: list[str], release: tuple[int, int] | None) -> list[str]:
    """What podman makes of the words: before 5.8 it joins them, and reads a JSON list or parts them at blanks."""
    if release is not None and release >= (5, 8):
        return test
    joined = " ".join(test)
    try:
        return ["CMD", *json.loads(joined)]
    except ValueError:
        return joined.split() if test[0] == "CMD" else joined.split(" ", 1)


def run(test: list[str]) -> list[str]:
    """The arguments of the process that docker, or podman after its reading, starts for a test."""
    return test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", *test[1:]]


@pytest.mark.parametrize(
    "test",
    [
        "echo a  b; true", ["CMD-SHELL", "true", "-d", "my db"], ["CMD-SHELL"], ["CMD-SHELL", ""], ["CMD-SHELL", "a", ""],
        ["CMD", "true"], ["CMD", "sh", "-c", "echo a  b"], ["CMD", "x", ""], ["CMD", "a\nb", "c"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("release", [None, (4, 3), (5, 7), (5, 8), (6, 0)])
def test_podman_runs_what_docker_runs(test: object, release: tuple[int, int] | None) -> None:
    assert run(as_podman_reads(sent("podman", test, release), release)) == run(sent("docker", test))


@given(
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1),
    st.sampled_from([None, (5, 8)]),
)
def test_words_of_any_kind(words: list[str], release: tuple[int, int] | None) -> None:
    read = as_podman_reads(podman_test(("CMD", *words), release), release)
    if read[0] == "CMD-SHELL":  # One word, or one that podman would take for a keyword: its shell parts the line.
        assert shlex.split(read[1]) == words
    else:
        assert read == ["CMD", *words]


@pytest.mark.parametrize(
    ("test", "docker", "podman"),
    [
        (["NONE", "x"], ["NONE"], ["NONE"]),
        (["CMD-SHELL", LINE[2], "-d", "mydb"], ["CMD-SHELL", *LINE[2:]], [json.dumps(LINE)]),
        (["CMD", "my check"], ["CMD", "my check"], ["CMD-SHELL", "'my check'"]),
        (["CMD", ""], ["CMD", ""], ["CMD-SHELL", "''"]),
    ],
)
def test_what_is_sent(test: list[str], docker: list[str], podman: list[str]) -> None:
    assert sent("docker", test) == docker
    assert sent("podman", test) == podman


@pytest.mark.parametrize(
    ("said", "release"),
    [("4.3.1", (4, 3)), ("5.8.0-rc1", (5, 8)), ("v5.10.2", (5, 10)), ("20.10.24+dfsg1", (20, 10)), ("?", None)],
)
def test_the_release_that_an_engine_tells(said: str, release: tuple[int, int] | None) -> None:
    assert EngineVersion("podman", said, (1, 41)).release == release
