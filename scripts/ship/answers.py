"""What ``perry-compose`` says that is known since the build: its version, its helps, what shells complete with.

The program itself is asked, so the answers are those of the Python that it would be, whose helps differ from those of another version:
the one in a library, or the one that runs this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

DIGEST = 20
"""Bytes of the digest of sources."""

# Run in a process of its own: calls what runs the program with each line of words, and tells its status and what it wrote.
_ASK = """
import json, os, sys
lines, told = json.load(sys.stdin), []
for words in lines:
    with open(sys.argv[2], "wb+") as file:
        os.dup2(file.fileno(), 1)
        status = run(words)
        file.seek(0)
        told.append([status, file.read().decode()])
with open(sys.argv[2], "w") as file:
    json.dump([told, sources()], file)
"""
_OF_LIBRARY = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
def run(words):
    line = [b"perry-compose", *(word.encode() for word in words), None]
    return library.perry_container_main(len(line) - 1, (ctypes.c_char_p * len(line))(*line))
def sources():
    return []
"""
# Of the modules for completion, those too that tell again what was kept.
_OF_PACKAGE = """
import importlib, os, pkgutil, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from perry_ffi.cli.main import main as run
def sources():
    from perry_ffi.cli import completion
    for found in pkgutil.iter_modules(completion.__path__, completion.__name__ + "."):
        importlib.import_module(found.name)
    files = [module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "perry_ffi"]
    return sorted(os.path.relpath(file, sys.argv[1]) for file in files)
"""


@dataclass(frozen=True)
class Answers:
    """texts: by the words of the command line, joined by blanks. sources: the files that gave them, seen from the package; none of a library."""

    texts: dict[str, str]
    package: Path | None = None
    sources: Sequence[str] = ()

    def digest(self) -> bytes:
        """Of the sources, with their names: what unchanged.h makes of them."""
        found = blake2b(digest_size=DIGEST)
        for name in self.sources:
            assert self.package is not None
            found.update(name.encode() + b"\0" + (self.package / name).read_bytes())
        return found.digest()


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


def of_library(library: Path) -> Answers:
    """Of the program in a library. Ends the build where a line has no answer."""
    texts, _ = _asked(_OF_LIBRARY, library.resolve())
    return Answers(texts)


def of_package(package: Path) -> Answers:
    """Of the program as this Python runs it from the folder of the package. Ends the build where a line has no answer."""
    texts, sources = _asked(_OF_PACKAGE, package, "-I", "-S")
    return Answers(texts, package, sources)


def _asked(how: str, what: Path, *flags: str) -> tuple[dict[str, str], list[str]]:
    wanted = lines()
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        command = [sys.executable, *flags, "-c", how + _ASK, str(what), str(told)]
        env = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}  # It looks at them.
        done = subprocess.run(command, input=json.dumps(wanted), text=True, capture_output=True, cwd=folder, env=env, check=False)
        if done.returncode or done.stderr:
            sys.exit(f"perry-compose: {what} gives no answers: {done.stderr}")
        rows, sources = json.loads(told.read_text())
    wrong = [" ".join(words) for words, (status, _) in zip(wanted, rows, strict=True) if status]
    if wrong:
        sys.exit(f"perry-compose: {what} answers with an error: {', '.join(wrong)}")
    return {" ".join(words): text for words, (_, text) in zip(wanted, rows, strict=True)}, sources


def header(answers: Answers) -> str:
    """The C source of the answers, ``answers.h`` of known_answer.h and, with sources, of unchanged.h."""
    rows = "".join(
        f"    {{{_literal(''.join(f' {word}' for word in words.split()))}, {_literal(text)}}},\n"
        for words, text in answers.texts.items()
    )
    table = f"static const answer answers[] = {{\n{rows}    {{NULL, NULL}},\n}};\n"
    if not answers.sources:
        return table
    names = "".join(f"    {_literal(name)},\n" for name in answers.sources)
    digest = ", ".join(map(str, answers.digest()))
    return (
        f"{table}static const char *const sources[] = {{\n{names}    NULL,\n}};\n"
        f"static const unsigned char sources_digest[] = {{{digest}}};\n"
    )


def _literal(text: str) -> str:
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}" for byte in text.encode())
    return f'"{escaped}"'
