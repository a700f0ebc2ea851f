"""Networks, names and ports of a container as options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.arguments import option, record
from perry_ffi.backends.rules.programs import the_host_name
from perry_ffi.model.container_values import is_built_in

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.ports import Port


def network_words(spec: ContainerSpec) -> list[str]:
    """The networks in their order, and what the container is called: nerdctl knows a host name, and no aliases."""
    names = joined(spec)
    words = [option("network", record([name], "network")) for name in names or [_mode(spec.network)]]
    shares = (spec.network or "").startswith("container:") or spec.network == "host"
    if (host := the_host_name(spec)) and not shares:
        words.append(option("hostname", host))
    if len(spec.networks) == 1:
        (own,) = spec.networks
        said = {"ip": own.ipv4_address, "ip6": own.ipv6_address}
        words += [option(flag, value) for flag, value in said.items() if value]
    if mac := getattr(spec, "mac_address", None) or next((item.mac_address for item in spec.networks[:1]), ""):
        words.append(option("mac-address", mac))
    words += [option("add-host", record([entry], "extra_hosts")) for entry in spec.extra_hosts]
    return words + [option("dns", record([entry], "dns")) for entry in spec.dns]


def _mode(network: str | None) -> str:
    """A mode in nerdctl's words, which has no other word for what it does unasked."""
    return "bridge" if network in (None, "", "default") else network


def joined(spec: ContainerSpec) -> list[str]:
    """The networks of the user's own that it joins, the one that it is in first of all first."""
    own = [spec.network] if spec.network and not is_built_in(spec.network) else []
    return list(dict.fromkeys([*own, *(item.name for item in spec.networks)]))


def port_word(port: Port) -> str:
    """``[address:]published:target/protocol``; a port that nobody chose has no number, for with 0 the container never starts."""
    published = port.published if port.published != "0" else ""
    address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
    ahead = f"{address}:{published}:" if address else f"{published}:" if published else ""
    return f"{ahead}{port.target}/{port.protocol}"


__all__ = ["joined", "network_words", "port_word"]
