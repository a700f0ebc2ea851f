"""The rooms of the package: who imports whom, and what only some of them may do."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src/perry_ffi"


def table(text: str) -> dict[str, set[str]]:
    """Each room of the table below "## Rooms", and what it may import: other rooms, or single modules of them."""
    section = text.split("\n## Rooms\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {cells[0].strip(" `/"): set(re.findall(r"`([\w.]+)`", cells[-1])) for cells in rows}


ROOMS = table((SOURCE.parents[1] / "docs/design.md").read_text())


def modules(source: Path = SOURCE) -> Iterable[tuple[str, ast.Module]]:
    """(dotted name below ``perry_ffi``, tree) of every module; of a package the name of the package."""
    return _of_the_package() if source == SOURCE else _parsed(source)


@functools.cache
def _of_the_package() -> list[tuple[str, ast.Module]]:
    return list(_parsed(SOURCE))


def _parsed(source: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(source.rglob("*.py")):
        parts = list(path.relative_to(source).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts = [*parts[:-1], ""]
        yield ".".join(parts), ast.parse(path.read_text(), str(path))


def imports(module: str, tree: ast.AST) -> Iterator[str]:
    """What a module imports of the package, also inside functions: dotted names below ``perry_ffi``."""
    package = ["perry_ffi", *module.split(".")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("perry_ffi.") for name in names if name.startswith("perry_ffi."))


def room(name: str) -> str:
    return name.split(".")[0]


def allowed(importer: str, imported: str) -> bool:
    mine = room(importer)
    if room(imported) in (mine, "__version__"):
        return True
    return any(imported == may or imported.startswith(f"{may}.") for may in ROOMS.get(mine, set()))


def forbidden(source: Path = SOURCE) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, tree in modules(source)
        if module
        for name in imports(module, tree)
        if not allowed(module, name)
    ]


def test_the_table_has_every_room_and_no_other() -> None:
    assert {room(module) for module, _ in modules() if module} == set(ROOMS)


def test_imports_go_where_the_table_says() -> None:
    assert forbidden() == []


def test_the_table_has_no_cycle() -> None:
    """Arrows one way: the rooms have an order in which each imports only earlier ones."""
    left = {name: {room(target) for target in targets} for name, targets in ROOMS.items()}
    while left:
        free = [name for name, targets in left.items() if not targets & set(left)]
        assert free, f"a cycle among {sorted(left)}"
        for name in free:
            del left[name]


def test_modules_do_not_import_in_circles() -> None:
    """Nor do the modules inside a room, at import time."""
    graph: dict[str, set[str]] = {}
    known = {module.rstrip(".") for module, _ in modules()}
    for module, tree in modules():
        at_start = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        later = {id(n) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef)) for n in ast.walk(f)}
        later |= {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and _type_checking(i) for n in ast.walk(i)}
        now = ast.Module(body=[node for node in at_start if id(node) not in later], type_ignores=[])
        targets = {name if name in known else name.rpartition(".")[0] for name in imports(module, now)}
        graph[module.rstrip(".")] = {target for target in targets if target in known and target != module.rstrip(".")}
    while graph:
        free = [name for name, targets in graph.items() if not targets & set(graph)]
        assert free, f"a circle among {sorted(graph)}"
        for name in free:
            del graph[name]


def test_containers_and_services_of_projects_know_nothing_of_each_other() -> None:
    """What is so for both is above them, and turns to one of them by the engine in force: while it works, not when it is loaded."""
    kinds = ("stack.containers.", "stack.cluster.")
    for module, tree in modules():
        own = next((kind for kind in kinds if module.startswith(kind)), None)
        found = {name for name in imports(module, tree) if name.startswith(kinds) and own and not name.startswith(own)}
        assert not found, f"{module} imports {sorted(found)}"
        if module.startswith("stack.") and own is None:
            outside = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
            early = {name for name in imports(module, ast.Module(body=outside, type_ignores=[])) if name.startswith(kinds)}
            assert not early, f"{module} imports {sorted(early)} when it is loaded"


def _type_checking(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_a_wrong_arrow_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/wrong.py").write_text("def late():\n    from perry_ffi.backends import base\n")
    (tmp_path / "model/relative.py").write_text("from ..service.client import Client\n")
    (tmp_path / "model/right.py").write_text("from perry_ffi.errors import NotFound\nfrom .values import x\nimport os\n")
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack/deep.py").write_text("from perry_ffi.backends.detect import connect\n")
    assert forbidden(tmp_path) == [
        "model.relative imports service.client.Client",
        "model.wrong imports backends.base",
        "stack.deep imports backends.detect.connect",
    ]


# -- a guest in a process -------------------------------------------------------------------------

# What a library must not do to the process it is in, and the modules that are programs of their own.
NOT_OF_A_GUEST = {
    "print", "input", "breakpoint", "sys.exit", "os._exit", "os.abort", "os.chdir", "os.umask", "os.kill", "os.killpg",
    "signal.signal", "signal.set_wakeup_fd", "signal.setitimer", "locale.setlocale", "logging.basicConfig",
    "os.putenv", "os.system", "os.popen", "sys.setrecursionlimit", "faulthandler.enable",
}  # fmt: skip
PROGRAMS = ("cli", "config", "abi.generate")
# Who may do one of these all the same: the spawner signals the programs that it has started itself.
ITS_BUSINESS = {("process.program", "os.killpg")}
ENVIRONMENT = ("settings", "bridge.server", "cli")


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def inside(module: str, rooms: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in rooms)


def library_modules() -> list[tuple[str, ast.Module]]:
    return [(module, tree) for module, tree in modules() if not inside(module, PROGRAMS)]


def test_a_guest_changes_nothing_of_its_host() -> None:
    done = {(module, name) for module, tree in library_modules() for name, _ in calls(tree) if name in NOT_OF_A_GUEST}
    assert done - ITS_BUSINESS == set()


def test_no_shell() -> None:
    """Nothing goes through a shell: no ``shell=True``, no function that takes a command line."""
    shells = [
        f"{module}: {name}"
        for module, tree in modules()
        for name, call in calls(tree)
        if any(word.arg == "shell" for word in call.keywords) or name.endswith("create_subprocess_shell")
    ]
    assert shells == []


def test_one_reader_of_the_environment() -> None:
    readers = [
        module
        for module, tree in library_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.environb")
    ]
    assert [module for module in readers if not inside(module, ENVIRONMENT)] == []


def test_cffi_stays_at_the_border() -> None:
    """Python meets cffi only as the objects that the shared object hands to ``bridge``."""
    users = [
        module
        for module, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(room(alias.name) in ("cffi", "_cffi_backend") for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and room(node.module or "") in ("cffi", "_cffi_backend"))
    ]
    assert users == []


@pytest.mark.parametrize("module", ["backends.detect", "stack.up", "stack.down", "stack.status", "cli.engine", "service.doctor"])
def test_what_asks_an_engine_loads_no_model_library(module: str) -> None:
    """An answer is checked without it: it loads when somebody says something (a spec, options)."""
    code = f"import sys, perry_ffi.{module}; print([m for m in ('pydantic_core', 'perry_ffi.model.base') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "module",
    [
        "bridge.entry",
        "bridge.ffi_channel",
        "bridge.server",
        "api.streams",
        "service.client",
        "service.streams",
        "service.handles",
    ],
)
def test_what_every_call_waits_for_imports_little(module: str) -> None:
    """The first call's modules do not load models, engines or YAML when they are imported."""
    heavy = ("pydantic_core", "yaml", "anyio", "h11", "perry_ffi.model", "perry_ffi.backends", "perry_ffi.compose")
    code = f"import sys, perry_ffi.{module}; print([m for m in {heavy!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
    assert shown.stdout.strip() == "[]"


def test_what_only_some_builds_need_is_loaded_by_them() -> None:
    heavy = (
        "h2",
        "hpack",
        "tarfile",
        "perry_ffi.backends.engine_api.build.builder",
        "perry_ffi.backends.engine_api.build.buildkit",
    )
    engine = "perry_ffi.backends.engine_api.engine"
    for modules in ((engine, heavy), ("perry_ffi.backends.engine_api.build.builder", ("h2", "hpack"))):
        code = f"import sys, {modules[0]}; print([m for m in {modules[1]!r} if m in sys.modules])"
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=SOURCE.parent)
        assert shown.stdout.strip() == "[]"
