"""CPython as an archive, with those of its extension modules that the library needs; and a program of the very same code."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts.static.clibraries import clibraries
from scripts.static.debian import debian_source
from scripts.static.places import Part
from scripts.static.toolchain import FLAGS, key, make, run

VERSION = "3.13"
# Modules of C that nothing asks for, or that ``extensions`` makes because they need other libraries.
LEFT_OUT = """
_bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _crypt _ctypes _ctypes_test _curses
_curses_panel _dbm _elementtree _gdbm _hashlib _lsprof _lzma _multibytecodec _multiprocessing _posixshmem _sqlite3 _ssl
_tkinter _uuid _xxtestfuzz nis ossaudiodev pyexpat readline syslog xxlimited xxlimited_35
"""
# What the archive leaves to others to bring: made beside it by the same build.
BESIDE = ("Modules/_hacl/libHacl_Hash_SHA2.a", "Modules/_decimal/libmpdec/libmpdec.a")
TIME_ZONES = "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo"
# What sysconfig imports, and zoneinfo asks for one value. The true module is made by an installation, and is about its machine.
SETTINGS = "_sysconfigdata__linux_x86_64-linux-gnu"
OPTIONS = f"""
--prefix=/perry --disable-shared --disable-test-modules --without-ensurepip --without-doc-strings --without-readline
--with-system-libmpdec=no --with-tzpath={TIME_ZONES}
"""


def _configure(build: Path) -> None:
    libraries = clibraries().folder()
    settings = {f"py_cv_module_{name}": "n/a" for name in LEFT_OUT.split()}
    # Answers that would be read from the machine that builds.
    settings |= {"ac_cv_header_libintl_h": "no", "ac_cv_file__dev_ptmx": "yes", "ac_cv_file__dev_ptc": "no"}
    settings |= {"ac_cv_broken_nice": "no"}  # it seems to be, where the build itself has the lowest priority
    settings |= {"MODULE_BUILDTYPE": "static", "PKG_CONFIG": "false"}
    settings |= {"ZLIB_CFLAGS": f"-I{libraries / 'include'}", "ZLIB_LIBS": f"-L{libraries / 'lib'} -lz"}
    command = ["../source/configure", "CC=perry-cc", "CXX=perry-cc", "AR=perry-ar", f"OPT={' '.join(FLAGS)}", *OPTIONS.split()]
    run(command, cwd=build, **settings)


def _recipe(folder: Path) -> None:
    source = debian_source("python3.13").folder() / "tree"
    build = folder / "build"
    build.mkdir()
    # By a short name, which is the same everywhere: it gets into what is made.
    (folder / "source").symlink_to(source)
    _configure(build)
    make(build, "python", f"libpython{VERSION}.a")
    (folder / "bin").mkdir()
    (folder / "lib").mkdir()
    shutil.copy2(build / "python", folder / "bin/python")
    for name in (f"libpython{VERSION}.a", *BESIDE):
        shutil.copy2(build / name, folder / "lib")
    include = folder / f"include/python{VERSION}"
    shutil.copytree(source / "Include", include)
    shutil.copy2(build / "pyconfig.h", include)
    _modules(source / "Lib", folder / f"lib/python{VERSION}")
    shutil.copytree(source / "Modules", folder / "Modules")
    shutil.copy2(source / "LICENSE", folder)
    shutil.rmtree(build)
    (folder / "source").unlink()


def _modules(source: Path, target: Path) -> None:
    """The standard library where ``bin/python`` finds it."""
    shutil.copytree(
        source, target, ignore=shutil.ignore_patterns("test", "tests", "__pycache__", "idlelib", "ensurepip", "*.pyc")
    )
    (target / "lib-dynload").mkdir()
    (target / f"{SETTINGS}.py").write_text(f"build_time_vars = {{'TZPATH': {TIME_ZONES!r}}}\n")


def cpython() -> Part:
    """``bin/python``, ``lib`` (archives, the standard library), ``include``, and ``Modules``: the sources of extension modules."""
    return Part("cpython", _recipe, (key(), debian_source("python3.13").key, clibraries().key))


def include() -> str:
    return f"-I{cpython().folder() / f'include/python{VERSION}'}"
