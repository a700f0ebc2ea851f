"""A unit test lies where a newcomer looks for it: it bears the name and the folder of the module that it tests."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parents[1] / "src/perry_ffi"

# What is about many modules at once, and why it is one file.
ACROSS = {
    "abi/test_c_layers.py": "the C sources: which layer includes which",
    "api/test_stack_handles.py": "stacks behind handles, from the operation to the engine in memory",
    "api/test_workload_handles.py": "graphs behind handles, through all layers",
    "api/test_stacks_documents.py": "documents that one operation gives and another takes",
    "api/test_workload_documents.py": "anything that is said of graphs, from the operation to the engine in memory",
    "cli/test_on_cluster.py": "commands on a cluster in memory",
    "cli/test_process.py": "the whole process of perry-compose",
    "compose/test_docs.py": "docs/compose.md and the schema",
    "compose/test_fuzz.py": "any text through the whole load",
    "compose/test_growth.py": "the work of a whole load",
    "compose/test_properties.py": "rules that hold for several passes together",
    "compose/test_refusals.py": "errors of every pass, and that they keep secrets",
    "compose/test_resource_attributes.py": "each attribute through all passes",
    "compose/test_service_attributes.py": "each attribute through all passes",
    "graph/test_graph.py": "order and cycles, which have each other's cases",
    "backends/apple/test_hostile.py": "hostile text through every operation of a driver, to its program",
    "backends/nerdctl/test_hostile.py": "the same of nerdctl's",
    "model/test_workload_documentation.py": "docs/workloads.md and every model of workload graphs",
    "service/test_makers.py": "who makes clients, contexts and options, anywhere in the package",
    "service/test_python_host.py": "the services together, as a Python host uses them",
    "stack/cluster/test_create.py": "an up on a cluster that gives services no tasks",
    "stack/cluster/test_outages.py": "an up on a cluster whose machines and leaders go away",
    "stack/cluster/test_transaction.py": "an up on a cluster whose calls fail, through all of it",
    "stack/translate/test_runtimes.py": "what runtimes lack of a project, from their rules through the whole translation",
    "stack/cluster/test_growth.py": "the work of plans on a cluster, and the calls of its verbs",
    "stack/cluster/test_properties.py": "rules that hold for every project on a cluster",
    "stack/cluster/test_edits.py": "one edit of every kind, from the project to the tasks that it replaces",
    "stack/cluster/test_any_project.py": "any file, from the loader to what an engine of services is asked for",
    "stack/test_edits.py": "one edit of every kind, from the project to the plan",
    "stack/test_foreign.py": "what somebody else labelled, before every verb",
    "stack/test_growth.py": "the work of every verb",
    "stack/test_images_put_back.py": "images through up and its rollback",
    "stack/test_lesser_engines.py": "up and its rollback on engines that can do less",
    "stack/test_peer.py": "projects that docker compose made, before several verbs",
    "stack/test_properties.py": "rules that hold for every project",
    "stack/test_second_up.py": "any file, brought up twice",
    "stack/test_surroundings.py": "what a change of one container means for the others",
    "stack/test_transaction.py": "an up that fails at any call",
    "stack/translate/test_completeness.py": "nothing is dropped on the way from a file to an engine",
    "stack/translate/test_documentation.py": "docs/attributes.md, the schema and the members",
    "stack/translate/test_hostile.py": "hostile text through the whole translation",
    "trust/test_attacks.py": "what a naive verifier would take, at every step",
    "trust/test_properties.py": "any byte of good evidence, changed",
    "workload/test_walk_races.py": "what meets in a walk: the order of turns, tries, releases and halts",
    "workload/test_hostile.py": "hostile documents through the whole check, to the plan",
    "workload/test_walk_random.py": "random graphs through the whole walk",
    "workload/test_properties.py": "each call of a run failed in turn",
    "workload/test_random_graphs.py": "any graph, any failure, through the whole run",
    "test_attributes.py": "docs/attributes.md and the live tests that hold the engines to it",
    "test_engine_words.py": "which rooms may know an engine",
    "test_layout.py": "this test",
    "test_rooms.py": "who imports whom",
}
# Folders about what is no module of the package.
WITHOUT_MODULES = {"engines", "packaging"}
ROOT = Path(__file__).resolve().parents[2]


def files() -> list[str]:
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def module_of(test: str) -> Path:
    """The module, or the package, that a test of this name is about."""
    path = Path(test)
    return SOURCE / path.parent / path.name.removeprefix("test_").removesuffix(".py")


def test_each_test_bears_the_name_of_a_module() -> None:
    lost = [
        test
        for test in files()
        if test not in ACROSS
        and test.split("/")[0] not in WITHOUT_MODULES
        and not module_of(test).is_dir()
        and not module_of(test).with_suffix(".py").is_file()
    ]
    assert lost == [], "name the file after its module, or say in ACROSS why it is about many"


def test_what_is_about_many_modules_bears_no_modules_name() -> None:
    assert [test for test in ACROSS if module_of(test).with_suffix(".py").is_file()] == []


def test_what_tests_and_benchmarks_import_is_there() -> None:
    """Also inside functions, and in programs that only a live test starts."""
    gone = []
    for folder in ("tests", "benchmarks", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "perry_ffi":
                    gone += [
                        f"{path.relative_to(ROOT)}: {node.module}.{row.name}" for row in node.names if not _is_there(node, row)
                    ]
    assert gone == []


def _is_there(node: ast.ImportFrom, row: ast.alias) -> bool:
    module = importlib.import_module(node.module or "")
    return hasattr(module, row.name) or importlib.util.find_spec(f"{node.module}.{row.name}") is not None
