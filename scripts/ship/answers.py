"""What ``perry-compose`` says that is known since the build: its version, its helps, what shells complete with.

The library itself is asked, so the answers are those of the Python in it, whose helps differ from those of another version.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.static.places import ROOT

# Run in a process of its own: calls the function with each line of words, and tells its status and what it wrote.
_ASK = """
import ctypes, json, os, sys
library = ctypes.CDLL(sys.argv[1])
lines, told = json.load(sys.stdin), []
for words in lines:
    line = [b"perry-compose", *(word.encode() for word in words), None]
    with open(sys.argv[2], "wb+") as file:
        os.dup2(file.fileno(), 1)
        status = library.perry_container_main(len(line) - 1, (ctypes.c_char_p * len(line))(*line))
        file.seek(0)
        told.append([status, file.read().decode()])
with open(sys.argv[2], "w") as file:
    json.dump(told, file)
"""


def lines() -> list[list[str]]:
    """The command lines that are answered."""
    from perry_ffi.cli.commands import groups
    from perry_ffi.cli.completion import SHELLS

    def commands() -> Iterator[list[str]]:
        for one in (command for listed in groups().values() for command in listed):
            for name in (one.name, *one.also):
                yield [name]
                yield from ([name, child.name] for child in one.below)

    helps = [[*words, flag] for words in ([], *commands()) for flag in ("-h", "--help")]
    asked = [["help", *words] for words in ([], *commands())]
    versions = [["version"], ["version", "--short"], ["version", "--format", "json"], ["-v"], ["--version"]]
    return [[], *helps, *asked, *versions, *(["completion", shell] for shell in SHELLS)]


def asked(library: Path) -> dict[str, str]:
    """The answer to each command line, whose words are joined by blanks. Ends the build where one is none."""
    wanted = lines()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        command = [sys.executable, "-c", _ASK, str(library.resolve()), str(told)]
        done = subprocess.run(command, input=json.dumps(wanted), text=True, capture_output=True, cwd=ROOT, check=False)
        if done.returncode or done.stderr:
            sys.exit(f"ship: {library} gives no answers: {done.stderr}")
        rows = json.loads(told.read_text())
    wrong = [" ".join(words) for words, (status, _) in zip(wanted, rows, strict=True) if status]
    if wrong:
        sys.exit(f"ship: {library} answers with an error: {', '.join(wrong)}")
    return {" ".join(words): text for words, (_, text) in zip(wanted, rows, strict=True)}


def header(answers: dict[str, str]) -> str:
    """The C source of the answers, for launcher.c."""
    rows = "".join(
        f"    {{{_literal(''.join(f' {word}' for word in words.split()))}, {_literal(text)}}},\n"
        for words, text in answers.items()
    )
    return f"static const answer answers[] = {{\n{rows}    {{NULL, NULL}},\n}};\n"


def _literal(text: str) -> str:
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{escaped}"'
