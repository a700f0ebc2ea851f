"""The short syntax of a port: ``[ip:][published:]target[/protocol]``, with ranges."""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.fault import fault

_FORM = "[ip:][published:]target[/protocol]"


def parse_port(text: str, path: str) -> list[dict[str, Any]]:
    """The long forms of a short port, one for each port of a range. Raises ValidationError at ``path``.

    A range of published ports for a single target is kept as a range. The order
    is that of the targets as text, as docker compose lists them.
    """
    parts = text.split(":")
    target, host = parts[-1], parts[-2] if len(parts) > 1 else ""
    ip = _address(":".join(parts[:-2]), path)
    target, protocol, *_ = [*target.split("/"), ""]
    protocol = (protocol or "tcp").lower()
    if not target or protocol not in ("tcp", "udp", "sctp"):
        raise fault(path, f"{text!r} is not a port" if not target else f"{protocol!r} is not a protocol", _FORM)
    first, last = _range(target, path)
    if first == 0:
        raise fault(path, "the target port is 0", _FORM)
    if not host:
        published = [""] * (last - first + 1)
    else:
        published = _published(host, last - first + 1, path)
    rows = [
        {"mode": "ingress", "target": first + index, "protocol": protocol, "published": text_, "host_ip": ip}
        for index, text_ in enumerate(published)
    ]
    rows.sort(key=lambda row: f"{row['target']}/{protocol}")
    return [{key: value for key, value in row.items() if value != ""} for row in rows]


def _published(host: str, count: int, path: str) -> list[str]:
    first, last = _range(host, path)
    if last - first + 1 != count:
        if count != 1:
            raise fault(path, "the ranges of published and target ports differ in length", "ranges of the same length")
        return [f"{first}-{last}"]
    return [str(port) for port in range(first, last + 1)]


def _range(text: str, path: str) -> tuple[int, int]:
    bounds = text.split("-")
    first, last = _number(bounds[0], path), _number(bounds[-1 if len(bounds) == 1 else 1], path)
    if last < first:
        raise fault(path, f"the range {text!r} runs backwards", "first-last")
    return first, last


def _number(text: str, path: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 12 or int(text) > 65535:
        raise fault(path, f"{text!r} is not a port number", "a number from 0 to 65535")
    return int(text)


def _address(text: str, path: str) -> str:
    if text.startswith("["):
        if not text.endswith("]"):
            raise fault(path, f"{text!r} is not an IP address", "an IP address")
        text = text[1:-1]
    elif ":" in text:
        raise fault(path, f"{text!r} is not an IP address", "an IPv6 address in brackets")
    if text and not is_address(text):
        raise fault(path, f"{text!r} is not an IP address", "an IP address")
    return text


def is_address(text: str) -> bool:
    """Whether ``text`` is an IPv4 or IPv6 address without a zone."""
    if text.count(".") == 3 and ":" not in text:
        return all(_is_octet(part) for part in text.split("."))
    import ipaddress

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_octet(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 256 and str(int(text)) == text
