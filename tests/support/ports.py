"""Ports of this machine that nobody listens on."""

from __future__ import annotations

import socket


def free_ports(count: int, *, first: int) -> int:
    """The first of ``count`` neighbouring ports that are free, from ``first`` on. Another for each caller: they may run side by side."""
    for low in range(first, 60_000, count):
        try:
            for port in range(low, low + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return low
    raise AssertionError("there are no free ports")
