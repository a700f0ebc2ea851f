"""What a program hears of a network."""

from typing import Any

from perry_ffi.model.answer import Answer, told


class NetworkInfo(Answer):
    id: str
    name: str
    driver: str
    internal: bool = False
    attachable: bool = False
    enable_ipv6: bool = told(default=False, json="enableIPv6")
    subnets: list[str] = []
    gateways: list[str] = []
    labels: dict[str, str] = {}
    options: dict[str, str] = {}
    created: str = ""
    containers: dict[str, str] = {}
    """Id to name of what is attached; only when inspected."""
    raw: dict[str, Any] | None = None
