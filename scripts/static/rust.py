"""The extension modules of Rust, pydantic_core and cryptography's, each as one object whose only global name is its PyInit.

They cannot be one crate: each brings a version of pyo3 of its own, and only one may be in a link that cargo makes. Two static
libraries of Rust have the same symbols of its standard library, so in each they are made local.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts.static.cpython import VERSION, cpython
from scripts.static.openssl import openssl
from scripts.static.places import Part, cache, digest
from scripts.static.pypi import sdist
from scripts.static.toolchain import FLAGS, RUST_TARGET, binutils, key, programs, run, version_of
from scripts.static.tools import python

PYO3 = f"""
implementation=CPython
version={VERSION}
shared=false
target_abi=CPython-gil_enabled-{VERSION}
suppress_build_script_link_lines=true
pointer_width=64
"""


def _environment(folder: Path) -> dict[str, str]:
    (folder / "pyo3.txt").write_text(PYO3.lstrip())
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    target = RUST_TARGET.replace("-", "_")
    return {
        "CARGO_TARGET_DIR": str(folder / "target"),
        "CARGO_INCREMENTAL": "0",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1",
        "RUSTFLAGS": f"--remap-path-prefix={home}=cargo --remap-path-prefix={cache()}=.",
        "PYO3_BUILD_EXTENSION_MODULE": "1",
        "PYO3_CONFIG_FILE": str(folder / "pyo3.txt"),
        "PYO3_PYTHON": str(python()),
        # Where cryptography's build looks for Python's headers: beside this folder.
        "PYO3_CROSS_LIB_DIR": str(cpython().folder() / f"lib/python{VERSION}"),
        f"CC_{target}": str(programs() / "perry-cc"),
        f"AR_{target}": str(programs() / "perry-ar"),
        f"CFLAGS_{target}": " ".join(FLAGS),
    }


def _compile(folder: Path, source: Path, package: str, **more: str) -> Path:
    """The static library of one crate. The source is copied: cargo and build scripts write beside it."""
    tree = folder / "tree"
    shutil.copytree(source, tree)
    # Settings for the authors' own builds: a toolchain to download, flags for another way of linking.
    for name in ("rust-toolchain", "rust-toolchain.toml"):
        (tree / name).unlink(missing_ok=True)
    shutil.rmtree(tree / ".cargo", ignore_errors=True)
    command = ["cargo", "rustc", "--quiet", "--locked", "--release", "--lib", "--package", package]
    run([*command, "--crate-type", "staticlib", "--target", RUST_TARGET], cwd=tree, **{**_environment(folder), **more})
    [library] = (folder / "target" / RUST_TARGET / "release").glob("*.a")
    return library


def _one_object(library: Path, init: str, target: Path) -> None:
    joined = target.with_suffix(".joined")
    target.parent.mkdir(parents=True)
    # A section that may be in many objects, once, has a name of both modules' Rust: it becomes each one's own.
    run(
        [
            binutils("ld"),
            "-r",
            "--force-group-allocation",
            "--gc-sections",
            "-u",
            init,
            "-e",
            init,
            "-o",
            str(joined),
            str(library),
        ]
    )
    run([binutils("objcopy"), "--strip-debug", f"--keep-global-symbol={init}", str(joined), str(target)])
    joined.unlink()


def _finish(folder: Path) -> None:
    for name in ("target", "tree"):
        shutil.rmtree(folder / name)


def _pydantic_core(folder: Path) -> None:
    library = _compile(folder, sdist("pydantic_core").folder() / "tree", "pydantic-core")
    _one_object(library, "PyInit__pydantic_core", folder / "lib/pydantic_core.o")
    _finish(folder)


def _cryptography(folder: Path) -> None:
    of_openssl = openssl().folder()
    library = _compile(
        folder,
        sdist("cryptography").folder() / "tree",
        "cryptography-rust",
        # "Static" would put a second OpenSSL into this object: the one of the link is for all.
        OPENSSL_STATIC="0",
        OPENSSL_NO_VENDOR="1",
        OPENSSL_LIB_DIR=str(of_openssl / "lib"),
        OPENSSL_INCLUDE_DIR=str(of_openssl / "include"),
        CRYPTOGRAPHY_BUILD_OPENSSL_NO_LEGACY="1",
    )
    _one_object(library, "PyInit__rust", folder / "lib/cryptography.o")
    _finish(folder)


def _key() -> str:
    return digest(key(), PYO3, version_of("rustc"), cpython().key)


def pydantic_core() -> Part:
    return Part("pydantic-core", _pydantic_core, (_key(), sdist("pydantic_core").key))


def cryptography() -> Part:
    return Part("cryptography", _cryptography, (_key(), sdist("cryptography").key, openssl().key))
