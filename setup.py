"""The parts of the package that pyproject.toml cannot say: the shared object with its header and its pkg-config file,
``perry-compose``, which is a small program of C that becomes Python, and what lies below ``share`` for it.
"""

from __future__ import annotations

import os
import shutil
import sys
from distutils.command.build_scripts import build_scripts  # setuptools' own, which has no other name for it
from distutils.command.install_data import install_data  # the same
from pathlib import Path
from sysconfig import get_path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import build_ffi  # noqa: E402


class BuildAnew(build):
    """Begins with an empty folder, so that a module that is gone does not come back; ``make build`` has build/."""

    def run(self) -> None:
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildSharedObject(build_ext):
    """Puts ``lib`` and ``include`` into the package. An editable install has none: its shared object is build/."""

    def run(self) -> None:
        if self.editable_mode:
            return
        package = Path(self.build_lib) / "perry_ffi"
        build_ffi.build(package / "lib" / build_ffi.LIBRARY, Path(self.build_temp))
        for folder in ("include", "lib/pkgconfig"):
            (package / folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "include/perry_container.h", package / "include/perry_container.h")
        text = build_ffi.pkg_config_file(library="..", include="../../include")
        (package / "lib/pkgconfig/perry_container.pc").write_text(text)

    def get_outputs(self) -> list[str]:
        names = (f"lib/{build_ffi.LIBRARY}", "lib/pkgconfig/perry_container.pc", "include/perry_container.h")
        return [] if self.editable_mode else [str(Path(self.build_lib, "perry_ffi", name)) for name in names]

    def get_output_mapping(self) -> dict[str, str]:
        return {}

    def get_source_files(self) -> list[str]:
        return []


class BuildLauncher(build_scripts):
    """Compiles ``perry-compose`` for the Python that runs this, and the package where that will find it."""

    editable_mode = False

    def run(self) -> None:
        objects = Path(self.get_finalized_command("build").build_temp, "launcher")
        package = build_ffi.PACKAGE
        if not self.editable_mode:
            package = Path(os.path.relpath(get_path("platlib"), get_path("scripts")), build_ffi.PACKAGE.name)
        build_ffi.build_launcher(Path(self.build_dir, build_ffi.LAUNCHER.stem), objects, str(package))


class InstallShared(install_data):
    """Makes the completions and the manual pages, of the table of commands."""

    def run(self) -> None:
        from scripts.reference import shared

        for name, text in shared.files().items():
            path = Path(self.install_dir, "share", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            self.outfiles.append(str(path))


# The extension stands for the shared object, so that the wheel is known to be of one platform and one Python.
setup(
    ext_modules=[Extension("perry_ffi.lib.libperry_container", [])],
    scripts=[str(build_ffi.LAUNCHER.relative_to(ROOT))],
    data_files=[("share", [])],  # Which files those are InstallShared knows.
    cmdclass={
        "build": BuildAnew,
        "build_ext": BuildSharedObject,
        "build_scripts": BuildLauncher,
        "install_data": InstallShared,
    },
    options={"build": {"build_base": ".cache/setuptools"}},
)
