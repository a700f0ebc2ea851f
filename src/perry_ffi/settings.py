"""The only reader of the process environment: read once, into a frozen value, handed to whoever needs it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perry_ffi import drivers
from perry_ffi.errors import ValidationError

DEFAULT_ENGINE_TIMEOUT = 60.0
DEFAULT_PROBE_TIMEOUT = 2.0

MACHINE_TRUST_POLICY = Path("/etc/perry-container/trust.json")

SERVER_FIRST, LOCAL_FIRST = "server-first", "local-first"
"""What PERRY_CONTAINER_MODE may say."""


@dataclass(frozen=True)
class Settings:
    """What the environment says.

    backends: names of PERRY_CONTAINER_BACKEND (one, or several with commas), in order; empty means the platform's order.
    mode: PERRY_CONTAINER_MODE, whether a server that the environment names comes before the order: always, never, or (empty)
    unless PERRY_CONTAINER_BACKEND has an order.
    servers: the servers that the environment names (by an address, or by a name that the engine's own files explain), by the
    variable that does.
    docker_context: DOCKER_CONTEXT, also where it says ``default``.
    docker_tls: DOCKER_TLS or DOCKER_TLS_VERIFY: a tcp:// address in DOCKER_HOST is spoken to with TLS; docker_tls_verify: and
    has to show that it is trusted. docker_cert_path: where the files for it are.
    podman_connections: PODMAN_CONNECTIONS_CONF, podman's file of connections; podman_conf: CONTAINERS_CONF, its configuration;
    podman_ssh_key: CONTAINER_SSHKEY, for CONTAINER_HOST. podman_cert_path: PERRY_CONTAINER_CERT_PATH, the files for TLS to a
    tcp:// address in CONTAINER_HOST; podman has options for them, and no variable.
    config_home: where the user's programs keep their configuration.
    engine_paths: PERRY_CONTAINER_HOST_PATHS=engine, host paths in mounts are the engine's machine's, whatever this one has.
    engine_timeout: seconds an engine may stay silent inside one call (PERRY_CONTAINER_ENGINE_TIMEOUT, default 60).
    probe_timeout: seconds for one probe of detection (PERRY_CONTAINER_PROBE_TIMEOUT, default 2).
    https_proxy, http_proxy, no_proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, or the same in small letters, for registries.
    ssl_cert_file, ssl_cert_dirs: SSL_CERT_FILE and SSL_CERT_DIR, whom registries are trusted by instead of by the system's list.
    ssh_agent: the socket of the user's ssh agent (SSH_AUTH_SOCK), for builds that ask for it.
    trust_policy: PERRY_CONTAINER_TRUST_POLICY, the machine's policy for signatures of images; absent: ``trust_policies``, the first
    that is there. trust_cache: where evidence is kept (PERRY_CONTAINER_TRUST_CACHE), None where that is ``off``. signatures:
    PERRY_CONTAINER_SIGNATURES, a folder with more of it, which is only read.
    swarm_nodes: PERRY_SWARM_NODES, where the engines of a swarm's nodes are, by the nodes' names.
    allow_shared_kernel: PERRY_ALLOW_UNTRUSTED_SHARED_KERNEL=1 and nothing else: workload nodes of the tier ``untrusted`` may share
    the host's kernel where no runtime gives them one of their own.
    environ: the whole mapping, a copy, for child processes and interpolation.
    platform: the operating system, as ``sys.platform`` names it.
    """

    backends: tuple[str, ...] = ()
    mode: str = ""
    servers: Mapping[str, str] = field(default_factory=dict)
    engine_paths: bool = False
    engine_timeout: float = DEFAULT_ENGINE_TIMEOUT
    probe_timeout: float = DEFAULT_PROBE_TIMEOUT
    home: Path = Path("/")
    runtime_dir: Path | None = None
    docker_config: Path | None = None
    docker_context: str = ""
    docker_tls: bool = False
    docker_tls_verify: bool = False
    docker_cert_path: Path | None = None
    podman_connections: Path | None = None
    podman_conf: Path | None = None
    podman_ssh_key: Path | None = None
    podman_cert_path: Path | None = None
    config_home: Path = Path("/.config")
    registry_auth_file: Path | None = None
    https_proxy: str = field(default="", repr=False)
    http_proxy: str = field(default="", repr=False)
    no_proxy: str = ""
    ssl_cert_file: Path | None = None
    ssl_cert_dirs: tuple[Path, ...] = ()
    ssh_agent: str | None = None
    trust_policy: Path | None = None
    trust_policies: tuple[Path, ...] = ()
    trust_cache: Path | None = None
    signatures: Path | None = None
    swarm_nodes: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_shared_kernel: bool = False
    search_path: str = "/usr/local/bin:/usr/bin:/bin"
    environ: Mapping[str, str] | None = None
    platform: str = sys.platform

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], *, platform: str = sys.platform) -> Settings:
        """Reads ``environ`` of a process on ``platform``; raises ValidationError, naming the variable, for a value that cannot be meant."""
        home = Path(environ.get("HOME") or "/")
        mode = _word(environ, "PERRY_CONTAINER_MODE", (SERVER_FIRST, LOCAL_FIRST))
        config_home = _path(environ, "XDG_CONFIG_HOME") or home / ".config"
        docker_config = _path(environ, "DOCKER_CONFIG") or home / ".docker"
        verify = bool(environ.get("DOCKER_TLS_VERIFY"))
        return cls(
            backends=_names(environ.get("PERRY_CONTAINER_BACKEND", "")),
            mode=mode,
            servers=drivers.named_servers(environ),
            engine_paths=_word(environ, "PERRY_CONTAINER_HOST_PATHS", ("engine",)) == "engine",
            engine_timeout=_seconds(environ, "PERRY_CONTAINER_ENGINE_TIMEOUT", DEFAULT_ENGINE_TIMEOUT),
            probe_timeout=_seconds(environ, "PERRY_CONTAINER_PROBE_TIMEOUT", DEFAULT_PROBE_TIMEOUT),
            home=home,
            runtime_dir=_path(environ, "XDG_RUNTIME_DIR"),
            docker_config=docker_config,
            docker_context=environ.get("DOCKER_CONTEXT", ""),
            docker_tls=verify or bool(environ.get("DOCKER_TLS")),
            docker_tls_verify=verify,
            docker_cert_path=_path(environ, "DOCKER_CERT_PATH") or docker_config,
            podman_connections=_path(environ, "PODMAN_CONNECTIONS_CONF"),
            podman_conf=_path(environ, "CONTAINERS_CONF"),
            podman_ssh_key=_path(environ, "CONTAINER_SSHKEY"),
            podman_cert_path=_path(environ, "PERRY_CONTAINER_CERT_PATH"),
            config_home=config_home,
            registry_auth_file=_path(environ, "REGISTRY_AUTH_FILE"),
            https_proxy=_either(environ, "HTTPS_PROXY"),
            http_proxy="" if "REQUEST_METHOD" in environ else _either(environ, "HTTP_PROXY"),  # CGI: there it is a header's value
            no_proxy=_either(environ, "NO_PROXY"),
            ssl_cert_file=_path(environ, "SSL_CERT_FILE"),
            ssl_cert_dirs=tuple(Path(name) for name in environ.get("SSL_CERT_DIR", "").split(":") if name),
            ssh_agent=environ.get("SSH_AUTH_SOCK") or None,
            trust_policy=_path(environ, "PERRY_CONTAINER_TRUST_POLICY"),
            trust_policies=(config_home / "perry-container/trust.json", MACHINE_TRUST_POLICY),
            trust_cache=_trust_cache(environ, home),
            signatures=_path(environ, "PERRY_CONTAINER_SIGNATURES"),
            swarm_nodes=_addresses(environ, "PERRY_SWARM_NODES"),
            allow_shared_kernel=environ.get("PERRY_ALLOW_UNTRUSTED_SHARED_KERNEL") == "1",
            search_path=environ.get("PATH") or cls.search_path,
            environ=dict(environ),
            platform=platform,
        )


def _word(environ: Mapping[str, str], name: str, words: Sequence[str]) -> str:
    value = environ.get(name, "")
    if value and value not in words:
        what = name.removeprefix("PERRY_CONTAINER_").lower().replace("_", " ")
        raise ValidationError(f"{name}: unknown {what} {value!r}", path=name, expected=" or ".join(words))
    return value


def _addresses(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """``name=address`` pairs with commas between them; the text is kept out of the error, for it may hold a password."""
    found: dict[str, str] = {}
    for number, text in enumerate(_names(environ.get(name, "")), 1):
        node, sign, address = (part.strip() for part in text.partition("="))
        if not node or not sign or "://" not in address or node in found:
            expected = "NODE=ADDRESS pairs with commas between them, an address with unix://, tcp:// or ssh://"
            raise ValidationError(f"{name}: entry {number} cannot be read", path=name, expected=expected)
        found[node] = address
    return found


def _either(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.lower()) or ""


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    return Path(text) if text else None


def _trust_cache(environ: Mapping[str, str], home: Path) -> Path | None:
    text = environ.get("PERRY_CONTAINER_TRUST_CACHE", "")
    if text == "off":
        return None
    return Path(text) if text else (_path(environ, "XDG_CACHE_HOME") or home / ".cache") / "perry-container/signatures"


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
