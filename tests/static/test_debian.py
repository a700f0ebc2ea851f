"""The Debian packages of the C side: built by debhelper, installed in a bare Debian, and a C program built with them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi import __version__
from scripts.ship import debian, launcher
from tests.support import library as lib

pytestmark = pytest.mark.timeout(1200)

NAMES = ["libperry-container-dev", "libperry-container0", "perry-compose"]
TRIPLET = "x86_64-linux-gnu"


@pytest.fixture(scope="module")
def packages(static_library: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    for tool, package in (("dh", "debhelper"), ("dpkg-buildpackage", "dpkg-dev"), ("patchelf", "patchelf")):
        lib.need_tool(tool, f"apt-get install {package}")
    launcher.build(static_library, static_library.parent / launcher.NAME)
    return debian.build(static_library, tmp_path_factory.mktemp("debian"), "-Zgzip -z1")


def field(package: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "-f", package, name], capture_output=True, text=True, check=True).stdout.strip()


def test_what_they_are(packages: list[Path]) -> None:
    assert [field(package, "Package") for package in packages] == NAMES
    assert {field(package, "Version") for package in packages} == {__version__}
    assert [field(package, "Depends") for package in packages] == [
        f"libperry-container0 (= {__version__})",
        "libc6 (>= 2.17)",
        f"libc6 (>= 2.17), libperry-container0 (= {__version__})",
    ]


def test_lintian_has_nothing_to_say(packages: list[Path]) -> None:
    lintian = lib.need_tool("lintian", "apt-get install lintian")
    said = subprocess.run([lintian, "--allow-root", "--fail-on", "error,warning", *packages], capture_output=True, text=True)
    assert (said.returncode, said.stdout) == (0, "")


@pytest.fixture(scope="module", params=["bullseye", "bookworm", "trixie"])
def root(request: pytest.FixtureRequest, packages: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of a bare Debian with the packages installed."""
    if os.geteuid():
        pytest.skip("needs root, for debootstrap and chroot")
    made = subprocess.run([lib.ROOT / "scripts/bare-root.sh", request.param], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no root of Debian's {request.param}: {made.stderr.splitlines()[-1:]}")
    folder = tmp_path_factory.mktemp("root") / request.param
    subprocess.run(["cp", "-a", made.stdout.strip(), folder], check=True)
    for package in packages:
        shutil.copy2(package, folder / "tmp")
    inside(folder, "dpkg", "-i", *(f"/tmp/{package.name}" for package in packages))
    yield folder
    shutil.rmtree(folder)


def inside(root: Path, *command: str) -> str:
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(["/usr/sbin/chroot", root, *command], env=env, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_the_c_example_of_the_readme_is_built_with_them_and_runs(root: Path) -> None:
    """By the compiler of this machine, on the root's header, library and pkg-config file."""
    lib.need_tool("pkg-config", "apt-get install pkgconf")
    places = {
        "PKG_CONFIG_PATH": str(root / f"usr/lib/{TRIPLET}/pkgconfig"),
        "PKG_CONFIG_SYSROOT_DIR": str(root),
        "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
        "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
    }
    ask = ["pkg-config", "--cflags", "--libs", "perry_container"]
    flags = subprocess.run(ask, env={**os.environ, **places}, capture_output=True, text=True, check=True).stdout.split()
    # The root's glibc is another one: only what is the packages' is taken from it.
    flags = ["-idirafter" + flag[2:] if flag.startswith("-I") else flag for flag in flags if not flag.startswith("-L")]
    source, target = lib.ROOT / "examples/hello.c", root / "usr/local/bin/hello"
    assert source.read_text() in (lib.ROOT / "README.md").read_text()
    from scripts.static.toolchain import run

    library = root / f"usr/lib/{TRIPLET}/libperry_container.so"
    run(["perry-cc", str(source), *(flag for flag in flags if not flag.startswith("-l")), str(library), "-o", str(target)])
    assert '"name":"docker"' in inside(root, "/usr/local/bin/hello")


def test_the_program_works(root: Path) -> None:
    assert inside(root, "perry-compose", "version") == f"perry-compose version {__version__}\n"
    (root / "tmp/compose.yaml").write_text("services:\n  web: {image: nginx}\n")
    assert inside(root, "perry-compose", "-f", "/tmp/compose.yaml", "config", "--images") == "nginx\n"
    assert inside(root, "sh", "-c", "test -s /usr/share/bash-completion/completions/perry-compose") == ""
    assert "perry-compose-up" in inside(root, "gzip", "-dc", "/usr/share/man/man1/perry-compose-up.1.gz").replace("\\", "")


def test_they_go_without_a_trace(root: Path) -> None:
    inside(root, "dpkg", "--purge", *NAMES)
    left = [path for place in ("etc", "usr", "var/lib/dpkg/info") for path in (root / place).rglob("*perry*")]
    assert left == []
