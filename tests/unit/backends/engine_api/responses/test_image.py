"""Images, as an engine tells them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.responses.image import matches_platform, parse_image, parse_images


def test_images(engine: dict[str, Any]) -> None:
    (named,) = parse_images(engine["images"])
    assert (named.repository, named.tag) == ("bb", "latest")
    assert named.size > 1_000_000 and named.created.endswith("Z")
    item = engine["images"][0]
    (bare,) = parse_images([item | {"RepoTags": ["<none>:<none>"], "RepoDigests": None}])
    assert (bare.repository, bare.tag) == ("<none>", "<none>")
    digest = "localhost:5000/a/b@sha256:" + "0" * 64
    (untagged,) = parse_images([item | {"RepoTags": None, "RepoDigests": [digest]}])
    assert (untagged.repository, untagged.tag) == ("localhost:5000/a/b", "<none>")
    many = parse_images([item | {"RepoTags": ["localhost:5000/a:1", "docker.io/library/b:2"]}])
    assert [(image.repository, image.tag) for image in many] == [("localhost:5000/a", "1"), ("b", "2")]


def test_an_image(engine: dict[str, Any]) -> None:
    found = parse_image(engine["image"])
    assert found.tags == ["bb:latest"]
    assert (found.os, found.architecture) == ("linux", "amd64")
    assert found.env["X"] == "1" and found.labels["a"] == "b"
    assert (found.cmd, found.entrypoint) == (["/bin/sleep", "60"], [])
    assert (found.exposed_ports, found.volumes) == (["80/tcp"], ["/vol"])
    assert found.raw == engine["image"]
    assert not found.has_health_check


@pytest.mark.parametrize("place", ["Config", "podman's own"])
def test_the_health_check_of_an_image(engine: dict[str, Any], place: str) -> None:
    image, check = engine["image"], {"Test": ["CMD", "x"]}
    more = {"Config": {**image["Config"], "Healthcheck": check}} if place == "Config" else {"HealthCheck": check}
    assert parse_image({**image, **more}).has_health_check


@pytest.mark.parametrize(
    ("metadata", "tagged_at"),
    [
        (None, ""),
        ({}, ""),
        ({"LastTagTime": ""}, ""),
        ({"LastTagTime": "0001-01-01T00:00:00Z"}, ""),
        ({"LastTagTime": "2024-01-01T01:00:00.5+01:00"}, "2024-01-01T00:00:00.5Z"),
    ],
)
def test_when_an_image_was_tagged(engine: dict[str, Any], metadata: Any, tagged_at: str) -> None:
    assert parse_image({**engine["image"], "Metadata": metadata}).tagged_at == tagged_at


@pytest.mark.parametrize(("platform", "fits"), [("linux/amd64", True), ("linux/amd64/v3", True), ("linux/arm64",
    False), ("windows/amd64", False)])  # fmt: skip
def test_platforms(engine: dict[str, Any], platform: str, fits: bool) -> None:
    assert matches_platform(parse_image(engine["image"]), platform) is fits
