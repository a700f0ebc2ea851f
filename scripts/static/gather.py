"""Which modules of Python the library carries: all that its own can import, found by walking the text of each.

Run by the Python that is linked, whose syntax the modules have. Imports inside functions count, too. What an import names
and what is neither carried nor linked stands in ``ABSENT``, with the reason; anything else that is missing ends the build. So
a list that is out of date is an error here, and none at run time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Of the library's own: what writes its sources, and what tells a C build where things are.
NOT_RUN = re.compile(r"perry_ffi\.(abi\.(?!rows$)|interpreter\.carried$|config$)")
# What is imported by a name that is made at run time; codecs by that of an encoding; what pydantic-core asks for in Rust.
BY_NAME = """
_sysconfigdata__linux_x86_64-linux-gnu
anyio._backends._asyncio rich._unicode_data.*
encodings.aliases encodings.ascii encodings.cp437 encodings.idna encodings.latin_1 encodings.punycode encodings.raw_unicode_escape
encodings.unicode_escape encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32 encodings.utf_8 encodings.utf_8_sig
collections copy dataclasses decimal enum fractions ipaddress pathlib re uuid
""".split()  # noqa: SIM905
# Put into sys.modules by the package that they seem to lie in.
MADE = {"os.path", "collections.abc"}
# Modules that an import names and that nobody misses, by the reason. A name stands for what is below it, too.
ABSENT = {
    "of another system or another Python": """
        _aix_support _android_support _ios_support _osx_support _overlapped _pydatetime _pydecimal _pyio _pypy_util _pyrepl _scproxy
        _winapi _wmi annotationlib asyncio.proactor_events asyncio.windows_events asyncio.windows_utils concurrent.interpreters
        exceptiongroup java msvcrt nt org pathlib.types uvloop vms_lib winloop winreg winsound anyio._core._subprocesses_win""",
    "a tool of developers": """
        IPython _pytest bdb bcrypt cProfile cmd code codeop devtools distutils doctest ensurepip eval_type_backport hypothesis
        idlelib lib2to3 mypy pdb pip profile pstats pydoc pydoc_data pytest readline rlcompleter setuptools test tkinter trace
        turtle unittest venv anyio.pytest_plugin""",
    "asked for by what nothing here does": """
        _bz2 _ctypes _lzma _multiprocessing _tzdata _uuid anyio._backends._trio anyio.to_process brotli bz2 concurrent.futures.process
        ctypes curses dbm dotenv email_validator ftplib h2.__main__ html http lzma mailbox multiprocessing netrc nis outcome plistlib
        pyexpat rich.__main__ rich.align rich.console rich.jupyter rich.markdown rich.panel rich.pretty rich.progress rich.syntax
        rich.table rich.text rich.traceback rich._inspect smtplib sniffio sqlite3 trio tzdata webbrowser wsgiref xml xmlrpc zstandard""",
}
NOT_MISSED = frozenset(name for names in ABSENT.values() for name in names.split())


def is_absent(name: str) -> bool:
    """Whether the module, or a package that it lies in, stands in the list."""
    parts = name.split(".")
    return any(".".join(parts[: end + 1]) in NOT_MISSED for end in range(len(parts)))


@dataclass(frozen=True)
class Module:
    name: str
    file: Path
    label: str
    """How tracebacks name the file: without the place where it was built."""

    @property
    def is_package(self) -> bool:
        return self.label.endswith("/__init__.py")


@dataclass(frozen=True)
class Import:
    """module: what is imported; names: what is taken from it, which can be modules as well.

    always: whether it is imported whenever the importing module is, and without regard to whether it is there.
    """

    module: str
    names: tuple[str, ...]
    always: bool


@dataclass
class Gathered:
    modules: dict[str, Module] = field(default_factory=dict)
    missing: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    """What was imported and is nowhere: by whom, and whether always."""


class Trees:
    """The folders that modules come from, as an import path. replaced: files of them (``perry_ffi/api/volumes.py``) and what stands in."""

    def __init__(self, folders: list[Path], replaced: dict[str, Path]) -> None:
        self._folders = folders
        self._replaced = replaced

    def find(self, name: str) -> Module | None:
        relative = name.replace(".", "/")
        for folder in self._folders:
            for shape in (f"{relative}/__init__.py", f"{relative}.py"):
                if (folder / shape).is_file():
                    return Module(name, self._replaced.get(shape, folder / shape), shape)
        return None

    def below(self, package: str) -> Iterator[str]:
        """Every module of a package."""
        found = self.find(package)
        if found is None:
            return
        for path in sorted(found.file.parent.rglob("*.py")):
            parts = path.relative_to(found.file.parent).with_suffix("").parts
            yield ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def _is_for_checkers(node: ast.AST) -> bool:
    """``if TYPE_CHECKING:``, which never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING")


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.orelse if _is_for_checkers(node) else ast.iter_child_nodes(node))  # type: ignore[attr-defined]


def imports(module: Module) -> Iterator[Import]:
    """Whatever the module imports, anywhere in its text."""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    tree = ast.parse(module.file.read_bytes())
    for node in _nodes(tree):
        always = node in tree.body
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, (), always) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield Import(stem, tuple(alias.name for alias in node.names), always)


def _roots(trees: Trees) -> list[str]:
    names = [*trees.below("perry_ffi")]
    for pattern in BY_NAME:
        names += trees.below(pattern[:-2]) if pattern.endswith(".*") else [pattern]
    return [name for name in names if not NOT_RUN.match(name) and not is_absent(name)]


def gather(trees: Trees, linked: set[str]) -> Gathered:
    """Everything that is reached. linked: the names of the modules that are compiled in."""
    result = Gathered()
    waiting = [(name, "", True) for name in _roots(trees)]
    while waiting:
        name, importer, always = waiting.pop()
        if name in result.modules or name in linked or name in MADE:
            continue
        module = None if is_absent(name) else trees.find(name)
        if module is None:
            result.missing.setdefault(name, []).append((importer, always))
            continue
        result.modules[name] = module
        if "." in name:
            waiting.append((name.rpartition(".")[0], name, True))
        for found in imports(module):
            within = (f"{found.module}.{one}" for one in found.names)
            waiting.append((found.module, name, found.always))
            waiting += [(one, name, found.always) for one in within if one in linked or trees.find(one)]
    return result


def unforgivable(result: Gathered) -> list[str]:
    """What is imported and is nowhere, and is not known to be absent; of our own modules, and of what is always imported, everything."""
    lost = []
    for name, importers in sorted(result.missing.items()):
        hurt = [one for one, always in importers if always or one.startswith("perry_ffi.") or not is_absent(name)]
        if hurt:
            lost.append(f"{name} (imported by {', '.join(sorted(set(hurt))[:3])})")
    return lost
