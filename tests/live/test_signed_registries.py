"""Signatures in registries behind TLS and a login, put there by cosign and read by the library, which has only the user's files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from perry_ffi.errors import NotFound, RegistryNotAvailable
from perry_ffi.model.reference import parse_reference
from perry_ffi.registry.client import RegistryClient
from perry_ffi.settings import Settings
from perry_ffi.trust.check import Wanted, check
from perry_ffi.trust.discover import discover
from perry_ffi.trust.keys import Key
from tests.engines.daemon import EngineMissing
from tests.engines.private import HTPASSWD, PASSWORD, USER
from tests.live.conftest import missing
from tests.support.certificates import Authority
from tests.support.cosign import Cosign, need_cosign
from tests.support.registry import Lock, Registry, TokenServer
from tests.support.registry.jwt_tokens import ISSUER, SERVICE, JwtTokenServer
from tests.support.registry_program import registry_program

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
KINDS = ("ours, tokens", "distribution, password", "distribution, tokens")
OFFLINE = '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Place:
    """A registry, the home of a user who is logged in to it, and both cosigns in that home."""

    host: str
    home: Path
    authority: Authority
    tokens: TokenServer | None
    old: Cosign
    new: Cosign

    @property
    def environ(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "SSL_CERT_FILE": str(self.authority.certificate),
            "DOCKER_CONFIG": str(self.home / ".docker"),
        }

    def push(self, name: str) -> str:
        """A file as an image, by cosign itself; the reference with its digest."""
        (self.old.folder / "file").write_text(name)
        printed = self.old.run("upload", "blob", "-f", "file", f"{self.host}/{name}:1", **self.environ)
        assert printed.returncode == 0, printed.stderr
        return next(word for word in (printed.stdout + printed.stderr).split() if "@sha256:" in word)

    def client(self, **environ: str) -> RegistryClient:
        return RegistryClient(Settings.from_environ({**self.environ, **environ}))


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    authority = Authority.new(folder / "authority")
    server = authority.sign("server", names="DNS:localhost")
    old, new = need_cosign(2, folder), need_cosign(3, folder)
    context = authority.server_context("DNS:localhost", clients=False)
    login = {"user": USER, "password": PASSWORD}
    tokens: TokenServer | None = None
    with ExitStack() as stack:
        if request.param == "ours, tokens":
            tokens = stack.enter_context(TokenServer(tls=context, name="localhost", **login))
            host = stack.enter_context(Registry(tls=context, name="localhost", lock=Lock(tokens=tokens))).host
        else:
            (folder / "htpasswd").write_text(HTPASSWD)
            auth: dict[str, object] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
            if request.param == "distribution, tokens":
                certificate, key = authority.sign("tokens")
                tokens = stack.enter_context(JwtTokenServer(certificate, key, tls=context, name="localhost", **login))
                root = str(authority.certificate)
                auth = {"token": {"realm": f"{tokens.url}/token", "service": SERVICE, "issuer": ISSUER, "rootcertbundle": root}}
            try:
                host = stack.enter_context(registry_program(folder, tls=server, auth=auth))
            except EngineMissing as error:
                missing(str(error))
        home = folder / "user"
        (home / ".docker").mkdir(parents=True)
        word = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (home / ".docker/config.json").write_text(json.dumps({"auths": {host: {"auth": word}}}))
        (folder / "offline.json").write_text(OFFLINE)
        found = Place(host, home, authority, tokens, old, new)
        new.key("key")
        yield found


def _sign(place: Place, reference: str, cosign: Cosign) -> None:
    how = ["--tlog-upload=false"] if cosign.version == 2 else ["--signing-config", "offline.json"]
    got = cosign.run("sign", "--yes", "--key", "key.key", *how, reference, **place.environ)
    assert got.returncode == 0, got.stderr


@pytest.mark.parametrize("version", [2, 3])
async def test_what_cosign_signed_is_found_and_good(place: Place, version: int) -> None:
    reference = place.push(f"acme/signed{version}")
    asked = parse_reference(reference)
    async with place.client() as reading:
        assert (await discover(reading, asked, asked.digest)).evidence == []
        _sign(place, reference, place.old if version == 2 else place.new)
        found = await discover(reading, asked, asked.digest)
        assert (found.refused, found.failure) == ([], None)
        assert [one.format for one in found.evidence] == ["simple-signing" if version == 2 else "bundle"]
        wanted = Wanted(keys=(Key.parse((place.old.folder / "key.pub").read_bytes()),))
        assert check(found.evidence[0], asked.digest, wanted, asked).format == found.evidence[0].format
        assert (await reading.manifest(asked, "1")).digest == asked.digest
        with pytest.raises(NotFound):
            await reading.manifest(asked, "2")


async def test_without_a_login_nobody_can_tell(place: Place, tmp_path: Path) -> None:
    asked = parse_reference(f"{place.host}/acme/anything:1")
    for environ, reason in (
        ({"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path)}, "unauthorized"),
        ({"SSL_CERT_FILE": str(place.home / ".docker/config.json")}, "tls"),
        ({"SSL_CERT_FILE": ""}, "tls"),
    ):
        async with place.client(**environ) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(asked, "1")
        assert caught.value.details["reason"] == reason
        assert PASSWORD not in str(caught.value.to_dict())


async def test_tokens_that_end_on_the_way(place: Place) -> None:
    """However short a token's life is, all that one image needs is read."""
    if place.tokens is None:
        return  # this registry wants the password
    reference = place.push("acme/short")
    for _ in range(3):
        _sign(place, reference, place.new)
    asked = parse_reference(reference)
    place.tokens.seconds = 1
    try:
        async with place.client() as reading:
            for _ in range(3):
                found = await discover(reading, asked, asked.digest)
                assert len(found.evidence) == 3 and found.failure is None
    finally:
        place.tokens.seconds = 300
