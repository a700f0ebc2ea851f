"""Networks."""

from typing import Annotated

from perry_ffi.model import values
from perry_ffi.model.base import Model, Text, parsed
from perry_ffi.model.network_info import NetworkInfo
from perry_ffi.model.network_values import Ipam, Subnet, cidr, read_ipam


class NetworkSpec(Model):
    """A network to create; all members are optional."""

    driver: Text | None = None
    """Absent: the engine's ``bridge``."""
    driver_opts: Annotated[dict[str, str], parsed(values.text_map)] = {}
    internal: bool = False
    """No way out: its containers reach only each other."""
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool = False
    ipam: Annotated[Ipam | None, parsed(read_ipam)] = None
    labels: Annotated[dict[str, str], parsed(values.labels)] = {}


__all__ = ["Ipam", "NetworkInfo", "NetworkSpec", "Subnet", "cidr", "read_ipam"]
