"""Models in the static form: what pydantic-core asks Python for when it reads and writes them is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.abi.test_python_hosts import PYTHON, answered, run_in
from tests.support import library as lib

pytestmark = pytest.mark.abi

# In place of api/volumes.py: a model of all kinds of members, written in both ways, and again when it was changed.
TELLS = """
async def inspect(client, name):
    from perry_ffi.model.stack import RunOptions
    from perry_ffi.model.workload import WorkloadNode

    node = WorkloadNode.model_validate({"image": "busybox", "runtime": {"type": "oci"}, "retry": {"limit": 2, "maxDelay": 5}})
    options = RunOptions.model_validate({"cmd": ["true"], "env": {"A": "1"}}).model_copy(update={"rm": False})
    return [node.model_dump(exclude_none=True), options.model_dump_json()]
"""


def test_models_are_read_and_written(static_library: Path, tmp_path: Path) -> None:
    from perry_ffi.model.stack import RunOptions

    volumes = (lib.ROOT / "src/perry_ffi/api/volumes.py").read_text() + TELLS
    library = lib.copy_library(static_library, tmp_path / "models", replace={"api/volumes.py": volumes})
    told = answered(run_in(PYTHON, library, 'print(json.dumps(native.call("js_container_inspectVolume", "x").result()))'))
    assert isinstance(told, list), told
    node, options = told
    assert (node["image"], node["runtime"]["type"], node["retry"]["max_delay"]) == ("busybox", "oci", 5.0)
    assert RunOptions.model_validate_json(options) == RunOptions(cmd=["true"], env={"A": "1"}, rm=False)
