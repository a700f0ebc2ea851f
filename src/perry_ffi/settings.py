"""The only reader of the process environment: read once, into a frozen value, handed to whoever needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perry_ffi import drivers
from perry_ffi.errors import ValidationError

DEFAULT_ENGINE_TIMEOUT = 60.0
DEFAULT_PROBE_TIMEOUT = 2.0

SERVER_FIRST, LOCAL_FIRST = "server-first", "local-first"
"""What PERRY_CONTAINER_MODE may say."""


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    backends: names of PERRY_CONTAINER_BACKEND (one, or several with commas), in order; empty means the platform's order.
    mode: PERRY_CONTAINER_MODE, whether a server that the environment names comes before the order: always, never, or (empty)
    unless PERRY_CONTAINER_BACKEND has an order.
    servers: the servers that the environment names (``unix:///path`` or ``tcp://host:port``), by the variable that does.
    engine_timeout: seconds an engine may stay silent inside one call (PERRY_CONTAINER_ENGINE_TIMEOUT, default 60).
    probe_timeout: seconds for one probe of detection (PERRY_CONTAINER_PROBE_TIMEOUT, default 2).
    ssh_agent: the socket of the user's ssh agent (SSH_AUTH_SOCK), for builds that ask for it.
    environ: the whole mapping, a copy, for child processes and interpolation.
    """

    backends: tuple[str, ...] = ()
    mode: str = ""
    servers: Mapping[str, str] = field(default_factory=dict)
    engine_timeout: float = DEFAULT_ENGINE_TIMEOUT
    probe_timeout: float = DEFAULT_PROBE_TIMEOUT
    home: Path = Path("/")
    runtime_dir: Path | None = None
    docker_config: Path | None = None
    registry_auth_file: Path | None = None
    ssh_agent: str | None = None
    search_path: str = "/usr/local/bin:/usr/bin:/bin"
    environ: Mapping[str, str] | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Reads ``environ``; raises ValidationError, naming the variable, for a value that cannot be meant."""
        home = Path(environ.get("HOME") or "/")
        mode = environ.get("PERRY_CONTAINER_MODE", "")
        if mode not in ("", SERVER_FIRST, LOCAL_FIRST):
            raise ValidationError(
                f"PERRY_CONTAINER_MODE: unknown mode {mode!r}",
                path="PERRY_CONTAINER_MODE", expected=f"{SERVER_FIRST} or {LOCAL_FIRST}",
            )  # fmt: skip
        runtime = environ.get("XDG_RUNTIME_DIR")
        auth = environ.get("REGISTRY_AUTH_FILE")
        return cls(
            backends=_names(environ.get("PERRY_CONTAINER_BACKEND", "")),
            mode=mode,
            servers={row.variable: url for row in drivers.SERVERS if (url := environ.get(row.variable))},
            engine_timeout=_seconds(environ, "PERRY_CONTAINER_ENGINE_TIMEOUT", DEFAULT_ENGINE_TIMEOUT),
            probe_timeout=_seconds(environ, "PERRY_CONTAINER_PROBE_TIMEOUT", DEFAULT_PROBE_TIMEOUT),
            home=home,
            runtime_dir=Path(runtime) if runtime else None,
            docker_config=Path(environ["DOCKER_CONFIG"]) if environ.get("DOCKER_CONFIG") else home / ".docker",
            registry_auth_file=Path(auth) if auth else None,
            ssh_agent=environ.get("SSH_AUTH_SOCK") or None,
            search_path=environ.get("PATH") or cls.search_path,
            environ=dict(environ),
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 86_400:
        raise ValidationError(f"{name}: not a number of seconds: {text!r}", path=name, expected="0 < seconds < 86400")
    return value
