"""Builds the shared object: ``python build_ffi.py [--output FILE] [--objects DIR] [--sanitize]``.

cffi writes the C source that embeds Python; it is compiled together with the sources of the border in
``src/perry_ffi/abi/c`` and the dispatch tables, and linked so that nothing but the table's symbols is exported.
The interpreter that runs this script is the one that the shared object embeds.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SOURCES = ROOT / "src/perry_ffi/abi/c"
TABLES = ROOT / "codegen_tables/perry_container_tables.c"
LIBRARY = "libperry_container.so"

EMBEDDED = """
from _perry_container import ffi, lib
from perry_ffi.bridge.entry import attach
attach(ffi, lib)
"""

# What Python sees of the border; the meaning of each is in internal.h.
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
void perry_set_death(const char *error);
int perry_owns_python(void);
const char *perry_table_digest(void);
"""

WARNINGS = "-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter".split()
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


def version() -> str:
    """The library's version, from the one place that has it."""
    text = (ROOT / "src/perry_ffi/__init__.py").read_text()
    return re.search(r'__version__ = "([^"]+)"', text)[1]  # type: ignore[index]


def embedding_source(target: Path) -> None:
    """Lets cffi write the C source that embeds Python."""
    from cffi import FFI

    builder = FFI()
    builder.embedding_api("int perry_serve(void);")
    builder.cdef(INTERNAL)
    builder.set_source("_perry_container", '#include "internal.h"')
    builder.embedding_init_code(EMBEDDED)
    builder.emit_c_code(str(target))


def python_flags() -> tuple[list[str], list[str]]:
    """What the C compiler and the linker need for this interpreter's library."""
    config = sysconfig.get_config_var
    include = {sysconfig.get_path("include"), sysconfig.get_path("platinclude")}
    compile_flags = [f"-I{folder}" for folder in sorted(include)]
    compile_flags.append(f'-DPERRY_PYTHON_STDLIB="{sysconfig.get_path("stdlib")}"')
    folder = config("LIBDIR")
    name = f"python{config('LDVERSION') or config('VERSION')}"
    link_flags = [f"-L{folder}", f"-l{name}"]
    if not folder.startswith(("/usr/lib", "/lib")):
        link_flags.append(f"-Wl,-rpath,{folder}")
    return compile_flags, link_flags


def check_python() -> None:
    """Says what is missing before the compiler does."""
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        sys.exit(
            f"build_ffi: {header} is not there: the development files of Python "
            f"{sysconfig.get_python_version()} are needed (Debian: apt-get install python3-dev)"
        )


def compiler() -> list[str]:
    return shlex.split(os.environ.get("CC") or "cc")


def compile_all(objects: Path, extra: list[str]) -> list[Path]:
    """Compiles every source into ``objects`` and gives the object files."""
    embedding = objects / "_perry_container.c"
    embedding_source(embedding)
    python, _ = python_flags()
    common = ["-std=gnu11", "-O2", "-g", "-fPIC", "-fvisibility=hidden", "-DPERRY_CONTAINER_BUILD", *extra]
    common += [f"-I{ROOT / 'include'}", f"-I{SOURCES}", f'-DPERRY_CONTAINER_VERSION="{version()}"', *python]
    built = []
    for source in [*sorted(SOURCES.glob("*.c")), TABLES, embedding]:
        warnings = [] if source == embedding else WARNINGS
        target = objects / f"{source.stem}.o"
        run([*compiler(), *common, *warnings, "-c", str(source), "-o", str(target)])
        built.append(target)
    return built


def link(objects: list[Path], output: Path, extra: list[str]) -> None:
    """Links the shared object."""
    _, python = python_flags()
    flags = ["-shared", f"-Wl,-soname,{LIBRARY}", "-Wl,-Bsymbolic", "-Wl,-z,nodelete", "-Wl,-z,relro,-z,now"]
    flags += [f"-Wl,--version-script={SOURCES / 'exports.map'}", "-Wl,-rpath,$ORIGIN"]
    partial_output = output.with_suffix(".new")
    run([*compiler(), *flags, *extra, *map(str, objects), "-o", str(partial_output), *python, "-lpthread", "-ldl"])
    partial_output.replace(output)


def run(command: list[str]) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(f"build_ffi: failed ({done.returncode}): {shlex.join(command)}")


def build(output: Path, objects: Path, sanitize: bool = False) -> Path:
    """Builds ``output``; intermediate files go to ``objects``. sanitize: with AddressSanitizer and UBSan."""
    check_python()
    objects.mkdir(parents=True, exist_ok=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    extra = SANITIZERS if sanitize else []
    link(compile_all(objects, extra), output, extra)
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / LIBRARY)
    parser.add_argument("--objects", type=Path, default=ROOT / "build/objects")
    parser.add_argument("--sanitize", action="store_true", help="with AddressSanitizer and UBSan")
    options = parser.parse_args()
    build(options.output, options.objects, options.sanitize)


if __name__ == "__main__":
    main()
