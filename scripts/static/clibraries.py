"""The small C libraries: libffi for cffi, libyaml for PyYAML, zlib for Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts.static.debian import debian_source
from scripts.static.places import Part
from scripts.static.toolchain import archive, compile_all, key

NAMES = ("libffi", "libyaml", "zlib")


# What libffi's configure would find out for this target: its source package has no configure, and the answers are known.
LIBFFI_HEADER = {
    "@VERSION@": "3.4.8",
    "@TARGET@": "X86_64",
    "@HAVE_LONG_DOUBLE@": "1",
    "@FFI_EXEC_TRAMPOLINE_TABLE@": "0",
}
LIBFFI_CONFIG = """
#define EH_FRAME_FLAGS "a"
#define FFI_EXEC_STATIC_TRAMP 1
#define FFI_MMAP_EXEC_WRIT 1
#define HAVE_AS_CFI_PSEUDO_OP 1
#define HAVE_AS_X86_64_UNWIND_SECTION_TYPE 1
#define HAVE_AS_X86_PCREL 1
#define HAVE_HIDDEN_VISIBILITY_ATTRIBUTE 1
#define HAVE_LONG_DOUBLE 1
#define HAVE_RO_EH_FRAME 1
#define SIZEOF_SIZE_T 8
#define STDC_HEADERS 1
#ifdef LIBFFI_ASM
#define FFI_HIDDEN(name) .hidden name
#else
#define FFI_HIDDEN __attribute__((visibility("hidden")))
#endif
"""
LIBFFI_HAS = "ALLOCA ALLOCA_H DLFCN_H FCNTL_H INTTYPES_H MEMCPY MKSTEMP MMAP MREMAP STDINT_H STDLIB_H STRING_H SYS_MMAN_H SYS_STAT_H UNISTD_H"
LIBFFI_SOURCES = """
prep_cif.c types.c raw_api.c java_raw_api.c closures.c tramp.c x86/ffi64.c x86/ffiw64.c x86/unix64.S x86/win64.S
"""


def _libffi(folder: Path) -> None:
    source = debian_source("libffi").folder() / "tree"
    header = (source / "include/ffi.h.in").read_text()
    for name, value in LIBFFI_HEADER.items():
        header = header.replace(name, value)
    (folder / "include/ffi.h").write_text(header)
    shutil.copy2(source / "src/x86/ffitarget.h", folder / "include")
    objects = folder / "objects-ffi"
    objects.mkdir()
    (objects / "fficonfig.h").write_text(LIBFFI_CONFIG + "".join(f"#define HAVE_{name} 1\n" for name in LIBFFI_HAS.split()))
    flags = [f"-I{place}" for place in (objects, folder / "include", source / "include", source / "src")]
    sources = [source / "src" / name for name in LIBFFI_SOURCES.split()]
    archive(folder / "lib/libffi.a", compile_all(sources, objects, *flags))


def _libyaml(folder: Path) -> None:
    source = debian_source("libyaml").folder() / "tree"
    major, minor, patch = version = ("0", "2", "5")
    defines = [f"-DYAML_VERSION_{name}={value}" for name, value in zip(("MAJOR", "MINOR", "PATCH"), version, strict=True)]
    defines += [f'-DYAML_VERSION_STRING="{major}.{minor}.{patch}"', "-DYAML_DECLARE_STATIC", f"-I{source / 'include'}"]
    archive(folder / "lib/libyaml.a", compile_all(sorted((source / "src").glob("*.c")), folder / "objects-yaml", *defines))
    shutil.copy2(source / "include/yaml.h", folder / "include")


def _zlib(folder: Path) -> None:
    source = debian_source("zlib").folder() / "tree"
    defines = ["-DHAVE_UNISTD_H", "-DHAVE_STDARG_H", "-D_LARGEFILE64_SOURCE=1", f"-I{source}"]
    archive(folder / "lib/libz.a", compile_all(sorted(source.glob("*.c")), folder / "objects-zlib", *defines))
    for header in ("zlib.h", "zconf.h"):
        shutil.copy2(source / header, folder / "include")


def _recipe(folder: Path) -> None:
    for name in ("lib", "include"):
        (folder / name).mkdir()
    _libffi(folder)
    _libyaml(folder)
    _zlib(folder)
    for objects in folder.glob("objects-*"):
        shutil.rmtree(objects)


def clibraries() -> Part:
    """``lib`` and ``include``."""
    return Part("clibraries", _recipe, (key(), *(debian_source(name).key for name in NAMES)))
