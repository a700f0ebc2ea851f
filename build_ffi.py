"""Builds the shared object: ``python build_ffi.py [--output FILE] [--objects DIR] [--launcher FILE] [--sanitize] [--check]``.

cffi writes the C source that embeds Python; it is compiled together with the sources of the border in
``src/perry_ffi/abi/c`` and the dispatch tables, and linked so that nothing but the table's symbols is exported.
The interpreter that runs this script is the one that the shared object embeds. Only what changed is compiled again.

``--check`` builds nothing: it prints the interpreter, or says what it lacks and exits with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PACKAGE = ROOT / "src/perry_ffi"
SOURCES = PACKAGE / "abi/c"
TABLES = ROOT / "codegen_tables/perry_container_tables.c"
LIBRARY = "libperry_container.so"
LAUNCHER = PACKAGE / "cli/perry-compose.c"
# The folders of the C sources; what each is for stands in docs/design.md. perry/ is another library's: build_perry.py.
LAYERS = ("platform", "base", "runtime", "python", "signals", "thread", "exports")
# Of the layer python/: what differs between modules in folders, and modules in the shared object itself (scripts/static).
ON_DISK, CARRIED = "python/disk", "python/carried"

EMBEDDED = """
from _perry_container import ffi, lib
from perry_ffi.bridge.entry import attach
attach(ffi, lib)
"""

# What Python sees of the border; the meaning of each is in the headers that embedded.h lists.
INTERNAL = """
typedef struct perry_view {
    int64_t id;
    int32_t op;
    int32_t argc;
    const char *text[4];
    int64_t length[4];
    int64_t number[4];
} perry_view;
int perry_wake_fd(void);
void perry_wake_clear(void);
int perry_take(perry_view *view);
int perry_settle(int64_t id, int state, int type, int64_t handle, const char *json, int64_t length);
int perry_set_active_backend(const char *name);
int perry_set_priority(const char *json);
void perry_set_handles_alive(int64_t count);
void perry_quiet_openssl(void);
void perry_python_set_failure(const char *error);
int perry_python_is_own(void);
int perry_signal_caught(void);
void perry_signal_exit(int number);
int perry_interrupts_begin(void);
int perry_interrupts_take(void);
int perry_interrupts_first(void);
void perry_interrupts_end(void);
const char *perry_table_digest(void);
"""

WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wno-unused-parameter"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


def version() -> str:
    """The library's version, from the one place that has it."""
    text = (ROOT / "src/perry_ffi/__init__.py").read_text()
    return re.search(r'__version__ = "([^"]+)"', text)[1]  # type: ignore[index]


def embedding_source(target: Path) -> None:
    """Lets cffi write the C source that embeds Python; a file that would be the same stays as it is."""
    from cffi import FFI

    builder = FFI()
    builder.embedding_api("int perry_serve(void);")
    builder.cdef(INTERNAL)
    builder.set_source("_perry_container", '#include "embedded.h"')
    builder.embedding_init_code(EMBEDDED)
    with contextlib.redirect_stdout(io.StringIO()):
        builder.emit_c_code(str(target))


def libpython() -> Path | None:
    """The shared library of this interpreter, by its development name; None where there is none."""
    config = sysconfig.get_config_var
    name = f"libpython{config('LDVERSION') or config('VERSION')}.so"
    folders = [config("LIBDIR"), Path(sys.base_prefix) / "lib", config("LIBPL")]
    return next((Path(folder, name) for folder in folders if folder and Path(folder, name).exists()), None)


def python_flags() -> tuple[list[str], list[str]]:
    """What the C compiler and the linker need for this interpreter's library."""
    library = libpython()
    if library is None:
        sys.exit(f"build_ffi: {problem()}")
    include = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    compile_flags = [f"-I{folder}" for folder in sorted(include)]
    compile_flags.append(f'-DPERRY_PYTHON_STDLIB="{sysconfig.get_path("stdlib")}"')
    folder = str(library.parent)
    link_flags = [f"-L{folder}", f"-l{library.stem.removeprefix('lib')}"]
    if not folder.startswith(("/usr/lib", "/lib")):
        link_flags.append(f"-Wl,-rpath,{folder}")
    return compile_flags, link_flags


def problem() -> str | None:
    """Why this interpreter cannot be embedded, and what to do about it; None if it can."""
    short = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < (3, 11):
        return f"it is Python {short}, and 3.11 or newer is needed"
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        return "it is a free-threaded Python, which is not supported: take a common build"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return f"the development files of Python {short} are missing (Debian: apt-get install python3-dev)"
    if libpython() is None:
        return (
            f"the shared libpython{short}.so is missing: this Python was built without --enable-shared"
            " (Debian: apt-get install python3-dev; pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install ...)"
        )
    return None


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC") or "cc")


def compile_all(objects: Path, extra: list[str]) -> list[Path]:
    """Compiles every source into ``objects`` and gives the object files."""
    embedding = objects / "_perry_container.c"
    embedding_source(embedding)
    python, _ = python_flags()
    common = ["-std=gnu11", "-O2", "-g", "-fPIC", "-fvisibility=hidden", "-DPERRY_CONTAINER_BUILD", *extra]
    common += [f"-I{ROOT / 'include'}", f"-I{SOURCES}", f'-DPERRY_CONTAINER_VERSION="{version()}"', *python]

    def compile_one(source: Path) -> Path:
        warnings = [] if source == embedding else WARNINGS
        target = objects / f"{source.stem}.o" if source.parent == objects else objects / f"{source.parent.name}-{source.stem}.o"
        command = [*compiler(), *common, *warnings, "-MMD", "-c", str(source), "-o", str(target)]
        if outdated(target, command):
            run(command)
            note(target, command)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as workers:
        return list(workers.map(compile_one, [*sources(ON_DISK), TABLES, embedding]))


def sources(form: str) -> list[Path]:
    """The C sources of the border, in one of its two forms."""
    return [path for folder in (*LAYERS, form) for path in sorted((SOURCES / folder).glob("*.c"))]


def outdated(target: Path, command: list[str], needs: list[Path] | None = None) -> bool:
    """True unless ``target`` was made by this very command and is newer than all it was made from.

    needs: what it was made from; absent: what the compiler noted beside the object file.
    """
    made_by = target.with_suffix(".command")
    noted_by = target.with_suffix(".d")
    if not target.exists() or not made_by.exists() or made_by.read_text() != shlex.join(command):
        return True
    if needs is None:
        if not noted_by.exists():
            return True
        noted = noted_by.read_text().replace("\\\n", " ").split(":", 1)[1]
        needs = [Path(word.replace("\0", " ")) for word in noted.replace("\\ ", "\0").split()]
    made = target.stat().st_mtime_ns
    return any(not need.exists() or need.stat().st_mtime_ns >= made for need in needs)


def note(target: Path, command: list[str]) -> None:
    """Remembers what made ``target``."""
    target.with_suffix(".command").write_text(shlex.join(command))


def link(objects: list[Path], output: Path, extra: list[str]) -> None:
    """Links the shared object beside the object files, and puts it in place in one step: it may be in use."""
    _, python = python_flags()
    flags = ["-shared", f"-Wl,-soname,{LIBRARY}", "-Wl,-Bsymbolic", "-Wl,-z,nodelete", "-Wl,-z,relro,-z,now"]
    flags += [f"-Wl,--version-script={SOURCES / 'exports/exports.map'}", "-Wl,-rpath,$ORIGIN"]
    made = objects[0].with_name(LIBRARY)
    command = [*compiler(), *flags, *extra, *map(str, objects), "-o", str(made), *python, "-lpthread", "-ldl"]
    if outdated(made, command, [*objects, SOURCES / "exports/exports.map"]):
        run(command)
        note(made, command)
    put_in_place(made, output)


def put_in_place(made: Path, output: Path) -> None:
    """Copies what was made, in one step."""
    if output.exists() and filecmp.cmp(made, output, shallow=False):
        return
    partial_output = output.with_suffix(".new")
    shutil.copy2(made, partial_output)
    partial_output.replace(output)


def run(command: list[str]) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(f"build_ffi: failed ({done.returncode}): {shlex.join(command)}")


def build(output: Path, objects: Path, sanitize: bool = False) -> Path:
    """Builds ``output``; intermediate files go to ``objects``. sanitize: with AddressSanitizer and UBSan."""
    lacking = problem()
    if lacking:
        sys.exit(f"build_ffi: {sys.executable}: {lacking}")
    objects.mkdir(parents=True, exist_ok=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    extra = SANITIZERS if sanitize else []
    link(compile_all(objects, extra), output, extra)
    return output


def build_launcher(output: Path, objects: Path, package: str = str(PACKAGE)) -> Path:
    """Builds ``perry-compose``: a program that becomes this interpreter, or one of its version beside itself.

    objects: the folder of intermediate files. package: where that interpreter will have the package, seen from the folder of the program
    where it is no absolute path. While it is there as it is now in the sources, the program answers by itself what it was asked here.
    """
    from scripts.ship.answers import header, of_package

    for folder in (objects, output.parent):
        folder.mkdir(parents=True, exist_ok=True)
    text, answers = header(of_package(PACKAGE)), objects / "answers.h"
    if not answers.exists() or answers.read_text() != text:
        answers.write_text(text)
    name = "python{}.{}".format(*sys.version_info[:2])
    names = [f'-DPYTHON_NAME="{name}"', f'-DBUILT_BY="{sys.executable}"', f'-DPACKAGE="{package}"']
    names += [f'-DPERRY_CONTAINER_VERSION="{version()}"', f"-I{objects}"]
    made = objects / LAUNCHER.stem
    command = [*compiler(), "-std=gnu11", "-O2", *WARNINGS, *names, "-MMD", "-MF", f"{made}.d", str(LAUNCHER), "-o", str(made)]
    if outdated(made, command):
        run(command)
        note(made, command)
    put_in_place(made, output)
    return output


def pkg_config_file(library: str, include: str) -> str:
    """The text of ``perry_container.pc``; the two folders are relative to the one that it lies in."""
    return (
        f"libdir=${{pcfiledir}}/{library}\n"
        f"includedir=${{pcfiledir}}/{include}\n\n"
        "Name: perry_container\n"
        "Description: A container and Compose engine that a program can link to\n"
        f"Version: {version()}\n"
        "Cflags: -I${includedir}\n"
        "Libs: -L${libdir} -Wl,-rpath,${libdir} -lperry_container\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / LIBRARY)
    parser.add_argument("--objects", type=Path, default=ROOT / "build/objects")
    parser.add_argument("--launcher", type=Path, help="perry-compose of the checkout, which is built too")
    parser.add_argument("--sanitize", action="store_true", help="with AddressSanitizer and UBSan")
    parser.add_argument("--check", action="store_true", help="only say whether this Python can be embedded")
    options = parser.parse_args()
    if options.check:
        print(problem() or os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
        sys.exit(1 if problem() else 0)
    build(options.output, options.objects, options.sanitize)
    if options.launcher:
        build_launcher(options.launcher, options.objects / "launcher")


if __name__ == "__main__":
    main()
