"""Every operation of the table, called from compiled TypeScript against real engines."""

from __future__ import annotations

import secrets

from perry_ffi.abi.table import OPERATIONS
from tests.perry.root import Debian13, said

CONTEXT = {
    "Dockerfile": "FROM localhost/perry-test:1\nLABEL made=here\n",
    "compose.yaml": "services:\n  only:\n    image: localhost/perry-test:1\n",
}


def test_every_operation_does_its_work(root: Debian13, backend: str) -> None:
    prefix = f"pt{secrets.token_hex(4)}"
    context = f"/tmp/{prefix}"
    root.inside(context).mkdir()
    for name, text in CONTEXT.items():
        (root.inside(context) / name).write_text(text)
    rows = [line.split(" ", 1) for line in said(root.program("operations", backend, context, prefix, seconds=300))]
    told = dict(rows)
    assert len(rows) == len(told)
    assert sorted(told) == sorted(op.symbol for op in OPERATIONS)
    assert {symbol: outcome for symbol, outcome in told.items() if outcome != "ok"} == {}
