"""The user's credentials for a registry, as docker and podman store them.

Files: ``$REGISTRY_AUTH_FILE``, ``$XDG_RUNTIME_DIR/containers/auth.json``, ``~/.config/containers/auth.json``
(containers-auth.json(5)), and ``config.json`` in ``$DOCKER_CONFIG`` or ``~/.docker``. A file's ``credHelpers`` and
``credsStore`` name programs ``docker-credential-<name>`` that are asked over their stdin. No secret and no
text of these files ever gets into an error.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.files import open_file
from perry_ffi.process.program import find_program, run_program
from perry_ffi.settings import Settings

HUB = "docker.io"
HUB_KEY = "https://index.docker.io/v1/"
HELPER_TIMEOUT = 30.0
MAX_FILE = 4 * 1024 * 1024
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")


@dataclass(frozen=True, repr=False)
class Credential:
    """A user and password, or an identity token, of one registry."""

    server: str
    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.server!r})"

    def to_engine(self) -> dict[str, str]:
        """The engine API's AuthConfig."""
        fields = {
            "username": self.username, "password": self.password,
            "identitytoken": self.identity_token, "serveraddress": self.server,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value}


def header(value: Mapping[str, Any]) -> str:
    """The value of ``X-Registry-Auth`` or ``X-Registry-Config``: base64 (URL alphabet) of JSON."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


class CredentialStore:
    """Looks into the user's files at each question: a login made meanwhile counts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def find(self, registry: str, repository: str = "", *, podman_first: bool = False) -> Credential | None:
        """The credential for ``registry`` (``docker.io``, ``host:5000``), or None: the request goes out anonymously.

        ``repository`` is the path below the registry, for files that keep one for a part of a registry.
        Raises ValidationError for a file that cannot be read, BackendError if a helper fails.
        """
        for path in self._files(podman_first):
            config = _read(path)
            if config is None:
                continue
            found = await self._in_file(config, path, registry, repository)
            if found is not None:
                return found
        return None

    async def all(self, *, podman_first: bool = False) -> dict[str, Credential]:
        """Every credential the files name, by registry, for a build that may pull from any of them."""
        found: dict[str, Credential] = {}
        for path in self._files(podman_first):
            config = _read(path) or {}
            for key in (*_table(config, "auths", path), *_table(config, "credHelpers", path)):
                registry, _, repository = _normal(key).partition("/")
                if key not in found and (entry := await self._in_file(config, path, registry, repository)):
                    found[key] = entry
        return found

    def _files(self, podman_first: bool) -> Iterator[Path]:
        settings = self._settings
        if settings.registry_auth_file:
            yield settings.registry_auth_file
        podman = [settings.home / ".config" / "containers" / "auth.json"]
        if settings.runtime_dir:
            podman.insert(0, settings.runtime_dir / "containers" / "auth.json")
        docker = [(settings.docker_config or settings.home / ".docker") / "config.json"]
        yield from podman + docker if podman_first else docker + podman

    async def _in_file(self, config: Mapping[str, Any], path: Path, registry: str, repository: str) -> Credential | None:
        helpers = _table(config, "credHelpers", path)
        helper = next((value for key, value in helpers.items() if _normal(key) == registry), None)
        if helper is None and (store := config.get("credsStore")):
            helper = store
        if helper is not None:
            found = await self._ask_helper(helper, path, registry)
            if found is not None:
                return found
        return _stored(_table(config, "auths", path), path, registry, repository)

    async def _ask_helper(self, helper: Any, path: Path, registry: str) -> Credential | None:
        if not isinstance(helper, str) or not _HELPER_NAME.match(helper):
            raise _unreadable(path, "the name of a credential helper is a word")
        program = find_program(f"docker-credential-{helper}", self._settings.search_path)
        if program is None:
            raise BackendError(
                f"{path}: the credential helper docker-credential-{helper} is not installed",
                file=str(path), remedy=f"install docker-credential-{helper}, or remove it from the file",
            )  # fmt: skip
        server = HUB_KEY if registry == HUB else registry
        done = await run_program(
            [program, "get"],
            env=self._settings.environ,
            timeout=HELPER_TIMEOUT,
            stdin=server.encode(),
            max_output=1 << 20,
        )
        if done.exit_code != 0:
            if b"credentials not found" in done.stdout + done.stderr:
                return None
            raise BackendError(f"the credential helper docker-credential-{helper} failed for {registry}", exitCode=done.exit_code)
        return _helper_answer(done.stdout, helper, server)


def _helper_answer(stdout: bytes, helper: str, server: str) -> Credential | None:
    try:
        answer = json.loads(stdout)
        username, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BackendError(f"the credential helper docker-credential-{helper} gives an unreadable answer") from None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise BackendError(f"the credential helper docker-credential-{helper} gives an unreadable answer")
    if username == "<token>":
        return Credential(server, identity_token=secret)
    return Credential(server, username, secret) if username or secret else None


# -- files --------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with open_file(str(path)) as file:
            text = file.read(MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from None
    if not text.strip():
        return None
    try:
        config = json.loads(text) if len(text) <= MAX_FILE else None
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise _unreadable(path, "it is not a JSON object")
    return config


def _unreadable(path: Path, why: str) -> ValidationError:
    return ValidationError(f"{path}: {why}", file=str(path), expected="a registry configuration of docker or podman")


def _table(config: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    table = config.get(name)
    if table is None:
        return {}
    if not isinstance(table, dict):
        raise _unreadable(path, f"{name} is not an object")
    return table


def _normal(key: str) -> str:
    """A key without its scheme and API path, Docker Hub by one name: ``host[:port][/path]``."""
    bare = re.sub(r"^https?://", "", key).rstrip("/")
    bare = re.sub(r"/v[12]$", "", bare)
    return re.sub(r"^(?:index|registry-1)\.docker\.io", HUB, bare)


def _stored(auths: Mapping[str, Any], path: Path, registry: str, repository: str) -> Credential | None:
    """The entry of the longest key that is the registry, or a part of it that holds the repository."""
    wanted = f"{registry}/{repository}".rstrip("/") + "/"
    fitting = [key for key in auths if _normal(key) == registry or wanted.startswith(_normal(key) + "/")]
    for key in sorted(fitting, key=lambda item: len(_normal(item)), reverse=True):
        if found := _entry(auths[key], path, HUB_KEY if registry == HUB else registry):
            return found
    return None


def _entry(entry: Any, path: Path, server: str) -> Credential | None:
    if not isinstance(entry, dict):
        raise _unreadable(path, "an entry of auths is not an object")
    fields = {name: entry.get(name) or "" for name in ("auth", "username", "password", "identitytoken")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise _unreadable(path, "an entry of auths holds something that is not text")
    username, password = fields["username"], fields["password"]
    if fields["auth"]:
        try:
            text = base64.b64decode(fields["auth"], validate=True).decode()
        except (binascii.Error, ValueError):
            raise _unreadable(path, "an auth of auths is not base64") from None
        username, _, password = text.partition(":")
        password = password.rstrip("\0")
    if not (username or password or fields["identitytoken"]):
        return None
    return Credential(server, username, password, fields["identitytoken"])
