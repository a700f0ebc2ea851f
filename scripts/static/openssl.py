"""OpenSSL as archives. It reads no configuration of the machine's, loads nothing, and does not clean up when the process ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts.static.debian import debian_source
from scripts.static.places import Part
from scripts.static.toolchain import FLAGS, key, make, run

# Certificates are looked for below /etc/ssl, where most distributions have them.
OPTIONS = """
linux-x86_64 --prefix=/perry --libdir=lib --openssldir=/etc/ssl no-shared no-tests no-apps no-docs no-dso no-engine no-module
no-legacy no-autoload-config no-atexit no-comp no-ui-console no-quic
"""


def _recipe(folder: Path) -> None:
    source = debian_source("openssl").folder() / "tree"
    build = folder / "build"
    build.mkdir()
    # By a short name, which is the same everywhere: it gets into what is made.
    (folder / "source").symlink_to(source)
    run(["perl", "../source/Configure", *OPTIONS.split(), *FLAGS], cwd=build)
    make(build, "build_libs")
    (folder / "lib").mkdir()
    for name in ("libssl.a", "libcrypto.a"):
        shutil.copy2(build / name, folder / "lib")
    for place in (source, build):
        shutil.copytree(
            place / "include/openssl", folder / "include/openssl", ignore=shutil.ignore_patterns("*.in"), dirs_exist_ok=True
        )
    shutil.rmtree(build)
    (folder / "source").unlink()


def openssl() -> Part:
    """``lib`` and ``include``."""
    return Part("openssl", _recipe, (key(), debian_source("openssl").key))
