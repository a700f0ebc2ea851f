"""Where reading leads: redirects, and whether a host is spoken to over http."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.errors import RegistryNotAvailable
from tests.support.certificates import Authority
from tests.support.registry import Lock, Registry, TokenServer, digest_of, evil
from tests.unit.registry.serving import NAME, authority, client, login, names, reason, repository

pytestmark = pytest.mark.anyio
__all__ = ["authority"]
BLOB = b"a layer"


@pytest.fixture
def pair() -> Iterator[tuple[Registry, Registry]]:
    """A registry behind a password, and the store of blobs that it sends on to."""
    with Registry(lock=Lock()) as serving, Registry(content=serving.content) as store:
        serving.content.image(NAME, "1")
        yield serving, store


async def test_a_redirect_is_followed_without_the_credentials(pair: tuple[Registry, Registry], tmp_path: Path) -> None:
    serving, store = pair
    login(tmp_path, serving.host, store.host)
    serving.evil["/blobs/"] = evil.redirect(f"{store.url}{{path}}?signature=the-secret-of-the-store")
    async with client(tmp_path) as reading:
        await reading.manifest(repository(serving), "1")
        assert await reading.blob(repository(serving), digest_of(BLOB)) == BLOB
    assert serving.asked[-1].authorization.startswith("Basic ")
    assert [one.authorization for one in store.asked] == [""] and "cookie" not in store.asked[0].headers


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_a_redirect_on_the_same_host_keeps_them(pair: tuple[Registry, Registry], tmp_path: Path, code: int) -> None:
    serving, _store = pair
    login(tmp_path, serving.host)
    serving.evil["manifests/moved"] = evil.redirect(f"/v2/{NAME}/manifests/1", code)
    async with client(tmp_path) as reading:
        await reading.manifest(repository(serving), "moved")
    assert serving.asked[-1].authorization.startswith("Basic ")


async def test_back_again_is_the_registry_itself(pair: tuple[Registry, Registry], tmp_path: Path) -> None:
    serving, store = pair
    login(tmp_path, serving.host)
    serving.evil["manifests/moved"] = evil.redirect(f"{store.url}/v2/{NAME}/manifests/back")
    store.evil["manifests/back"] = evil.redirect(f"{serving.url}/v2/{NAME}/manifests/1")
    async with client(tmp_path) as reading:
        await reading.manifest(repository(serving), "moved")
    assert [one.authorization for one in store.asked] == [""]


async def test_where_a_redirect_leads_nothing_is_asked_to_be_shown(pair: tuple[Registry, Registry], tmp_path: Path) -> None:
    serving, store = pair
    login(tmp_path, serving.host, store.host)
    store.lock = Lock()
    serving.lock = None
    serving.evil["/blobs/"] = evil.redirect(f"{store.url}{{path}}")
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.blob(repository(serving), digest_of(BLOB))
    assert reason(caught) == "unauthorized" and [one.authorization for one in store.asked] == [""]


async def test_redirects_without_an_end(pair: tuple[Registry, Registry], tmp_path: Path) -> None:
    serving, _store = pair
    serving.evil["GET"] = evil.redirect("{path}x")
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(serving), "1")
    assert reason(caught) == "redirect" and len(serving.asked) == 6


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ftp://h/x",
        "http://u:p@h/x",
        "http://",
        "http://h:99999/",
        "file:///etc/passwd",
        "http://a b/",
        "http://h/\x7f",
        "http://h/" + "x" * 9000,
        "http://ä/",
    ],
)
async def test_a_redirect_to_nowhere(pair: tuple[Registry, Registry], tmp_path: Path, to: str) -> None:
    serving, _store = pair
    serving.evil["GET"] = (
        evil.redirect(to) if to.isascii() else evil.raw(f"HTTP/1.1 307 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode())
    )
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(serving), "1")
    assert reason(caught) in ("redirect", "protocol")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "to",
    [
        "http://other.test/x",
        "http://registry.test/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]:8/x",
        "https://x.localhost./",
    ],
)
async def test_a_redirect_that_is_refused(authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, to: str) -> None:
    """From TLS to http, also where that host may be spoken to so; and to this machine."""
    with Registry(tls=authority.server_context("DNS:registry.test", clients=False)) as serving:
        serving.evil["GET"] = evil.redirect(to + "?signature=the-refresh-token")
        with names(monkeypatch, registry_test_443=serving.port) as dialled:
            async with client(tmp_path, insecure=("other.test",), SSL_CERT_FILE=str(authority.certificate)) as reading:
                with pytest.raises(RegistryNotAvailable) as caught:
                    await reading.manifest(repository("registry.test"), "1")
        assert reason(caught) == "redirect" and dialled == ["registry.test:443"]


# -- http or TLS ------------------------------------------------------------------------------------------


async def test_a_host_elsewhere_is_not_spoken_to_over_http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    login(tmp_path, "registry.test:5000")
    with Registry() as serving, names(monkeypatch, registry_test_5000=serving.port):
        async with client(tmp_path) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(repository("registry.test:5000"), "1")
        assert reason(caught) == "tls" and not serving.asked_for("/v2/")


@pytest.mark.parametrize(
    ("insecure", "host"),
    [
        ("registry.test:5000", "registry.test:5000"),
        ("registry.test", "registry.test"),
        ("Registry.Test", "registry.test"),
        ("registry.test:80", "registry.test"),
    ],
)
async def test_unless_it_is_named_as_insecure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, insecure: str, host: str) -> None:
    with Registry() as serving, names(monkeypatch, registry_test_5000=serving.port, registry_test_80=serving.port):
        serving.content.image(NAME, "1")
        async with client(tmp_path, insecure=(insecure,)) as reading:
            if insecure == "registry.test:80":  # 443, which is asked for, is not named
                with pytest.raises(RegistryNotAvailable):
                    await reading.manifest(repository(host), "1")
            else:
                await reading.manifest(repository(host), "1")


@pytest.mark.parametrize("insecure", ["registry.test", "other.test:5000", "test", "registry.test:50", ""])
async def test_another_name_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, insecure: str) -> None:
    with Registry() as serving, names(monkeypatch, registry_test_5000=serving.port):
        async with client(tmp_path, insecure=(insecure,)) as reading:
            with pytest.raises(RegistryNotAvailable):
                await reading.manifest(repository("registry.test:5000"), "1")


async def test_an_insecure_host_that_has_tls_is_spoken_to_by_it(authority: Authority, tmp_path: Path) -> None:
    """Also on loopback; and then its certificate has to be good, for it is no stranger to TLS."""
    with Registry(tls=authority.server_context("DNS:localhost", clients=False), name="localhost") as serving:
        serving.content.image(NAME, "1")
        async with client(tmp_path, insecure=(serving.host,), SSL_CERT_FILE=str(authority.certificate)) as reading:
            await reading.manifest(repository(serving), "1")
        async with client(tmp_path, insecure=(serving.host,)) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(repository(serving), "1")
        assert reason(caught) == "tls"


async def test_an_insecure_registry_sends_on_over_http_only_to_its_like(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Registry() as serving, names(monkeypatch, one_test_5000=serving.port, other_test_5000=serving.port):
        digest = serving.content.put_blob(NAME, BLOB)["digest"]
        serving.evil["/blobs/sha256"] = evil.in_turn(evil.redirect("http://other.test:5000{path}"), None)
        async with client(tmp_path, insecure=("one.test:5000", "other.test:5000")) as reading:
            assert await reading.blob(repository("one.test:5000"), digest) == BLOB
        serving.evil["/blobs/sha256"] = evil.redirect("http://other.test:5000{path}")
        async with client(tmp_path, insecure=("one.test:5000",)) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.blob(repository("one.test:5000"), digest)
        assert reason(caught) == "redirect"


async def test_credentials_do_not_follow_to_another_port(tmp_path: Path) -> None:
    with (
        TokenServer(anonymous=True) as tokens,
        Registry(lock=Lock(tokens=tokens)) as serving,
        Registry(content=serving.content) as store,
    ):
        digest = serving.content.put_blob(NAME, BLOB)["digest"]
        serving.evil["/blobs/"] = evil.in_turn(None, evil.redirect(f"{store.url}{{path}}"))
        async with client(tmp_path) as reading:
            assert await reading.blob(repository(serving), digest) == BLOB
        assert serving.asked[-1].authorization.startswith("Bearer ") and store.asked[0].authorization == ""
