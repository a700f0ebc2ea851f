"""What registries ask for credentials with."""

from __future__ import annotations

import time

import pytest

from perry_ffi.registry.challenge import challenges, wanted_scope

HUB = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"'


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            [HUB],
            [
                (
                    "bearer",
                    {"realm": "https://auth.docker.io/token", "service": "registry.docker.io", "scope": "repository:a/b:pull"},
                )
            ],
        ),
        (['Basic realm="a, b=c"'], [("basic", {"realm": "a, b=c"})]),
        (["Basic"], [("basic", {})]),
        (
            ['Basic realm="x", Bearer realm="y",service=z'],
            [("basic", {"realm": "x"}), ("bearer", {"realm": "y", "service": "z"})],
        ),
        (["Basic", 'Bearer realm="y"'], [("basic", {}), ("bearer", {"realm": "y"})]),
        (['BEARER Realm = "a\\"b" , SERVICE=c'], [("bearer", {"realm": 'a"b', "service": "c"})]),
        (['Bearer realm="first",realm="second"'], [("bearer", {"realm": "first"})]),
        (['Bearer realm="not closed'], [("bearer", {})]),
        ([""], []),
        ([], []),
        ([",,,"], []),
        (['"Bearer"'], []),
    ],
)
def test_readings(values: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    assert [(one.scheme, dict(one.parameters)) for one in challenges(values)] == expected


@pytest.mark.parametrize(
    "text",
    [
        " " * 60_000,
        "a" * 60_000,
        "a=" * 30_000,
        'a="' + "\\" * 60_000,
        "a b," * 15_000,
        "," * 60_000,
        "Bearer " + "a=b," * 15_000,
        " a" * 30_000,
    ],
)
def test_any_text_is_read_quickly(text: str) -> None:
    begin = time.monotonic()
    assert len(challenges([text])) <= 16
    assert time.monotonic() - begin < 0.5


@pytest.mark.parametrize(
    ("asked", "scope"),
    [
        (None, "repository:a/b:pull"),
        ("", "repository:a/b:pull"),
        ("repository:a/b:pull", "repository:a/b:pull"),
        ("repository:mirror/a/b:pull", "repository:mirror/a/b:pull"),
        ("repository:a/b:pull repository:c:pull", "repository:a/b:pull repository:c:pull"),
        ("repository(plugin):a/b:pull", "repository(plugin):a/b:pull"),
        ("repository:a/b:pull,push", "repository:a/b:pull"),
        ("repository:a/b:*", "repository:a/b:pull"),
        ("registry:catalog:*", "repository:a/b:pull"),
        ("repository:a/b:pull registry:catalog:*", "repository:a/b:pull"),
    ],
)
def test_a_scope_is_about_reading(asked: str | None, scope: str) -> None:
    assert wanted_scope(asked, "a/b") == scope
