"""Names and addresses that a container has and knows: host names, aliases, extra hosts, name servers, MAC addresses.

Engines take any text for a name, so readers do, too; what no resolver can ask for does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from perry_ffi.model.values import bad, clean, is_ip, list_of, within, word

GATEWAY = "host-gateway"
_MAC = r"(?:[0-9a-f]{2}(?P<sign>[:-])(?:[0-9a-f]{2}(?P=sign)){4}[0-9a-f]{2}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\Z"


def host_name(value: Any) -> str:
    """A host name: any text."""
    return word(value, "a host name")


def aliases(value: Any) -> list[str]:
    """A list of names; an empty one names nothing."""
    return [name for name in list_of(clean, "a list of host names")(value) if name]


def is_alias(name: str) -> bool:
    """Whether ``name`` stays one name where blanks and commas part names."""
    return name.split() == [name] and "," not in name


def mac_address(value: Any) -> str:
    """``02:42:ac:11:00:02``; ``02-42-ac-11-00-02`` and ``0242.ac11.0002`` are the same."""
    text = value.lower() if isinstance(value, str) else ""
    if not re.match(_MAC, text):
        bad("a MAC address such as 02:42:ac:11:00:02", value)
    digits = re.sub(r"[:.-]", "", text)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def name_server(value: Any) -> str:
    """The address of a name server. Other text is taken: docker writes it down, and no resolver asks it."""
    text = clean(value, "the address of a name server").strip()
    if not text or len(text.splitlines()) > 1:
        bad("the address of a name server")
    return text


def extra_hosts(value: Any) -> list[str]:
    """``host:address`` entries: a list (``host:ip`` or ``host=ip``), or a mapping of host to one or more addresses."""
    if isinstance(value, Mapping):
        return [entry for host, ips in value.items() for entry in within(f".{host}", partial(_host, host), ips)]
    return list_of(_host_entry, "a list of host:address, or an object")(value)


def _host(host: str, addresses: Any) -> list[str]:
    many = addresses if isinstance(addresses, list | tuple) else [addresses]
    return [_host_entry(f"{host}={clean(address)}") for address in many]


def _host_entry(value: Any) -> str:
    """One line of a hosts file: blanks around a name and an address say nothing there, one within a name parts two names."""
    text = clean(value, "host:address")
    host, found, address = text.partition("=" if "=" in text else ":")
    host, address = " ".join(host.split()), address.strip().removeprefix("[").removesuffix("]")
    if not found or not host or ":" in host or not (address == GATEWAY or is_ip(address)):
        bad("host:address", text)
    return f"{host}:{address}"
