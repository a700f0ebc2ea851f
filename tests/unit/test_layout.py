"""A unit test lies where a newcomer looks for it: it bears the name and the folder of the module that it tests."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parents[1] / "src/perry_ffi"

# What is about many modules at once, and why it is one file.
ACROSS = {
    "abi/test_c_layers.py": "the C sources: which layer includes which",
    "api/test_stack_handles.py": "stacks behind handles, from the operation to the engine in memory",
    "api/test_stacks_documents.py": "documents that one operation gives and another takes",
    "cli/test_process.py": "the whole process of perry-compose",
    "cli/test_project.py": "what all subcommands with an engine do first",
    "compose/test_docs.py": "docs/compose.md and the schema",
    "compose/test_fuzz.py": "any text through the whole load",
    "compose/test_growth.py": "the work of a whole load",
    "compose/test_properties.py": "rules that hold for several passes together",
    "compose/test_refusals.py": "errors of every pass, and that they keep secrets",
    "compose/test_resource_attributes.py": "each attribute through all passes",
    "compose/test_service_attributes.py": "each attribute through all passes",
    "graph/test_graph.py": "order and cycles, which have each other's cases",
    "service/test_makers.py": "who makes clients, contexts and options, anywhere in the package",
    "service/test_python_host.py": "the services together, as a Python host uses them",
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
    "test_attributes.py": "docs/attributes.md and the live tests that hold the engines to it",
    "test_engine_words.py": "which rooms may know an engine",
    "test_layout.py": "this test",
    "test_rooms.py": "who imports whom",
}
# Folders about what is no module of the package.
WITHOUT_MODULES = {"packaging"}


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
