"""Credentials as docker and podman store them, and what never leaks."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendError, ContainerError, ValidationError
from perry_ffi.registry.credentials import Credential, CredentialStore, header
from perry_ffi.settings import Settings

pytestmark = pytest.mark.anyio
SECRET = "hunter2:with:colons"


def auth(user: str = "me", password: str = SECRET) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".docker").mkdir()
    (tmp_path / "run" / "containers").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    return tmp_path


def store(home: Path, **environ: str) -> CredentialStore:
    base = {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PATH": f"{home / 'bin'}:/usr/bin:/bin"}
    return CredentialStore(Settings.from_environ({**base, **environ}))


def write(path: Path, value: Any) -> None:
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def helper(home: Path, name: str, script: str) -> None:
    path = home / "bin" / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


async def test_nothing_is_stored(home: Path) -> None:
    assert await store(home).find("docker.io") is None


@pytest.mark.parametrize("key", ["r.example:5000", "https://r.example:5000", "http://r.example:5000/v2/", "r.example:5000/"])
async def test_keys_with_and_without_a_scheme(home: Path, key: str) -> None:
    write(home / ".docker" / "config.json", {"auths": {"other": auth("no"), key: auth()}})
    found = await store(home).find("r.example:5000", "team/app")
    assert found == Credential("r.example:5000", "me", SECRET)
    assert await store(home).find("r.example", "team/app") is None


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
async def test_the_hub_by_each_of_its_names(home: Path, key: str) -> None:
    write(home / ".docker" / "config.json", {"auths": {key: auth()}})
    found = await store(home).find("docker.io", "library/alpine")
    assert found and found.server == "https://index.docker.io/v1/" and found.password == SECRET


async def test_the_longest_part_of_a_registry_counts(home: Path) -> None:
    write(home / "run" / "containers" / "auth.json", {"auths": {"r.io": auth("all"), "r.io/team": auth("team")}})
    found = store(home).find
    assert (await found("r.io", "team/app")).username == "team"  # type: ignore[union-attr]
    assert (await found("r.io", "teams/app")).username == "all"  # type: ignore[union-attr]


async def test_the_order_of_the_files(home: Path) -> None:
    write(home / ".docker" / "config.json", {"auths": {"r.io": auth("docker")}})
    write(home / "run" / "containers" / "auth.json", {"auths": {"r.io": auth("podman")}})
    write(home / "given.json", {"auths": {"r.io": auth("given")}})
    assert (await store(home).find("r.io")).username == "docker"  # type: ignore[union-attr]
    assert (await store(home).find("r.io", podman_first=True)).username == "podman"  # type: ignore[union-attr]
    given = store(home, REGISTRY_AUTH_FILE=str(home / "given.json"))
    assert (await given.find("r.io", podman_first=True)).username == "given"  # type: ignore[union-attr]


async def test_tokens_and_plain_members(home: Path) -> None:
    table = {"a.io": {"identitytoken": "tok"}, "b.io": {"username": "u", "password": "p"}, "c.io": {}}
    write(home / ".docker" / "config.json", {"auths": table})
    assert (await store(home).find("a.io")).to_engine() == {"identitytoken": "tok", "serveraddress": "a.io"}  # type: ignore[union-attr]
    assert (await store(home).find("b.io")).username == "u"  # type: ignore[union-attr]
    assert await store(home).find("c.io") is None
    assert set(await store(home).all()) == {"a.io", "b.io"}


async def test_helpers(home: Path) -> None:
    helper(home, "one", f'read s; echo "$s" > {home}/asked; echo "{{\\"Username\\":\\"h\\",\\"Secret\\":\\"$s!\\"}}"')
    helper(home, "token", 'echo \'{"Username":"<token>","Secret":"t0k"}\'')
    helper(home, "none", "echo credentials not found in native keychain; exit 1")
    config = {"credsStore": "none", "credHelpers": {"one.io": "one", "tok.io": "token"}, "auths": {"plain.io": auth()}}
    write(home / ".docker" / "config.json", config)
    found = store(home).find
    assert await found("one.io") == Credential("one.io", "h", "one.io!")
    assert (home / "asked").read_text() == "one.io\n"
    assert (await found("tok.io")).identity_token == "t0k"  # type: ignore[union-attr]
    assert (await found("plain.io")).username == "me"  # type: ignore[union-attr]
    assert await found("elsewhere.io") is None


@pytest.mark.parametrize("script", [f"echo {SECRET}; exit 3", f"echo {SECRET}", f'echo \'{{"Username":1,"Secret":"{SECRET}"}}\''])
async def test_a_helper_that_fails_tells_no_secret(home: Path, script: str) -> None:
    helper(home, "bad", script)
    write(home / ".docker" / "config.json", {"credsStore": "bad"})
    with pytest.raises(BackendError) as caught:
        await store(home).find("r.io")
    assert SECRET not in json.dumps(caught.value.to_dict())


@pytest.mark.parametrize("name", ["../../bin/sh", "a b", "-x", "$(id)", "missing", "", 7])
async def test_names_of_helpers_are_words(home: Path, name: object) -> None:
    write(home / ".docker" / "config.json", {"credHelpers": {"r.io": name}})
    with pytest.raises(ContainerError) as caught:
        await store(home).find("r.io")
    assert isinstance(caught.value, (ValidationError, BackendError))


@pytest.mark.parametrize(
    "text",
    [
        f"{SECRET} is no JSON", "[1]", '{"auths": 7}', json.dumps({"auths": {"r.io": SECRET}}),
        json.dumps({"auths": {"r.io": {"auth": SECRET}}}), '{"auths": {"r.io": {"password": 7}}}', "[" * 100_000,
    ],
)  # fmt: skip
async def test_unreadable_files_are_named_and_not_shown(home: Path, text: str) -> None:
    path = home / ".docker" / "config.json"
    write(path, text)
    with pytest.raises(ValidationError) as caught:
        await store(home).find("r.io")
    assert caught.value.details["file"] == str(path) and SECRET not in json.dumps(caught.value.to_dict())


async def test_nobody_waits_for_a_named_pipe(home: Path) -> None:
    os.mkfifo(home / ".docker" / "config.json")
    assert await store(home).find("r.io") is None


async def test_an_empty_file_is_an_empty_store(home: Path) -> None:
    write(home / ".docker" / "config.json", "")
    assert await store(home).find("r.io") is None


def test_the_header_is_base64_of_json_and_a_credential_shows_nothing() -> None:
    credential = Credential("r.io", "me", SECRET)
    assert json.loads(base64.urlsafe_b64decode(header(credential.to_engine())))["password"] == SECRET
    assert SECRET not in repr(credential) and SECRET not in str(credential)
    assert os.sep not in header({"a": "\xff?>"})
