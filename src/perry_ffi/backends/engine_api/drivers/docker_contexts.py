"""Docker's contexts: names for servers, which docker's own programs keep in files (docker CLI: "Manage contexts").

``config.json`` says which one is in use; a context's ``meta.json`` has its address, and beside it lies what TLS needs. They
are read as docker reads them: a name without its file is an error, and nothing stands in for it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perry_ffi.backends.engine_api.transport.tls import Tls
from perry_ffi.net.refusal import Unreachable
from perry_ffi.settings import Settings

DEFAULT = "default"
"""The context that is in no file: the usual sockets."""
_LARGEST = 4 * 1024 * 1024
_SHOW = "'docker context ls' shows which there are, 'docker context use default' goes back to the usual sockets"


def current(settings: Settings) -> str | None:
    """The context in use by ``config.json``, None where that is the default, or the file says nothing that can be read."""
    try:
        name = _of(_read(_folder(settings) / "config.json"), "currentContext")
    except Unreachable:  # docker's own programs do without such a file
        return None
    return name if isinstance(name, str) and name not in ("", DEFAULT) else None


def address(settings: Settings, name: str) -> tuple[str, Tls | None]:
    """Where the context ``name`` leads, and what TLS needs there. Raises Unreachable."""
    import hashlib  # not for those who use none

    store, ident = _folder(settings) / "contexts", hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    path = store / "meta" / ident / "meta.json"
    document = _read(path)
    if document is None:
        raise Unreachable(f"docker has no context {name!r}: {path} does not exist", _SHOW)
    endpoint = _of(document, "Endpoints", "docker")
    host = endpoint.get("Host") if isinstance(endpoint, dict) else None
    if not isinstance(host, str) or not host:
        raise Unreachable(f"docker's context {name!r} has no address: {path}", f"remove it: docker context rm {name}; {_SHOW}")
    return host, _tls(store / "tls" / ident / "docker", skip=endpoint.get("SkipTLSVerify") is True)


def _tls(folder: Path, *, skip: bool) -> Tls | None:
    """docker speaks TLS where the store has something for it, or is told not to look at certificates."""
    found = Tls.of_folder(folder, verify=not skip)
    return found if skip or found.ca or found.certificate else None


def _folder(settings: Settings) -> Path:
    return settings.docker_config or settings.home / ".docker"


def _of(document: Any, *names: str) -> Any:
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _read(path: Path) -> Any:
    """The JSON document of ``path``, None where no file is."""
    try:
        with path.open("rb") as file:
            return json.loads(file.read(_LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}", f"make {path} readable for this user") from None
    except (ValueError, RecursionError):
        raise Unreachable(f"{path} is not JSON", f"mend or remove {path}") from None
