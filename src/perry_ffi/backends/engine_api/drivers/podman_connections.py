"""Podman's connections: names for servers, which ``podman system connection`` keeps in files.

Since version 5 that is ``podman-connections.json``; before it was ``containers.conf``, which still counts after it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perry_ffi.net.refusal import Unreachable
from perry_ffi.settings import Settings

_SHOW = "'podman system connection list' shows which there are"
_SYSTEM = (Path("/etc/containers/containers.conf"), Path("/usr/share/containers/containers.conf"))


@dataclass(frozen=True)
class Connection:
    """Where one leads. identity: the key for ssh. machine: to a virtual machine of podman's own, whose host key is new each time.

    tls: for a tcp:// address, from podman 5.7 on: the authority's certificate, one for this side, and its key.
    """

    uri: str
    identity: Path | None = None
    machine: bool = False
    tls: tuple[Path | None, Path | None, Path | None] = (None, None, None)


def default(settings: Settings) -> str | None:
    """The name of the connection that podman's own programs use where they are remote ones."""
    return next((name for name, _ in _sources(settings) if name), None)


def named(settings: Settings, name: str) -> Connection:
    """The connection ``name``. Raises Unreachable."""
    for _, connections in _sources(settings):
        found = connections.get(name)
        if found is None:
            continue
        uri = _member(found, "URI", "uri")
        if not isinstance(uri, str) or not uri:
            raise Unreachable(
                f"podman's connection {name!r} has no address", f"remove it: podman system connection remove {name}"
            )
        tls = _path(found, "TLSCA", "tls_ca"), _path(found, "TLSCert", "tls_cert"), _path(found, "TLSKey", "tls_key")
        return Connection(uri, _path(found, "Identity", "identity"), _member(found, "IsMachine", "is_machine") is True, tls)
    looked = ", ".join(str(path) for path in (_file(settings), *_configurations(settings)))
    raise Unreachable(f"podman has no connection {name!r} (in {looked})", _SHOW)


def _sources(settings: Settings) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """The default's name and the connections of each file that is there, the one first that counts."""
    document = _read(_file(settings), json.loads)
    yield _text(document, "Connection", "Default"), _table(document, "Connection", "Connections")
    for path in _configurations(settings):
        document = _read(path, tomllib.loads)
        yield _text(document, "engine", "active_service"), _table(document, "engine", "service_destinations")


def _file(settings: Settings) -> Path:
    return settings.podman_connections or settings.config_home / "containers/podman-connections.json"


def _configurations(settings: Settings) -> tuple[Path, ...]:
    if settings.podman_conf is not None:
        return (settings.podman_conf,)
    return (settings.config_home / "containers/containers.conf", *_SYSTEM)


def _read(path: Path, loads: Any) -> Any:
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}", f"make {path} readable for this user") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"{path} is not what podman writes there", f"mend or remove {path}") from None


def _of(document: Any, *names: str) -> Any:
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _text(document: Any, *names: str) -> str | None:
    found = _of(document, *names)
    return found if isinstance(found, str) and found else None


def _table(document: Any, *names: str) -> dict[str, Any]:
    found = _of(document, *names)
    return found if isinstance(found, dict) else {}


def _path(found: Any, *names: str) -> Path | None:
    said = _member(found, *names)
    return Path(said) if isinstance(said, str) and said else None


def _member(found: Any, *names: str) -> Any:
    return next((found[name] for name in names if isinstance(found, dict) and name in found), None)
