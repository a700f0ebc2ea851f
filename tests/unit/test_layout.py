"""A unit test lies where a newcomer looks for it: it bears the name and the folder of the module that it tests."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parents[1] / "src/perry_ffi"

# What is about many modules at once, and why it is one file.
ACROSS = {
    "abi/test_c_layers.py": "the C sources: which layer includes which",
    "test_attributes.py": "docs/attributes.md and the live tests that hold the engines to it",
    "test_layout.py": "this test",
    "test_rooms.py": "who imports whom",
}
# Folders about what is no module of the package.
WITHOUT_MODULES = {"packaging"}


def tests() -> list[str]:
    return sorted(path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py"))


def module_of(test: str) -> Path:
    """The module, or the package, that a test of this name is about."""
    path = Path(test)
    return SOURCE / path.parent / path.name.removeprefix("test_").removesuffix(".py")


def test_each_test_bears_the_name_of_a_module() -> None:
    lost = [
        test
        for test in tests()
        if test not in ACROSS
        and test.split("/")[0] not in WITHOUT_MODULES
        and not module_of(test).is_dir()
        and not module_of(test).with_suffix(".py").is_file()
    ]
    assert lost == [], "name the file after its module, or say in ACROSS why it is about many"


def test_what_is_about_many_modules_is_there_and_no_modules_name() -> None:
    assert [test for test in ACROSS if test not in tests()] == []
    assert [test for test in ACROSS if module_of(test).with_suffix(".py").is_file()] == []
