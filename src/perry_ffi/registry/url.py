"""Addresses that a registry names: where to look instead, where tokens are, the next page. Strict, for they are another's words."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from perry_ffi.registry.limits import MAX_URL

_TEXT = re.compile(r"[!-~]+\Z")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?\.?\Z")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom is spoken to. host: in lower case, an IPv6 address without brackets."""

    secure: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """As a Host header has it: without the port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine by its name or address."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.authority}"


@dataclass(frozen=True, slots=True)
class Url:
    """target: path and query."""

    origin: Origin
    target: str

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"


class BadUrl(ValueError):
    """What an address may not be. The message has nothing of it: signed addresses are secrets."""


def parse_url(text: str, base: Url | None = None) -> Url:
    """The address ``text``, which ``base`` may complete. Raises BadUrl: another scheme, a user in it, odd characters."""
    if len(text) > MAX_URL or not _TEXT.match(text):
        raise BadUrl("an address that is none")
    try:
        parts = urlsplit(urljoin(str(base), text) if base is not None else text)
        port = parts.port
    except ValueError:
        raise BadUrl("an address that is none") from None
    if parts.scheme not in ("http", "https"):
        raise BadUrl("an address that is neither https nor http")
    if "@" in parts.netloc or not parts.hostname:
        raise BadUrl("an address with a user in it" if parts.hostname else "an address without a host")
    secure = parts.scheme == "https"
    host = host_of(parts.hostname)
    return Url(
        Origin(secure, host, port or (443 if secure else 80)), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    )


def host_of(text: str) -> str:
    """A host by one spelling: lower case, an address as it is written shortest. Raises BadUrl."""
    host = text.lower()
    try:
        return str(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        if not _HOST.match(host):
            raise BadUrl("a host that is none") from None
        return host


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by its name or its address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or (mapped or address).is_unspecified)
