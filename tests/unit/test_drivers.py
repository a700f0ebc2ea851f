"""The table of engines: what is made from it agrees with it, and each row that is driven has its driver."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from perry_ffi import drivers
from perry_ffi.abi import backend_names
from perry_ffi.backends import driver
from perry_ffi.backends.apple.engine import AppleBackend
from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.declared import of_engine, of_names
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.swarm.backend import SwarmBackend
from perry_ffi.backends.nerdctl.engine import NerdctlBackend

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src/perry_ffi"


def test_names_are_there_once() -> None:
    assert len(set(drivers.NAMES)) == len(drivers.ROWS)
    assert drivers.of("docker").name == "docker" and drivers.of("nobody").driver == ""


@pytest.mark.parametrize("row", drivers.ROWS, ids=lambda row: row.name)
def test_each_row_has_a_driver_or_says_that_it_has_none(row: drivers.Row) -> None:
    found = driver.load(row.name)
    if row.driver:
        assert found is not None and found.name == row.name and row.program and row.start
    else:
        assert found is None and not row.variable
    if row.variable:
        assert type(found).server is not driver.Driver.server
    assert row.rules or not row.driver


def test_an_engine_without_sandboxes_says_so_in_the_readme() -> None:
    without = [row.name for row in drivers.DRIVEN if "runCapability" in row.without]
    assert (
        set(without) == {"apple/container", "nerdctl", "finch"}
        and AppleBackend.capabilities.of("op.sandbox").support is Support.UNSUPPORTED
    )
    assert NerdctlBackend.capabilities.of("op.sandbox").support is Support.UNSUPPORTED


def test_what_can_be_used_in_place_of_an_engine_without_a_driver() -> None:
    assert drivers.instead() == "use podman or nerdctl or docker"


def test_engines_without_a_driver_declare_what_is_known_of_them() -> None:
    assert of_names()["colima"] == of_engine("docker")
    assert of_engine("podman").of("ServiceSpec.gpus").support is Support.UNSUPPORTED
    assert of_engine("nobody").exceptions == {}


def test_naming_a_driver_imports_none() -> None:
    code = "import sys, perry_ffi.backends.choice; print([m for m in sys.modules if 'engine_api' in m or m == 'anyio'])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
    assert shown.stdout.strip() == "[]"


def test_detection_and_the_c_side_know_no_engine_by_name() -> None:
    files = [SOURCE / "backends" / f"{name}.py" for name in ("choice", "detect", "driver", "elsewhere")]
    for path in [*files, SOURCE / "abi/c/base/backend_state.c"]:
        text = path.read_text()
        assert [name for name in drivers.NAMES if f'"{name}"' in text] == [], path
        assert [row.variable for row in drivers.SERVERS if f'"{row.variable}"' in text] == [], path


def test_the_readme_tells_the_order_and_the_servers() -> None:
    text = (ROOT / "README.md").read_text()
    assert f"default on Linux: `{','.join(drivers.order('linux'))}`" in text
    assert ", ".join(f"`{row.variable}`" for row in drivers.SERVERS) in text
    assert backend_names.table() in text


def test_each_engine_that_is_driven_is_held_to_the_contract() -> None:
    """By a row of ``BACKENDS``, which runs the whole suite of ``tests/contract`` on it; in a machine there is one of them, and the
    containers of a swarm's manager are docker's, by the same class.
    """
    rows = (ROOT / "tests/contract/conftest.py").read_text()
    driven = [row for row in drivers.ROWS if row.driver and not row.driver.endswith((".machine", ".swarm"))]
    assert issubclass(SwarmBackend, EngineBackend)
    assert [row.name for row in driven if f'id="{row.name}"' not in rows] == []
