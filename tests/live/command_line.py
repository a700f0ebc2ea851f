"""``perry-compose`` as a program beside a Compose file, on a private engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.live.stack_support import Stacks, environ

_GIVEN = os.environ.get("PERRY_TEST_COMPOSE")
"""Another perry-compose that is tested: the one of build/static, say."""
PROGRAM = [_GIVEN] if _GIVEN else [sys.executable, "-m", "perry_ffi.cli.main"]


def _hears_interrupts() -> None:
    """Whatever runs in the background of a shell does not, and what it starts neither."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Said(NamedTuple):
    """How a run ended, and what it said."""

    status: int
    out: str
    err: str


class CommandLine:
    """The program in a folder with a Compose file."""

    def __init__(self, stacks: Stacks, document: Mapping[str, Any], **variables: str) -> None:
        self.folder: Path = stacks.folder
        self.environ = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": os.pathsep.join(sys.path), **variables}
        self.write(document)

    def write(self, document: Mapping[str, Any]) -> None:
        """Another file from now on."""
        (self.folder / "compose.yaml").write_text(json.dumps(document))

    def begin(self, *words: str, stdin: int = subprocess.DEVNULL, **variables: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        env = {**self.environ, **variables}
        return subprocess.Popen(
            [*PROGRAM, *words], cwd=self.folder, env=env, stdin=stdin, stdout=pipe, stderr=pipe, text=True,
            preexec_fn=_hears_interrupts,
        )  # fmt: skip

    def run(self, *words: str, text: str | None = None, **variables: str) -> Said:
        """text: what is written to its standard input."""
        process = self.begin(*words, stdin=subprocess.DEVNULL if text is None else subprocess.PIPE, **variables)
        out, err = process.communicate(text, timeout=120)
        assert "Traceback" not in err, err
        return Said(process.returncode, out, err)

    def does(self, *words: str, text: str | None = None, **variables: str) -> Said:
        """The same; it has to succeed."""
        said = self.run(*words, text=text, **variables)
        assert said.status == 0, (words, said)
        return said

    def states(self) -> dict[str, str]:
        """Each container of the project, without the project's name, and what it does."""
        rows = map(json.loads, self.does("ps", "-a", "--format", "json").out.splitlines())
        return {row["Name"].partition("-")[2]: row["State"] for row in rows}
