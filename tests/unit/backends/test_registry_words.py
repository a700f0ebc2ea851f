"""What can be done about an image that could not be had, from words that engines were heard to say."""

from __future__ import annotations

import json

import pytest

from perry_ffi.backends.engine_api.error_mapping import refusal
from perry_ffi.backends.registry_words import remedy, remedy_of_step

IMAGE = "reg.example:5000/team/app:1"
SAID = {
    "pull access denied for team/app, repository does not exist or may require 'docker login': denied": "docker login reg.example:5000",
    'initializing source docker://reg.example:5000/team/app:1: reading manifest 1: unauthorized: authentication required': "login",
    "Head \"https://reg.example:5000/v2/team/app/manifests/1\": no basic auth credentials": "login",
    "manifest for reg.example:5000/team/app:1 not found: manifest unknown: manifest unknown": "check its name and tag",
    'initializing source docker://reg.example:5000/team/app:1: reading manifest 1 in reg.example:5000/team/app: name unknown': "no such image",
    'Get "https://reg.example:5000/v2/": dial tcp: lookup reg.example on 10.0.0.1:53: no such host': "can look up",
    'Get "https://x/v2/": dial tcp: lookup x on 10.0.0.1:53: dial udp 10.0.0.1:53: connect: network is unreachable': "can look up",
    'Get "http://reg.example:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused': "check its name and port",
    "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)": "does not answer",
    'Get "https://reg.example:5000/v2/": http: server gave HTTP response to HTTPS client': "speaks no TLS",
    'Get "https://reg.example:5000/v2/": x509: certificate signed by unknown authority': "authority of its certificate",
    "toomanyrequests: You have reached your pull rate limit": "try again later",
    "no matching manifest for linux/arm64/v8 in the manifest list entries": "platform",
    "write /var/lib/docker/tmp/GetImageBlob1: no space left on device": "make room",
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_what_is_said_of_a_pull(said: str) -> None:
    error = refusal(500, json.dumps({"message": said}).encode(), doing=f"pull {IMAGE}", backend="docker", subject=IMAGE)
    assert SAID[said] in str(error.details["remedy"])


def test_whose_host_and_whose_program() -> None:
    denied = "pull access denied"
    assert remedy(denied, "pull app", "podman", "app") == (
        "check the image's name; if it is right, it takes credentials: podman login"
    )
    assert str(remedy("manifest unknown", "pull app", "docker", "app")).startswith("docker.io has no such image")
    assert "podman login reg.example:5000" in str(remedy(denied, f"push {IMAGE}", "podman", IMAGE))
    assert str(remedy("manifest unknown", "pull x", "docker", "Not A Name")).startswith("the registry has no such image")


def test_an_image_that_is_not_here_to_be_pushed() -> None:
    for said in ("An image does not exist locally with the tag: reg.example/app", "x: image not known"):
        assert remedy(said, f"push {IMAGE}", "docker", IMAGE) == "there is no such image here to be pushed: build it first"


def test_nothing_is_said_of_what_is_no_transfer_or_not_known() -> None:
    assert remedy("connection refused", "start web", "docker", "web") is None
    assert remedy("something new", f"pull {IMAGE}", "docker", IMAGE) is None


def test_of_a_build_only_the_base_image_is_of_a_registry() -> None:
    said = "manifest for reg.example:5000/base:1 not found: manifest unknown"
    assert str(remedy_of_step(said, "Step 1/4 : FROM reg.example:5000/base:1", "docker")).startswith("reg.example:5000 has no")
    assert str(remedy_of_step(said, "STEP 1/4: FROM --platform=linux/arm64 reg.example:5000/base:1", "podman")).startswith("reg.")
    assert remedy_of_step("connection refused", "Step 2/4 : RUN curl http://from.example", "docker") is None
    assert remedy_of_step(said, "", "docker") is None
