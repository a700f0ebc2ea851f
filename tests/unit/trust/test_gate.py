"""Pulls under a policy, with a registry on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import NotFound, RegistryNotAvailable
from perry_ffi.model.image import ImageDetails, PullOptions
from perry_ffi.trust.gate import Gate
from perry_ffi.trust.in_force import Asked
from tests.support.registry import Lock, Registry, TokenServer
from tests.support.sigstore.signing import PREDICATE, Signer, bundle, statement
from tests.support.trusting import policy, settings

pytestmark = pytest.mark.anyio
NAME, BUNDLE = "acme/app", "application/vnd.dev.sigstore.bundle.v0.3+json"
ME = Signer(None, keyless=False)


class Engine:
    """Has nothing, and keeps what it is asked for."""

    def __init__(self) -> None:
        self.pulled: list[tuple[str, str | None]] = []

    async def inspect_image(self, reference: str) -> ImageDetails:
        raise NotFound(reference)

    async def pull_image(self, reference: str, options: PullOptions, progress: Any = None) -> None:
        self.pulled.append((reference, options.username))

    async def tag_image(self, source: str, reference: str) -> None:
        """Nothing has names here."""


@pytest.fixture
def locked() -> Iterator[Registry]:
    with TokenServer() as tokens, Registry(lock=Lock(tokens=tokens)) as registry:
        digest = registry.content.image(NAME, "1")
        text = json.dumps(bundle(ME, statement(digest))).encode()
        told = {"dev.sigstore.bundle.predicateType": PREDICATE}
        registry.content.referrer(NAME, digest, text, media_type=BUNDLE, artifact_type=BUNDLE, annotations=told)
        yield registry


@pytest.mark.parametrize(
    "given",
    [{"username": "acme", "password": "the-secret-of-acme"}, {"identity_token": "the-refresh-token"}],
    ids=["password", "token"],
)
async def test_the_credentials_of_a_pull_are_shown_for_its_signatures_too(
    locked: Registry, tmp_path: Path, given: dict[str, str]
) -> None:
    gate, engine, reference = Gate(settings(tmp_path)), Engine(), f"{locked.host}/{NAME}:1"
    policies = await gate.policies([Asked(policy(keys=[ME.pem.decode()]), "policy", tmp_path)])
    with pytest.raises(RegistryNotAvailable) as caught:
        await gate.fetch(engine, reference, policies, pull="always", options=PullOptions())
    assert caught.value.details["reason"] == "unauthorized" and engine.pulled == []
    admitted = await gate.fetch(engine, reference, policies, pull="always", options=PullOptions(**given))  # type: ignore[arg-type]
    assert engine.pulled == [(f"{locked.host}/{NAME}@{admitted.digest}", given.get("username"))]
    locked.lock = Lock(user="somebody", password="else")
    (tmp_path / "empty").mkdir()
    other = Gate(settings(tmp_path, PERRY_CONTAINER_TRUST_CACHE=str(tmp_path / "empty")))
    with pytest.raises(RegistryNotAvailable):  # what was given for one pull is not kept for another
        await other.fetch(engine, reference, policies, pull="always", options=PullOptions())
    await other.aclose()
    await gate.aclose()


LOADS = """
import asyncio, sys, threading
from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.model.base import validate
from perry_ffi.model.verify import VerifyPolicy
from perry_ffi.service import trust
from perry_ffi.service.client import Client

loaded = {}

class Finder:
    def find_spec(self, name, path=None, target=None):
        loaded[name] = threading.current_thread() is threading.main_thread()

async def main():
    client = Client({"HOME": sys.argv[1], "DOCKER_HOST": "unix:///nothing"})
    sys.meta_path.insert(0, Finder())
    try:
        await trust.verify_image(client, "127.0.0.1:1/a/b@sha256:" + "0" * 64, validate(VerifyPolicy, {"keys": [sys.argv[2]]}))
    except RegistryNotAvailable:
        print(*[name for name, here in loaded.items() if here and name.startswith(("cryptography", "perry_ffi.trust.", "h11"))])
        print("perry_ffi.trust.discover" in loaded and "perry_ffi.trust.verify" in loaded)
    await client.aclose()

asyncio.run(main())
"""


def test_what_verifies_is_loaded_beside_the_loop(tmp_path: Path) -> None:
    """The first verification of a process loads half a second's worth on a slow machine; the loop serves others meanwhile."""
    command = [sys.executable, "-c", LOADS, str(tmp_path), ME.pem.decode()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    on_the_loop, whole = done.stdout.splitlines()
    assert whole == "True" and set(on_the_loop.split()) <= {"perry_ffi.trust.report"}
