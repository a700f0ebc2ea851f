"""The table of products, and docs/backends.md, which has what it has."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from perry_ffi import drivers
from perry_ffi.backends.machines import products
from perry_ffi.model.backend import BackendState

PAGE = (Path(__file__).resolve().parents[4] / "docs/backends.md").read_text()
PRODUCTS = PAGE.split("\n## Products")[1].split("\n## ")[0]
ROWS = {line.split("|")[1].strip(" `"): line for line in PRODUCTS.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize("machine", products.MACHINES, ids=lambda machine: machine.name)
def test_each_product_is_told_as_it_is_looked_for(machine: products.Machine) -> None:
    row = ROWS[machine.name]
    assert f"| {machine.product} |" in row and f"`{machine.asking}`" in row and f"`{machine.start}` |" in row
    for socket in machine.sockets:
        assert socket.rpartition("}/")[2] in row
    assert machine.contexts[:1] == () or f"`{machine.contexts[0]}`" in row


def test_each_name_and_each_state_is_told() -> None:
    assert [name for name in drivers.NAMES if f"`{name}`" not in PAGE] == []
    assert [state for state in get_args(BackendState) if f"| `{state}` |" not in PAGE] == []
