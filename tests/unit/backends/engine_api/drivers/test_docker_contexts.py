"""Docker's contexts lead where docker's own programs go, and one that is not there is no way to another engine."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, scripted_engine, scripted_tls_engine, telling
from tests.support.certificates import Authority
from tests.unit.backends.test_elsewhere import LABELS, container, engine, look

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / ".docker").mkdir()
        yield Path(name)


def context(home: Path, name: str, host: str, **members: object) -> Path:
    """Writes a context as docker does; its folder of TLS files."""
    ident = hashlib.sha256(name.encode()).hexdigest()
    meta = home / ".docker/contexts/meta" / ident / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, **members}}}))
    return home / ".docker/contexts/tls" / ident / "docker"


def use(home: Path, name: object) -> None:
    (home / ".docker/config.json").write_text(json.dumps({"auths": {}, "currentContext": name}))


def settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "0.5", **environ})


async def where(home: Path, **environ: str) -> str:
    """The name of the socket that docker is found at, or the reason why it is at none."""
    try:
        backend = await connect(settings(home, **environ), ["docker"])
    except BackendNotAvailable as error:
        return str(error.details["reason"])
    await backend.aclose()
    return Path(backend.address or "").stem


async def test_what_docker_s_own_programs_would_use(home: Path) -> None:
    version = telling(VERSION)
    context(home, "one", f"unix://{home}/1.sock")
    context(home, "two", f"unix://{home}/2.sock")
    async with (
        scripted_engine(home / "1.sock", version),
        scripted_engine(home / "2.sock", version),
        scripted_engine(home / "h.sock", version),
        scripted_engine(home / "docker.sock", version),
    ):
        host = {"DOCKER_HOST": f"unix://{home}/h.sock"}
        assert await where(home) == "docker"
        assert await where(home, DOCKER_CONTEXT="two") == "2"
        use(home, "one")
        assert await where(home) == "1"
        assert await where(home, DOCKER_CONTEXT="two") == "2"
        assert await where(home, DOCKER_CONTEXT="default") == "docker"
        assert await where(home, DOCKER_CONTEXT="two", **host) == "h"
        assert await where(home, DOCKER_CONTEXT="", **host) == "h"
        for name in ("default", "", None, 7):
            use(home, name)
            assert await where(home) == "docker"


async def test_another_folder_of_docker_s(home: Path) -> None:
    context(home, "one", f"unix://{home}/1.sock")
    use(home, "one")
    (home / ".docker").rename(home / "other")
    async with scripted_engine(home / "1.sock", telling(VERSION)):
        assert await where(home, DOCKER_CONFIG=str(home / "other")) == "1"


async def test_a_context_that_the_environment_names_comes_before_the_order(home: Path) -> None:
    context(home, "one", f"unix://{home}/1.sock")
    podman = {**VERSION, "Components": [{"Name": "Podman Engine", "Version": "5"}]}
    async with (
        scripted_engine(home / "1.sock", telling(VERSION)),
        scripted_engine(home / "podman.sock", telling(podman)),
    ):
        for environ, expected in (
            ({}, "podman"), ({"DOCKER_CONTEXT": "one"}, "1"), ({"DOCKER_CONTEXT": "default"}, "podman"),
            ({"DOCKER_CONTEXT": "one", "PERRY_CONTAINER_MODE": "local-first"}, "podman"),
        ):  # fmt: skip
            backend = await connect(settings(home, **environ))
            await backend.aclose()
            assert Path(backend.address or "").stem == expected, environ


async def test_what_the_engine_of_the_context_holds_is_seen_where_another_is_in_use(home: Path) -> None:
    context(home, "one", f"unix://{home}/1.sock")
    use(home, "one")
    async with (
        scripted_engine(home / "1.sock", engine(VERSION, container(**LABELS))),
        scripted_engine(home / "podman.sock", engine(PODMAN)),
    ):
        (found,) = await look(settings(home))
    assert (found.name, found.address) == ("docker", f"unix://{home}/1.sock")


async def test_a_context_that_is_not_there_is_an_error_that_names_its_file(home: Path) -> None:
    async with scripted_engine(home / "docker.sock", telling(VERSION)):
        use(home, "gone")
        (row,) = await detect(settings(home), ["docker"])
        ident = hashlib.sha256(b"gone").hexdigest()
        assert not row.available and "no context 'gone'" in row.reason
        assert str(home / ".docker/contexts/meta" / ident / "meta.json") in row.reason
        assert "docker context use default" in (row.remedy or "")
        with pytest.raises(BackendNotAvailable) as caught:
            await connect(settings(home, DOCKER_CONTEXT="away"))
        error = caught.value
        assert (
            "DOCKER_CONTEXT" in error.message and "'away'" in error.message and "unset DOCKER_CONTEXT" in error.details["remedy"]
        )
        assert error.details["variable"] == "DOCKER_CONTEXT"


async def test_a_context_whose_engine_is_away(home: Path) -> None:
    context(home, "one", f"unix://{home}/1.sock")
    use(home, "one")
    async with scripted_engine(home / "docker.sock", telling(VERSION)):
        assert await where(home) == f"unix://{home}/1.sock does not exist"


ODD = {
    "no JSON": ("{", "is not JSON"),
    "a list": ("[]", "has no address"),
    "no endpoint": ('{"Name": "odd", "Endpoints": {}}', "has no address"),
    "a number": ('{"Endpoints": {"docker": {"Host": 7}}}', "has no address"),
    "a scheme of another system": ('{"Endpoints": {"docker": {"Host": "npipe:////./pipe/x"}}}', "the scheme 'npipe'"),
    "a password": ('{"Endpoints": {"docker": {"Host": "tcp://me:s3cret@h:1"}}}', "neither a path nor a user"),
}


@pytest.mark.parametrize("case", ODD)
async def test_odd_contexts(home: Path, case: str) -> None:
    text, words = ODD[case]
    context(home, "odd", "")
    next((home / ".docker/contexts/meta").glob("*/meta.json")).write_text(text)
    use(home, "odd")
    (row,) = await detect(settings(home), ["docker"])
    assert not row.available and words in row.reason and row.remedy and "s3cret" not in row.reason + row.remedy
    assert "docker context" in row.remedy or "meta.json" in row.remedy


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"currentContext": []}', "[" * 100_000])
async def test_an_odd_configuration_says_nothing(home: Path, text: str) -> None:
    """As docker's own programs have it; what it says of registries is asked for elsewhere."""
    (home / ".docker/config.json").write_text(text)
    async with scripted_engine(home / "docker.sock", telling(VERSION)):
        assert await where(home) == "docker"


async def test_tls_of_a_context(home: Path, tmp_path: Path) -> None:
    ours = Authority.new(tmp_path / "ours")
    stranger = Authority.new(tmp_path / "stranger", "stranger")
    async with scripted_tls_engine(ours.server_context(), telling(VERSION)) as (_, port):
        host = f"tcp://127.0.0.1:{port}"
        ours.folder_of("me", context(home, "good", host))
        ours.folder_of("me", context(home, "unseen", host, SkipTLSVerify=True))
        (stranger.folder_of("me", context(home, "wrong", host)))
        context(home, "plain", host)
        assert (await detect(settings(home, DOCKER_CONTEXT="good"), ["docker"]))[0].available
        next((home / ".docker/contexts/tls").glob("*"))
        unseen = home / ".docker/contexts/tls" / hashlib.sha256(b"unseen").hexdigest() / "docker/ca.pem"
        unseen.write_bytes(stranger.certificate.read_bytes())
        assert (await detect(settings(home, DOCKER_CONTEXT="unseen"), ["docker"]))[0].available
        (row,) = await detect(settings(home, DOCKER_CONTEXT="wrong"), ["docker"])
        assert "does not vouch for" in row.reason and "contexts/tls" in (row.remedy or "")
        (row,) = await detect(settings(home, DOCKER_CONTEXT="plain"), ["docker"])
        assert not row.available
        unseen.with_name("key.pem").unlink()
        (row,) = await detect(settings(home, DOCKER_CONTEXT="unseen"), ["docker"])
        assert f"{unseen.with_name('key.pem')} does not exist" in row.reason
