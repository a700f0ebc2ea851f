"""Which proxy a host is reached through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as Go's programs (docker, podman, cosign) read them.

Pure: what the variables say is in the settings.
"""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.registry.url import BadUrl, Origin, host_of
from perry_ffi.settings import Settings


@dataclass(frozen=True, slots=True)
class Proxy:
    """authorization: the value of ``Proxy-Authorization``, or None."""

    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Proxies:
    """secure, plain: for https and http."""

    secure: Proxy | None
    plain: Proxy | None
    exceptions: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> Proxies:
        """Raises ValidationError and Unsupported, which name the variable."""
        exceptions = tuple(word.strip().lower() for word in settings.no_proxy.split(",") if word.strip())
        return cls(_proxy("HTTPS_PROXY", settings.https_proxy), _proxy("HTTP_PROXY", settings.http_proxy), exceptions)

    def for_origin(self, origin: Origin) -> Proxy | None:
        """The proxy on the way to ``origin``; never one to this machine itself."""
        proxy = self.secure if origin.secure else self.plain
        if proxy is None or origin.is_loopback or any(_covers(word, origin) for word in self.exceptions):
            return None
        return proxy


def _proxy(variable: str, text: str) -> Proxy | None:
    if not text:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        if parts.scheme in ("https", "socks5", "socks5h"):
            raise Unsupported(f"{variable}: a proxy that is spoken to with {parts.scheme} is not supported", member=variable)
        if parts.scheme != "http" or not parts.hostname:
            raise BadUrl
        host, port = host_of(parts.hostname), parts.port or 80
    except ValueError:
        raise ValidationError(f"{variable}: not the address of a proxy", path=variable, expected="http://host:port") from None
    return Proxy(host, port, _authorization(parts.username, parts.password))


def _authorization(user: str | None, password: str | None) -> str | None:
    if user is None:
        return None
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()


def _covers(word: str, origin: Origin) -> bool:
    """Whether a word of NO_PROXY means ``origin``: ``*``, a host with its subdomains, ``.subdomains``, an address or a block of them."""
    if word == "*":
        return True
    if (block := _block(word)) is not None:
        address = _address(origin.host)
        return address is not None and address in block
    host, port = _without_port(word)
    if port is not None and port != origin.port:
        return False
    if (wanted := _address(host)) is not None:
        return wanted == _address(origin.host)
    host = host.removeprefix("*")
    if host.startswith("."):
        return origin.host.endswith(host)
    return origin.host == host or origin.host.endswith(f".{host}")


def _without_port(word: str) -> tuple[str, int | None]:
    if _address(word) is not None:
        return word, None
    host, sign, port = word.rpartition(":")
    if not sign or not port.isascii() or not port.isdecimal():
        return word.strip("[]"), None
    return host.strip("[]"), int(port)


def _block(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if "/" not in word:
        return None
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
