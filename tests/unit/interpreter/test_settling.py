"""What the library's own interpreter is like when it serves."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from perry_ffi.interpreter.tables import NAME
from tests.unit.interpreter.support import SITE, run
from tests.unit.interpreter.test_openssl import OWN

REPLACED = """
import collections, dataclasses, typing
print(["exec" in vars(dataclasses), "eval" in vars(collections), "compile" in vars(typing)])
"""


def test_asyncio_does_not_look_into_openssl() -> None:
    assert run(OWN + "import asyncio\nprint(asyncio.base_events.ssl, asyncio.sslproto.ssl, loads)\n") == "None None []\n"


def test_the_tables_are_looked_into_where_they_are_built() -> None:
    assert run(OWN + REPLACED, packages=SITE) == "[True, True, True]\n"


def test_without_tables_all_is_pythons_own() -> None:
    none = "from perry_ffi.interpreter import tables\ntables.NAME = 'no such file'\n"
    assert run(none + OWN + REPLACED, packages=SITE) == "[False, False, False]\n"


def test_the_models_need_what_checks_values_alone() -> None:
    first = "from perry_ffi.model.container import ContainerSpec\nContainerSpec(image='a')\n"
    assert run(OWN + first + "print([name for name in sys.modules if name.startswith('pydantic')])\n") == (
        "['pydantic_core', 'pydantic_core._pydantic_core']\n"
    )


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:5000], lambda data: data.replace(b"(", b")", 1), None])
def test_tables_that_cannot_be_used_are_none(damage: Callable[[bytes], bytes] | None, tmp_path: Path) -> None:
    package = shutil.copytree(SITE / "perry_ffi", tmp_path / "perry_ffi")
    file = package / "interpreter" / NAME
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    assert run(OWN + "import dataclasses\nprint('exec' in vars(dataclasses))\n", packages=tmp_path) == "False\n"


def test_a_class_that_was_changed_since_is_compiled_as_it_is(tmp_path: Path) -> None:
    package = shutil.copytree(SITE / "perry_ffi", tmp_path / "perry_ffi")
    module = package / "model/endpoint.py"
    module.write_text(module.read_text() + "\n\n@dataclass\nclass Added:\n    one: int\n    two: str = 'b'\n")
    shutil.rmtree(package / "model/__pycache__")
    what = OWN + "import dataclasses\nfrom perry_ffi.model.endpoint import Added\nprint('exec' in vars(dataclasses), Added(1))\n"
    assert run(what, packages=tmp_path) == "True Added(one=1, two='b')\n"


def test_garbage_is_looked_for_often_once_it_has_started() -> None:
    what = "import gc\nfrom perry_ffi.interpreter.settling import started\nbefore = gc.get_threshold()[0]\nstarted()\n"
    assert run(OWN + what + "print(before, gc.get_threshold()[0], gc.isenabled())\n") == "150000 25000 True\n"
