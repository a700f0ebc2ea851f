"""What docker's files and the environment say of servers. Addresses stay out of what is told: they may hold a password."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.doctor.facts import Configuration
from perry_ffi.net.refusal import Unreachable

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

_LARGEST = 4 * 1024 * 1024


def read_configuration(settings: Settings) -> tuple[Configuration, dict[str, str]]:
    """It, and the sockets that it names: their paths by who names them."""
    problem, document = _file((settings.docker_config or settings.home / ".docker") / "config.json")
    current = document.get("currentContext") if isinstance(document, dict) else None
    by = "DOCKER_CONTEXT" if settings.docker_context else "currentContext"
    name = settings.docker_context or (current if isinstance(current, str) else "")
    schemes = {variable: _scheme(variable, said) for variable, said in settings.servers.items()}
    named = {variable: said[7:] for variable, said in settings.servers.items() if said.startswith("unix:///")}
    context_problem = ""
    if "DOCKER_HOST" in settings.servers or name in ("", docker_contexts.DEFAULT):
        name = ""
    else:
        try:
            address, _ = docker_contexts.address(settings, name)
            if address.startswith("unix:///"):
                named[f"context {name!r}"] = address[7:]
        except Unreachable as error:
            context_problem = error.refusal.reason
    found = Configuration(problem, name, by if name else "", context_problem, schemes, _tls_missing(settings))
    return found, named


def _file(path: Path) -> tuple[str, Any]:
    """What is wrong with the file, and its document; neither where it is not there."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return "", None
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}", None
    except (ValueError, RecursionError):
        return f"{path} is not JSON", None
    return ("", document) if isinstance(document, dict) else (f"{path} is no JSON object", None)


def _scheme(variable: str, said: str) -> str:
    """Of an address its scheme; ``name`` where the variable has a name of the engine's own."""
    if variable in ("DOCKER_CONTEXT", "CONTAINER_CONNECTION"):
        return "name"
    found = re.match(r"([a-z]{1,16}):", said)
    return found[1] if found else "tcp"


def _tls_missing(settings: Settings) -> tuple[str, ...]:
    """The files that DOCKER_TLS_VERIFY needs for a server of DOCKER_HOST, and that are not there."""
    if not settings.docker_tls_verify or not settings.servers.get("DOCKER_HOST", "").startswith("tcp:"):
        return ()
    folder = settings.docker_cert_path or settings.home / ".docker"
    return tuple(str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem") if not (folder / name).is_file())
