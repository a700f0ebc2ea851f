"""The WIT contract as the tools of the component model see it: what the real parser reads, and the bindings that it makes.

The reader and the bindings are Rust (``reader/``, ``bindings/``), of crates.io's packages in the versions of ``Cargo.lock``; they are
built once, in the cache of the tests: a quarter of a minute on two cores, with what is fetched.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import ROOT, need_tool

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "wit"
_CARGO = "install Rust 1.85 or newer (rustup; on Debian 12 apt-get install cargo-web, on later ones cargo)"


def _cargo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """cargo in the workspace beside this file, with its results in the cache of the tests."""
    cache = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")
    env = {**os.environ, "CARGO_TARGET_DIR": str(cache / "wit"), **environment}
    command = [need_tool("cargo", _CARGO), *arguments, "--locked", "--quiet"]
    return subprocess.run(command, cwd=HERE, env=env, capture_output=True, text=True, timeout=280)


@functools.cache
def reader() -> Path:
    """The program that reads a folder of WIT. With CI=true a reader that cannot be built is a failure, else a skip."""
    built = _cargo("build", "--package", "reader")
    if built.returncode != 0:
        message = f"the reader of WIT cannot be built ({_CARGO}):\n{built.stderr}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    cache = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")
    return cache / "wit/debug/reader"


def read(folder: Path, output: Path) -> Contract:
    """What the parser makes of a folder, and bindings for C and Rust in ``output``. Raises SyntaxError with its words."""
    names = json.loads((ROOT / "codegen_tables/perry_container_wit.json").read_text())
    done = subprocess.run([reader(), folder, output, *names["withoutDefault"]], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise SyntaxError(done.stderr)
    return Contract(json.loads(done.stdout), output)


def check_rust(output: Path) -> str:
    """What the compiler says against the bindings in Rust, and against the example of the documentation: nothing, where all is well."""
    done = _cargo("check", "--package", "bindings", WIT_BINDINGS=str(output))
    return done.stderr if done.returncode != 0 else ""


@dataclass(frozen=True)
class Contract:
    """What was read. bindings: the folder with what was made of it."""

    resolve: dict[str, Any]
    bindings: Path

    def interfaces(self) -> dict[str, Any]:
        return {row["name"]: row for row in self.resolve["interfaces"]}

    def functions(self) -> dict[str, Any]:
        """Every function by its path: ``containers/run``, ``compose/stack-handle.down``."""
        return {
            f"{interface}/{name.removeprefix('[method]')}": function
            for interface, row in self.interfaces().items()
            for name, function in row["functions"].items()
        }

    def types(self) -> dict[str, Any]:
        """What ``types`` defines: the kind of each."""
        return {name: self.resolve["types"][index]["kind"] for name, index in self.interfaces()["types"]["types"].items()}

    def world(self, name: str) -> dict[str, list[str]]:
        """The interfaces that a world imports and exports."""
        row = next(one for one in self.resolve["worlds"] if one["name"] == name)
        names = [one["name"] for one in self.resolve["interfaces"]]
        return {way: sorted(names[item["interface"]["id"]] for item in row[way].values()) for way in ("imports", "exports")}

    def text(self, kind: Any) -> str:
        """A type as WIT writes it."""
        if isinstance(kind, str):
            return kind
        if kind is None:
            return "_"
        row = self.resolve["types"][kind]
        if row["name"]:
            return str(row["name"])
        return self._made(row["kind"])

    def _made(self, kind: dict[str, Any]) -> str:
        (form, of), *_ = kind.items()
        if form == "tuple":
            return f"tuple<{', '.join(map(self.text, of['types']))}>"
        if form == "result":
            return f"result<{self.text(of['ok'])}, {self.text(of['err'])}>"
        if form == "handle":
            return self.text(next(iter(of.values())))
        return f"{form}<{self.text(of)}>"
