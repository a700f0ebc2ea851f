"""Real shells at a terminal of their own, asked what they complete a line with."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.missing import missing

_PATIENCE = 60.0


def needed(shell: str) -> str:
    """Its path; where it is not there the test is skipped, and fails with CI=true."""
    found = shutil.which(shell)
    if found is None:
        missing(f"{shell} is not installed (apt-get install {shell})")
    return found


class Terminal:
    """An interactive shell: lines are typed into it, and what it prints is read up to a mark."""

    def __init__(self, argv: list[str], folder: Path, env: Mapping[str, str]) -> None:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execve(argv[0], argv, {**env, "TERM": "dumb", "COLUMNS": "2000", "LINES": "200"})
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def until(self, pattern: str) -> re.Match[str]:
        """Reads until the pattern is there; what was read is gone then."""
        end = time.monotonic() + _PATIENCE
        while not (found := re.search(pattern, self._seen, re.DOTALL)):
            assert time.monotonic() < end, self._seen
            if select.select([self._fd], [], [], 1)[0]:
                self._seen += os.read(self._fd, 1 << 16).decode(errors="replace")
        self._seen = self._seen[found.end() :]
        return found

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)


class Shell:
    """Asks for completions as a person at the keyboard would."""

    def __init__(self, script: Path, folder: Path, env: Mapping[str, str]) -> None:
        self.script, self.folder, self.env = script, folder, dict(env)

    def words(self, line: str) -> list[str]:
        """What the last word of ``line`` may become."""
        raise NotImplementedError

    def close(self) -> None:
        """It ends."""


class _Typing(Shell):
    """One that puts all completions into the line on a key; the line then prints its words."""

    START: str
    KEY: str
    FIRST: str
    """The key that goes to the beginning of the line."""

    def __init__(self, script: Path, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(script, folder, env)
        self._terminal = Terminal(self.argv(), folder, {**env, "SCRIPT": str(script)})
        self._terminal.type(self.START + "\n")
        self._terminal.until("READY\r?\n")

    def argv(self) -> list[str]:
        raise NotImplementedError

    def words(self, line: str) -> list[str]:
        self._terminal.type(line + self.KEY + self.FIRST + "shown \n")
        said = self._terminal.until(r"<<(.*?)>>")[1].replace("\r\n", "")
        before = shlex.split(line)
        found = said.split("|")[1:]
        return found[len(before) - (0 if line.endswith(" ") else 1) :]

    def close(self) -> None:
        self._terminal.close()


class Bash(_Typing):
    START = (
        "PS1=; bind 'set enable-bracketed-paste off'; bind '\"\\C-xa\": insert-completions'; . \"$SCRIPT\"; "
        "shown() { printf '<''<'; printf '|%s' \"$@\"; printf '>''>\\n'; }; echo REA''DY"
    )
    KEY, FIRST = "\x18a", "\x01"

    def argv(self) -> list[str]:
        return [needed("bash"), "--norc", "--noprofile", "-i"]


class Zsh(_Typing):
    START = (
        "PS1= PS2= RPS1=; unsetopt zle_bracketed_paste prompt_cr; bindkey -e; autoload -Uz compinit; compinit -u -D; "
        "every() { _main_complete; compstate[insert]=all; compstate[list]=; }; zle -C every complete-word every; bindkey '^Xa' every; "
        "source \"$SCRIPT\"; shown() { printf '<''<'; printf '|%s' \"$@\"; printf '>''>\\n'; }; echo REA''DY"
    )
    KEY, FIRST = "\x18a", "\x01"

    def argv(self) -> list[str]:
        return [needed("zsh"), "-f", "-i"]


class Fish(Shell):
    def words(self, line: str) -> list[str]:
        code = f"source {self.script}; complete -C $argv[1]"
        command = [needed("fish"), "--no-config", "-c", code, line]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=_PATIENCE)
        assert done.returncode == 0 and not done.stderr, done
        return [row.split("\t")[0] for row in done.stdout.splitlines()]


SHELLS = {"bash": Bash, "zsh": Zsh, "fish": Fish}


@contextlib.contextmanager
def shell(name: str, script: Path, folder: Path, env: Mapping[str, str]) -> Iterator[Shell]:
    """A shell that has read ``script``, in ``folder``."""
    opened = SHELLS[name](script, folder, env)
    try:
        yield opened
    finally:
        opened.close()
