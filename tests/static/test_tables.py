"""The tables of the start lie in the static form, and its own Python finds in them whatever it compiles until the first answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.abi.test_python_hosts import PYTHON, answered, run_in
from tests.support import library as lib

pytestmark = pytest.mark.abi

# In place of api/volumes.py: tells what was not in the tables, and of what kind it was.
TELLS = """
from perry_ffi.interpreter import tables


async def inspect(client, name):
    return {"tables": len(tables.USED), "missed": [[kind, str(text)] for kind, text, _ in tables.MISSED]}
"""
COUNTS = "self.missed: Callable[[Made], object] | None = None"


@pytest.fixture(scope="module")
def counting(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static form whose tables count what is not found in them."""
    tables = (lib.ROOT / "src/perry_ffi/interpreter/tables.py").read_text()
    assert COUNTS in tables
    tables = tables.replace(COUNTS, "self.missed = MISSED.append; USED.append(self)") + "\n\nMISSED, USED = [], []\n"
    volumes = (lib.ROOT / "src/perry_ffi/api/volumes.py").read_text() + TELLS
    stand_ins = {"interpreter/tables.py": tables, "api/volumes.py": volumes}
    return lib.copy_library(static_library, tmp_path_factory.mktemp("counting"), replace=stand_ins)


def test_the_first_calls_compile_nothing(counting: Path) -> None:
    body = """
for spec in ('{"image": "busybox", "unknown": 1}', '{"image": "busybox"}'):
    native.call("js_container_run", spec).wait()
print(json.dumps(native.call("js_container_inspectVolume", "x").result()))
"""
    told = answered(run_in(PYTHON, counting, body))
    assert told["tables"] == 1, "the tables were not used"
    assert told["missed"] == [], json.dumps(told["missed"], indent=1)
