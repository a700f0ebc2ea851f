"""What is linked, in the shared object and in the program of the same code that the build itself runs."""

from __future__ import annotations

from pathlib import Path

from scripts.static.clibraries import clibraries
from scripts.static.cpython import VERSION, cpython, include
from scripts.static.extensions import extensions
from scripts.static.openssl import openssl
from scripts.static.places import Part, digest
from scripts.static.rust import cryptography, pydantic_core
from scripts.static.toolchain import compile_all, key, run

# Modules of C beside those of CPython's own build: by their names in Python, the functions that make them.
MODULES = {
    "_cffi_backend": "PyInit__cffi_backend",
    "_hashlib": "PyInit__hashlib",
    "_ssl": "PyInit__ssl",
    "cryptography.hazmat.bindings._rust": "PyInit__rust",
    "pydantic_core._pydantic_core": "PyInit__pydantic_core",
    "yaml._yaml": "PyInit__yaml",
}
# What asks comes before what answers.
ARCHIVES = {
    extensions: ["libextensions.a"],
    pydantic_core: ["pydantic_core.o"],
    cryptography: ["cryptography.o"],
    cpython: [f"libpython{VERSION}.a", "libHacl_Hash_SHA2.a", "libmpdec.a"],
    openssl: ["libssl.a", "libcrypto.a"],
    clibraries: ["libffi.a", "libyaml.a", "libz.a"],
}
# All of glibc, but the unwinder for Rust, which is an archive of zig's.
SYSTEM = ["-lm", "-lpthread", "-ldl", "-lutil", "-lunwind"]

PROGRAM = """
#include <Python.h>

{declarations}

static struct _inittab linked[] = {{
{rows}
    {{NULL, NULL}},
}};

int main(int argc, char **argv)
{{
    PyImport_ExtendInittab(linked);
    return Py_BytesMain(argc, argv);
}}
"""


def archives() -> list[Path]:
    return [part().folder() / "lib" / name for part, names in ARCHIVES.items() for name in names]


def declarations(modules: dict[str, str]) -> str:
    return "\n".join(f"extern PyObject *{function}(void);" for function in sorted(set(modules.values())))


def rows(modules: dict[str, str]) -> str:
    return "\n".join(f'    {{"{name}", {function}}},' for name, function in sorted(modules.items()))


def _program(folder: Path) -> None:
    source = folder / "program.c"
    source.write_text(PROGRAM.format(declarations=declarations(MODULES), rows=rows(MODULES)))
    [made] = compile_all([source], folder, include())
    (folder / "bin").mkdir()
    inputs = [str(path) for path in (made, *archives())]
    run(["perry-cc", "-Wl,-s", "-Wl,--gc-sections", *inputs, *SYSTEM, "-o", str(folder / "bin/python")])
    (folder / "lib").mkdir()
    (folder / f"lib/python{VERSION}").symlink_to(cpython().folder() / f"lib/python{VERSION}")


def program() -> Part:
    """``bin/python``: the very Python that is linked, with all its modules of C, and the standard library on disk."""
    return Part("program", _program, (key(), digest(*(part().key for part in ARCHIVES))))
