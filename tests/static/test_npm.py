"""The npm packages of the static form: what is packed, and that npm installs each layout."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from perry_ffi import __version__
from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.typescript import typescript_symbol
from scripts.ship import launcher, npm
from tests.support import library as lib

PLATFORM = {"os": ["linux"], "cpu": ["x64"], "libc": ["glibc"]}


@pytest.fixture(scope="module")
def packed(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Everything inside; without the library; the library's own; the library in the archive."""
    lib.need_tool("npm", "apt-get install npm")
    launcher.build(static_library, static_library.parent / launcher.NAME)
    return npm.build(static_library, tmp_path_factory.mktemp("npm"))


def names(package: Path) -> set[str]:
    with tarfile.open(package) as archive:
        return {name.removeprefix("package/") for name in archive.getnames()}


def manifest(package: Path) -> dict[str, Any]:
    with tarfile.open(package) as archive:
        found = archive.extractfile("package/package.json")
        assert found is not None
        return dict(json.load(found))


def test_what_is_in_them(packed: list[Path]) -> None:
    whole, without, own, one = map(names, packed)
    library = {"libperry_container.so", "perry-compose", "LICENCES.txt", "sbom.cdx.json"}
    sources = {"package.json", "LICENSE", "Cargo.toml", "src/index.ts", "types/index.d.ts", "lib/libperry_container_stub.a"}
    assert sources | {f"lib/{name}" for name in library} <= whole
    assert sources <= without and without == whole - {f"lib/{name}" for name in library}
    assert own == library | {"package.json", "LICENSE"}
    assert one == without | {"lib/LICENCES.txt", "lib/sbom.cdx.json"}


def test_their_manifests(packed: list[Path]) -> None:
    whole, without, own, inside = map(manifest, packed)
    names = ["perry-container", "perry-container", npm.OF_PLATFORM, npm.EXECUTABLE]
    assert [one["name"] for one in (whole, without, own, inside)] == names
    assert {one["version"] for one in (whole, without, own, inside)} == {__version__}
    for one in (whole, own, inside):
        assert {name: one[name] for name in PLATFORM} == PLATFORM
    assert without["optionalDependencies"] == {npm.OF_PLATFORM: __version__} and "os" not in without
    for one in (whole, without, inside):
        native = one["perry"]["nativeLibrary"]
        assert native["targets"]["linux"]["prebuilt"] == "./lib/libperry_container_stub.a"
        assert [row["name"] for row in native["functions"]] == [typescript_symbol(op) for op in OPERATIONS]


@pytest.mark.parametrize("number", [0, 3])
def test_the_archive_names_no_place_of_this_machine(packed: list[Path], number: int) -> None:
    with tarfile.open(packed[number]) as archive:
        found = archive.extractfile("package/lib/libperry_container_stub.a")
        assert found is not None
        content = found.read()
    assert f"{lib.ROOT}/".encode() not in content and f"{Path.home()}/".encode() not in content


@pytest.mark.parametrize("layout", ["whole", "split"])
def test_npm_installs_it(packed: list[Path], layout: str, tmp_path: Path) -> None:
    """Without a registry; the program answers from where npm links it."""
    (tmp_path / "package.json").write_text('{"name": "application", "private": true}')
    chosen = packed[:1] if layout == "whole" else packed[1:3]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "npm_config_cache": str(tmp_path / "cache")}
    command = ["npm", "install", "--offline", "--no-audit", "--no-fund", *map(str, chosen)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    modules = tmp_path / "node_modules"
    place = "perry-container/lib" if layout == "whole" else npm.OF_PLATFORM
    assert (modules / place / lib.NAME).stat().st_size > 20_000_000
    said = lib.run([modules / ".bin/perry-compose", "--nonsense"], env)
    assert said.status == 2 and "unknown flag" in said.err
    shutil.rmtree(modules)


def test_an_application_takes_the_one_with_everything_in_the_archive_by_the_common_name(
    packed: list[Path], tmp_path: Path
) -> None:
    """By one line of its package.json."""
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": {"perry-container": f"file:{packed[3]}"}}))
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "npm_config_cache": str(tmp_path / "cache")}
    command = ["npm", "install", "--offline", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    archive = tmp_path / "node_modules/perry-container/lib/libperry_container_stub.a"
    assert archive.stat().st_size > 20_000_000
    shutil.rmtree(tmp_path / "node_modules")
