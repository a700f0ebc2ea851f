"""Credentials: what is shown to whom, and what never is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from perry_ffi.errors import NotFound, RegistryNotAvailable, ValidationError
from perry_ffi.registry.client import RegistryClient
from perry_ffi.registry.credentials import Credential
from tests.support.certificates import Authority
from tests.support.registry import Lock, Registry, TokenServer, evil
from tests.unit.registry.serving import NAME, PASSWORD, authority, client, login, names, reason, repository, settings

pytestmark = pytest.mark.anyio
__all__ = ["authority"]


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as serving:
        yield serving


@pytest.fixture
def registry(tokens: TokenServer) -> Iterator[Registry]:
    with Registry(lock=Lock(tokens=tokens)) as serving:
        serving.content.image(NAME, "1")
        yield serving


@pytest.fixture
def basic() -> Iterator[Registry]:
    with Registry(lock=Lock()) as serving:
        serving.content.image(NAME, "1")
        yield serving


# -- a user and a password ------------------------------------------------------------------------------


async def test_a_password_is_shown_where_it_is_asked_for(basic: Registry, tmp_path: Path) -> None:
    login(tmp_path, basic.host)
    async with client(tmp_path) as reading:
        await reading.manifest(repository(basic), "1")
        await reading.manifest(repository(basic), "1")
        with pytest.raises(NotFound):
            await reading.manifest(repository(basic), "2")
    shown = [one.authorization.split(" ")[0] for one in basic.asked]
    assert shown == ["", "Basic", "Basic", "Basic"]


async def test_credentials_that_are_given_come_first(basic: Registry, tmp_path: Path) -> None:
    login(tmp_path, basic.host)
    basic.lock = Lock(user="you", password="another")
    given = {basic.host: Credential(basic.host, "you", "another")}
    async with RegistryClient(settings(tmp_path), given=given) as reading:
        await reading.manifest(repository(basic), "1")
    async with RegistryClient(settings(tmp_path), given={"other.test": given[basic.host]}) as reading:
        with pytest.raises(RegistryNotAvailable):
            await reading.manifest(repository(basic), "1")


async def test_nobody_is_logged_in(basic: Registry, tmp_path: Path) -> None:
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(basic), "1")
    assert reason(caught) == "unauthorized" and basic.host in caught.value.details["remedy"]
    assert [one.authorization for one in basic.asked] == [""]


async def test_a_wrong_password(basic: Registry, tmp_path: Path) -> None:
    login(tmp_path, basic.host)
    basic.lock = Lock(password="another one")
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(basic), "1")
    assert reason(caught) == "unauthorized" and len(basic.asked) == 2


async def test_a_registry_that_repeats_what_it_was_shown(basic: Registry, tmp_path: Path) -> None:
    """In its words, its headers and its garbage: nothing of it is in an error."""
    login(tmp_path, basic.host)

    def act(handler: evil.Handler) -> None:
        shown = handler.headers.get("Authorization", "")
        if not shown:
            return handler.behave()
        handler.close_connection = True
        handler.wfile.write(f"HTTP/1.1 {shown}\r\n{shown}\r\n\r\n{shown}{PASSWORD}".encode())

    basic.evil["GET"] = act
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(basic), "1")
    assert reason(caught) in ("protocol", "cut")


async def test_a_file_of_credentials_that_cannot_be_read(basic: Registry, tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(f"{PASSWORD} is no JSON")
    async with client(tmp_path) as reading:
        with pytest.raises(ValidationError) as caught:
            await reading.manifest(repository(basic), "1")
    assert "config.json" in str(caught.value) and PASSWORD not in str(caught.value.to_dict())


@pytest.mark.parametrize("script", [f"echo {PASSWORD} >&2; exit 1", f"echo '{PASSWORD}'"])
async def test_a_helper_that_fails_is_no_verdict(basic: Registry, tmp_path: Path, script: str) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"credsStore": "mine"}')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker-credential-mine").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "bin/docker-credential-mine").chmod(0o755)
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(basic), "1")
    assert reason(caught) == "credentials"


async def test_a_helper_that_hangs_is_bounded(basic: Registry, tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"credsStore": "mine"}')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker-credential-mine").write_text("#!/bin/sh\nsleep 60\n")
    (tmp_path / "bin/docker-credential-mine").chmod(0o755)
    async with client(tmp_path, silence=0.3, seconds=1) as reading:
        with anyio.fail_after(5):
            with pytest.raises(Exception, match="took longer than 1 s"):
                await reading.manifest(repository(basic), "1")


async def test_only_who_is_asked_for_them_sees_credentials(tmp_path: Path) -> None:
    login(tmp_path, "registry.example.com")
    with Registry(lock=Lock()) as other:
        async with client(tmp_path) as reading:
            with pytest.raises(RegistryNotAvailable):
                await reading.manifest(repository(other), "1")
        assert all(not one.authorization for one in other.asked)


# -- tokens ---------------------------------------------------------------------------------------------


async def test_a_token_for_a_password(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    async with client(tmp_path) as reading:
        for _ in range(3):
            await reading.manifest(repository(registry), "1")
    assert len(tokens.asked) == 1
    asked = tokens.asked[0]
    assert (asked["method"], asked["scope"], asked["service"]) == ("GET", f"repository:{NAME}:pull", "test registry")
    assert asked["authorization"].startswith("Basic ")
    assert not any(one.authorization.startswith("Basic") for one in registry.asked)


async def test_a_token_for_nobody(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    tokens.anonymous = True
    async with client(tmp_path) as reading:
        await reading.manifest(repository(registry), "1")
    assert [asked["authorization"] for asked in tokens.asked] == [""]


async def test_a_token_for_an_identity_token(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host, auth="", identitytoken="the-refresh-token")
    async with client(tmp_path) as reading:
        await reading.manifest(repository(registry), "1")
    assert (tokens.asked[0]["method"], tokens.asked[0]["authorization"]) == ("POST", "")
    assert tokens.asked[0]["grant_type"] == "refresh_token" and "refresh_token" not in tokens.asked[0]["path"]


@pytest.mark.parametrize("entry", [{}, {"auth": "", "identitytoken": "the-refresh-token"}], ids=["password", "identity"])
async def test_a_token_server_that_refuses(
    registry: Registry, tokens: TokenServer, tmp_path: Path, entry: dict[str, str]
) -> None:
    login(tmp_path, registry.host, **entry)
    tokens.password = tokens.refresh = "another"
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
    assert reason(caught) == "unauthorized" and tokens.host in str(caught.value) and len(tokens.asked) == 1


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
async def test_a_token_server_that_fails(registry: Registry, tokens: TokenServer, tmp_path: Path, status: int) -> None:
    login(tmp_path, registry.host)
    tokens.status = status
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
    assert caught.value.details["status"] == status and reason(caught)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"no",
        b"[]",
        {},
        {"token": 1},
        {"token": ""},
        {"token": "a b"},
        {"token": "a\r\nX: y"},
        {"token": "ä"},
        {"token": "x" * 20_000},
        b'{"token": "' + b"x" * 100_000 + b'"}',
    ],
)
async def test_answers_that_have_no_token(registry: Registry, tokens: TokenServer, tmp_path: Path, reply: bytes) -> None:
    login(tmp_path, registry.host)
    tokens.reply = reply
    async with client(tmp_path) as reading:
        with pytest.raises(Exception) as caught:
            await reading.manifest(repository(registry), "1")
    assert getattr(caught.value, "kind", "") in ("RegistryNotAvailable", "VerificationFailed")
    assert len(registry.asked) == 1


@pytest.mark.parametrize("seconds", [0, -1, "60", None, True, 1e300])
async def test_a_life_that_is_none(registry: Registry, tokens: TokenServer, tmp_path: Path, seconds: object) -> None:
    login(tmp_path, registry.host)
    give = tokens.give
    tokens.give = lambda asked: {**(give(asked) or {}), "expires_in": seconds}  # type: ignore[method-assign]
    async with client(tmp_path) as reading:
        for _ in range(3):
            await reading.manifest(repository(registry), "1")
    assert len(tokens.asked) == 1


async def test_a_token_that_expires_on_the_way(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    tokens.uses = 2
    async with client(tmp_path) as reading:
        for _ in range(7):
            await reading.manifest(repository(registry), "1")
    assert len(tokens.asked) == 4


async def test_tokens_that_are_never_good(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    tokens.uses = 0
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
    assert reason(caught) == "unauthorized" and len(tokens.asked) == 1 and len(registry.asked) == 2


async def test_requests_side_by_side_share_one_token(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    async with client(tmp_path) as reading:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(reading.manifest, repository(registry), "1")
    assert len(tokens.asked) == 1


async def test_each_repository_has_a_token_of_its_own(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    registry.content.image("acme/other", "1")
    async with client(tmp_path) as reading:
        await reading.manifest(repository(registry), "1")
        await reading.manifest(repository(registry, "acme/other"), "1")
    assert [asked["scope"] for asked in tokens.asked] == [f"repository:{NAME}:pull", "repository:acme/other:pull"]


async def test_a_scope_that_is_more_than_reading_is_not_asked_for(
    registry: Registry, tokens: TokenServer, tmp_path: Path
) -> None:
    login(tmp_path, registry.host)
    challenge = f'Bearer realm="{tokens.url}/token",scope="repository:{NAME}:pull,push registry:catalog:*"'
    registry.evil["GET"] = evil.in_turn(evil.status(401, WWW_Authenticate=challenge), None)
    async with client(tmp_path) as reading:
        await reading.manifest(repository(registry), "1")
    assert [asked["scope"] for asked in tokens.asked] == [f"repository:{NAME}:pull"]


async def test_a_token_server_that_redirects_is_not_followed(registry: Registry, tokens: TokenServer, tmp_path: Path) -> None:
    login(tmp_path, registry.host)
    with TokenServer(anonymous=True) as other:
        tokens.status, tokens.headers, tokens.reply = 307, {"Location": f"{other.url}/token"}, {}
        async with client(tmp_path) as reading:
            with pytest.raises(RegistryNotAvailable):
                await reading.manifest(repository(registry), "1")
        assert other.asked == []


# -- where tokens are -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "realm",
    ["ftp://h/t", "/token", "https://u:p@127.0.0.1/token", "https://", "https://a b/", "javascript:x", "https://h\\@evil/"],
)
async def test_a_realm_that_is_none(registry: Registry, tokens: TokenServer, tmp_path: Path, realm: str) -> None:
    login(tmp_path, registry.host)
    registry.lock = Lock(tokens=tokens, realm=realm)
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
    assert reason(caught) == "protocol" and tokens.asked == []


@pytest.fixture
def apart(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Registry, TokenServer, list[str]]]:
    """A registry and a token server by TLS, on hosts of their own."""
    context = authority.server_context("DNS:registry.test,DNS:tokens.test", clients=False)
    with (
        TokenServer(tls=context) as tokens,
        Registry(tls=context, lock=Lock(tokens=tokens, realm="https://tokens.test/token")) as serving,
    ):
        serving.content.image(NAME, "1")
        with names(monkeypatch, registry_test_443=serving.port, tokens_test_443=int(tokens.host.split(":")[1])) as dialled:
            yield serving, tokens, dialled


async def test_a_realm_on_another_host(
    apart: tuple[Registry, TokenServer, list[str]], authority: Authority, tmp_path: Path
) -> None:
    """The credentials are those of the registry, and go to the host that it names, over TLS."""
    _serving, tokens, dialled = apart
    login(tmp_path, "registry.test")
    async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
        await reading.manifest(repository("registry.test"), "1")
    assert tokens.asked[0]["authorization"].startswith("Basic ") and dialled == ["registry.test:443", "tokens.test:443"]


async def test_credentials_of_the_other_host_are_not_taken(
    apart: tuple[Registry, TokenServer, list[str]], authority: Authority, tmp_path: Path
) -> None:
    _serving, tokens, _dialled = apart
    login(tmp_path, "tokens.test")
    async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
        with pytest.raises(RegistryNotAvailable):
            await reading.manifest(repository("registry.test"), "1")
    assert tokens.asked[0]["authorization"] == ""


@pytest.mark.parametrize(
    "realm",
    [
        "http://tokens.test/token",
        "http://registry.test/token",
        "http://127.0.0.1/token",
        "https://localhost/token",
        "https://127.0.0.1/token",
        "https://[::1]/t",
        "https://[::ffff:127.0.0.1]/t",
    ],
)
async def test_a_realm_that_nothing_is_told(
    apart: tuple[Registry, TokenServer, list[str]], authority: Authority, tmp_path: Path, realm: str
) -> None:
    """Over http, or on this machine where the registry is not."""
    serving, tokens, dialled = apart
    login(tmp_path, "registry.test")
    serving.lock = Lock(tokens=tokens, realm=realm)
    async with client(tmp_path, insecure=("tokens.test",), SSL_CERT_FILE=str(authority.certificate)) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository("registry.test"), "1")
    assert reason(caught) == "insecure" and tokens.asked == [] and dialled == ["registry.test:443"]


async def test_a_token_server_that_nobody_vouches_for(
    apart: tuple[Registry, TokenServer, list[str]], authority: Authority, tmp_path: Path
) -> None:
    serving, _tokens, _dialled = apart
    login(tmp_path, "registry.test")
    other = Authority.new(tmp_path / "other")
    with TokenServer(tls=other.server_context("DNS:localhost", clients=False), name="localhost") as mine:
        with Registry(tls=serving.tls, lock=Lock(tokens=mine), name="localhost", content=serving.content) as here:
            here.tls = serving.tls
            login(tmp_path, here.host)
            async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
                with pytest.raises(RegistryNotAvailable) as caught:
                    await reading.manifest(repository(here), "1")
        assert reason(caught) == "tls" and mine.asked == []


async def test_docker_hub_by_its_real_names(authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context = authority.server_context("DNS:registry-1.docker.io,DNS:auth.docker.io", clients=False)
    login(tmp_path, "https://index.docker.io/v1/")
    with TokenServer(tls=context) as tokens, Registry(tls=context) as serving:
        serving.lock = Lock(tokens=tokens, realm="https://auth.docker.io/token")
        serving.content.image("library/alpine", "3")
        places = {"registry-1.docker.io": serving.port, "auth.docker.io": int(tokens.host.split(":")[1])}
        hub = {f"{host.replace('-', '__').replace('.', '_')}_443": port for host, port in places.items()}
        with names(monkeypatch, **hub) as dialled:
            async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
                await reading.manifest(repository("docker.io", "library/alpine"), "3")
    assert dialled == ["registry-1.docker.io:443", "auth.docker.io:443"]
    assert tokens.asked[0]["authorization"].startswith("Basic ") and tokens.asked[0]["scope"] == "repository:library/alpine:pull"
