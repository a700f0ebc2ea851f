"""The table of apple/container's options is what the sources of its release declare, where they are at hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engines.apple.options import COMMANDS
from tests.engines.apple.sources import FOLDER, commands

SHORT_ONLY = " (has no long name)"
DECLARATIONS = """
@Flag(name: .shortAndLong, help: "Say (a) little") var quiet = false
@Option(name: [.customLong("size"), .customShort("s")], help: ArgumentHelp("a", valueName: "b")) public var bytes: String?
@Option(name: .customShort("n")) var lines: Int?
@Option var maxThings: Int = 3
@Argument(help: "Names") var names: [String] = []
@Flag(inversion: .prefixedEnableDisable) var kernelInstall: Bool?
@OptionGroup public var logOptions: Flags.Logging
"""


def ours(table: dict[str, str]) -> dict[str, str]:
    return {(f"-{letter}" if name.endswith(SHORT_ONLY) else name): letter for name, letter in table.items() if name != "help"}


def test_declarations_are_read(tmp_path: Path) -> None:
    places = {
        "Services/ContainerAPIService/Client/Flags.swift": "struct Logging: ParsableArguments { @Flag var debug = false }",
        "ContainerCommands/Image/ImageShow.swift": f'let c = CommandConfiguration(commandName: "show"){DECLARATIONS}',
    }
    for name, text in places.items():
        path = tmp_path / "Sources" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = commands(tmp_path)["image", "show"]
    assert found.options == {"size": "s", "-n": "n", "max-things": ""} and found.words == 1
    assert found.flags == {"quiet": "q", "enable-kernel-install": "", "disable-kernel-install": "", "debug": ""}


@pytest.mark.skipif(FOLDER not in os.environ, reason=f"{FOLDER} names no sources of apple/container 1.2.2")
def test_the_table_is_what_the_sources_declare() -> None:
    declared = commands(Path(os.environ[FOLDER]))
    for words, table in COMMANDS.items():
        found = declared[words]
        assert ours(table.options) == found.options, words
        assert ours(table.flags) == found.flags, words
        assert table.most is None or table.most == found.words, words
