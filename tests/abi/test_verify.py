"""Signatures through the shared object: a registry behind TLS and tokens, and no engine at all."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.abi.test_python_hosts import PYTHON, run_in
from tests.support.certificates import Authority
from tests.support.driver import FULFILLED, REJECTED, Driver
from tests.support.library import Host, library
from tests.support.registry import Lock, Registry, TokenServer, evil
from tests.support.sigstore.signing import PREDICATE, Signer, bundle, payload, simple, statement

pytestmark = pytest.mark.abi
NAME = "acme/app"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
ME, OTHER = Signer(None, keyless=False), Signer(None, keyless=False)


@dataclass
class Place:
    registry: Registry
    environ: dict[str, str]

    def image(self, tag: str, *signers: Signer, old: bool = False) -> str:
        """The reference of an image that they have signed."""
        content = self.registry.content
        digest = content.image(NAME, tag, salt=tag)
        for number, signer in enumerate(signers):
            if old:
                text = payload(digest)
                content.simple_signing(NAME, digest, [(text, simple(one, text)) for one in signers])
            else:
                text = json.dumps(bundle(signer, statement(digest))).encode()
                told = {"dev.sigstore.bundle.predicateType": PREDICATE, "number": str(number)}
                content.referrer(NAME, digest, text, media_type=BUNDLE, artifact_type=BUNDLE, annotations=told)
        return f"{self.registry.host}/{NAME}:{tag}"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    authority = Authority.new(tmp_path / "authority")
    context = authority.server_context("DNS:localhost", clients=False)
    with TokenServer(tls=context, name="localhost") as tokens:
        with Registry(tls=context, name="localhost", lock=Lock(tokens=tokens)) as registry:
            (tmp_path / ".docker").mkdir()
            word = base64.b64encode(b"acme:the-secret-of-acme").decode()
            (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {registry.host: {"auth": word}}}))
            yield Place(
                registry,
                {"HOME": str(tmp_path), "SSL_CERT_FILE": str(authority.certificate), "PERRY_CONTAINER_BACKEND": "docker"},
            )


def verify(driver: Driver, reference: str, signer: Signer = ME) -> tuple[int, dict[str, Any]]:
    state, text = driver.call("js_container_verifyImage", reference, json.dumps({"keys": [signer.pem.decode()]}))
    return state, json.loads(text)


def test_images_are_verified_without_an_engine(plain_host: Host, place: Place) -> None:
    with Driver(plain_host, **place.environ) as driver:
        for reference in (place.image("new", ME), place.image("old", ME, old=True), place.image("two", OTHER, ME, old=True)):
            state, found = verify(driver, reference)
            assert state == FULFILLED, found
            assert found["verified"] and found["source"] == "registry" and found["pinned"].startswith(f"{reference}@sha256:")
            state, found = verify(driver, reference)
            assert (state, found["verified"]) == (FULFILLED, True)
        for reference, reason in ((place.image("none"), "unsigned"), (place.image("other", OTHER), "wrongKey")):
            state, found = verify(driver, reference)
            assert (state, found["kind"], found["reason"]) == (REJECTED, "VerificationFailed", reason)
        state, found = verify(driver, f"{place.registry.host}/{NAME}:nowhere")
        assert (state, found["kind"]) == (REJECTED, "NotFound")


def test_the_public_instance_is_known(plain_host: Host, place: Place) -> None:
    who = {"issuer": "https://issuer.example.com", "subject": "somebody"}
    with Driver(plain_host, **place.environ) as driver:
        policy = json.dumps({"identities": [who], "trustedRoot": "public-good"})
        state, text = driver.call("js_container_verifyImage", place.image("new", ME), policy)
        found = json.loads(text)
        assert (state, found["kind"], found["reason"]) == (REJECTED, "VerificationFailed", "noCertificate"), found


def test_a_registry_that_cannot_be_asked_is_no_verdict(plain_host: Host, place: Place) -> None:
    reference = place.image("1", ME)
    with Driver(plain_host, **place.environ) as driver:
        for pattern in ("/referrers/", r"\.sig", "manifests/1$"):
            place.registry.evil = {pattern: evil.status(500)}
            state, found = verify(driver, reference, OTHER)
            assert (state, found["code"], found["kind"]) == (REJECTED, 503, "RegistryNotAvailable"), found
            assert found["host"] == place.registry.host and "the-secret-of-acme" not in json.dumps(found)
        place.registry.evil = {"manifests/1$": evil.changed()}
        state, found = verify(driver, reference)
        assert (state, found["reason"]) == (REJECTED, "registryLied")


_MANY = """
import os, time
policy = json.dumps({"keys": [os.environ["KEY"]]})
promises = [native.call("js_container_verifyImage", os.environ["IMAGE"], policy) for _ in range(1000)]
time.sleep(float(os.environ["MOMENT"]))
"""


@pytest.mark.parametrize("stalls", [False, True], ids=["answers", "stalls"])
def test_a_process_ends_while_a_thousand_are_in_flight(place: Place, stalls: bool) -> None:
    reference, released = place.image("1", ME), threading.Event()
    if stalls:
        place.registry.evil = {"/referrers/": evil.stall(released)}
    try:
        for moment in ("0", "0.1", "0.5", "1"):
            more = {"KEY": ME.pem.decode(), "IMAGE": reference, "MOMENT": moment}
            begin = time.monotonic()
            ran = run_in(PYTHON, library(), _MANY, **place.environ, **more)
            assert (ran.status, ran.out, ran.err) == (0, "", ""), moment
            assert time.monotonic() - begin < 20
    finally:
        released.set()
