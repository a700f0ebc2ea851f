from __future__ import annotations

import pytest

from perry_ffi.abi.types import document, flag, handle, promise, text
from perry_ffi.abi.wit import interfaces
from perry_ffi.abi.wit.documents import Documents
from perry_ffi.abi.wit.interfaces import functions, interface

OPTIONS = document("options", "DownOptions", "{volumes}; absent means the defaults", optional=True)
STREAM = handle("stream", "handle of a stream")
ROWS = (
    promise("container", "list", [flag("all", "also those that do not run")], "ContainerInfo[]", "Lists.", "api:x"),
    promise("container", "pullImage", [text("imageName", "its name; required")], "void", "Pulls.", "api:x"),
    promise("container", "streamNext", [STREAM], "Chunk[]|null", "The next.", "api:x"),
    promise("compose", "down", [handle("stack", "handle of a stack"), OPTIONS], "CleanupReport", "Takes down."),
    promise("compose", "up", [document("spec", "ComposeSpec", "the model"), OPTIONS], "i64 stack", "Brings up.", "api:x"),
    promise("container", "runCapability", [document("spec", "CapabilitySpec", "what")], "bool", "Runs.", "api:x", "alloy_run"),
)


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "OPERATIONS", ROWS)


def test_each_row_has_its_place() -> None:
    assert [one.path for one in functions(Documents())] == [
        "containers/list",
        "containers/pull-image",
        "streams/stream-handle.next",
        "compose/stack-handle.down",
        "compose/up",
        "capability/run-capability",
    ]


def test_the_text_of_functions() -> None:
    listed, pulled, following, down, up, _ = (one.text("") for one in functions(Documents()))
    assert listed == (
        "/// Lists.\n/// - `all`: also those that do not run.\n"
        "%list: func(all: bool) -> result<list<container-info>, container-error>;\n"
    )
    assert pulled == (
        "/// Pulls.\n/// - `image-name`: its name.\npull-image: func(image-name: string) -> result<_, container-error>;\n"
    )
    assert following == "/// The next.\nnext: func() -> result<option<list<chunk>>, container-error>;\n"
    assert "/// - `options`: absent means the defaults.\n/// Not in this version: fails with 501 Unsupported.\n" in down
    assert up.endswith("up: func(spec: compose-spec, options: option<down-options>) -> result<stack-handle, container-error>;\n")


def test_a_long_one_has_a_parameter_a_line() -> None:
    long = next(one for one in functions(Documents()) if one.name == "up").text(" " * 40)
    assert f"\n{' ' * 42}spec: compose-spec,\n{' ' * 42}options: option<down-options>,\n{' ' * 40}) -> " in long


def test_an_interface_uses_what_it_names() -> None:
    found = functions(Documents())
    shown = interface("compose", found, {"cleanup-report", "compose-spec", "container-error", "down-options", "chunk"})
    assert shown.startswith(
        "interface compose {\n  use types.{cleanup-report, compose-spec, container-error, down-options};\n\n"
        "  /// A project that is up. To drop it takes nothing down.\n  resource stack-handle {\n"
    )
    assert "stack-handle}" not in shown


def test_another_interface_uses_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    row = promise("container", "composeUp", [document("spec", "ComposeSpec", "the model")], "i64 stack", "Up.", "api:x")
    monkeypatch.setattr(interfaces, "OPERATIONS", (row,))
    assert "  use compose.{stack-handle};\n" in interface("containers", functions(Documents()), set())
