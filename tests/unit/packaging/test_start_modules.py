"""The file of modules that ``make build`` leaves for ``perry-compose`` of a checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.interpreter.support import ROOT

FILE = ROOT / "src/perry_ffi/interpreter/start.modules"
LOADED = """
import json, os, sys
def told(status):
    print(json.dumps({name: type(getattr(module, "__loader__", None)).__name__ for name, module in sys.modules.items()}))
    sys.stdout.flush()
    end(status)
end, os._exit = os._exit, told
from perry_ffi.cli.main import program
program()
"""


def test_the_program_takes_its_modules_from_it(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: i}}\n")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOADED, "config", "-q"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    loaders = json.loads(done.stdout.splitlines()[-1])
    # Those of before, and those that were changed since the build.
    looked_for = [name for name, kind in loaders.items() if kind == "SourceFileLoader" and name.startswith("perry_ffi.compose")]
    assert looked_for == [] and loaders["perry_ffi.compose.load"] == "_Loader"


def test_a_fresh_one_is_left_as_it_is() -> None:
    before = FILE.stat().st_ino
    subprocess.run([sys.executable, "-P", ROOT / "scripts/make_modules.py", ROOT / "src"], cwd=ROOT, check=True)
    assert FILE.stat().st_ino == before
