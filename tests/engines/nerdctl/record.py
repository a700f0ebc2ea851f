"""What nerdctl answers to calls that every driver of it makes: ``python -m tests.engines.nerdctl.record`` asks the one on PATH.

The calls lie in ``recorded/calls.txt`` and their answers, recorded with nerdctl 2.3.5, in ``recorded/answers.json``. What differs from
run to run (ids, times, addresses, folders) is replaced by words that say what stood there, so that answers can be compared.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.engines import image

FOLDER = Path(__file__).parent / "recorded"
CALLS, ANSWERS = FOLDER / "calls.txt", FOLDER / "answers.json"
_BOUND = 60
_OF_A_MACHINE = ("Name", "KernelVersion", "OperatingSystem", "MemTotal", "NCPU", "Warnings")
_FOLDERS = r"(?:/|%2F)root(?:/|%2F)[\w./%-]*?(?:/|%2F)nerdctl(?:/|%2F)(?:run(?:/|%2F))?"
"""Where a nerdctl of somebody's own lies: no word of it is kept."""
_LINE = re.compile(r'time="[^"]*" level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+).*')
_CHANGING = (
    (re.compile(r"\b(sha256:)?[0-9a-f]{64}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?\+0000 UTC|Z|\+00:00)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b"), "<mac>"),
    (re.compile(r"\b10\.(?!231\.)\d+\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"\b10\.231\.(\d+)\.(?!0/|9\")\d+\b"), r"10.231.\1.<n>"),
    (re.compile(r"\b\d+ (seconds?|minutes?) ago|\bLess than a second ago|\bAbout a minute ago"), "<ago>"),
    (re.compile(r"/[\w/.-]*/(_data|volumes/[\w-]+)\b"), r"<folder>/\1"),
)


@dataclass
class Answer:
    """A call and what came of it. stdout: its lines, or the document that they are. stderr: levels and messages of its log."""

    argv: list[str]
    code: int
    stdout: Any
    stderr: list[str]


def calls() -> Iterator[tuple[list[str], bytes]]:
    """The words of each call, and what is written to it."""
    for line in CALLS.read_text().splitlines():
        if line and not line.startswith("#"):
            given, bar, words = line.rpartition(" | ")
            yield shlex.split(words), (_archive() if given == "TAR" else "".join(shlex.split(given)).encode()) if bar else b""


def _archive() -> bytes:
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tar:
        image.add(tar, "file", b"content\n")
    return outer.getvalue()


def answers(program: str, env: Mapping[str, str]) -> Iterator[Answer]:
    """Makes the calls, one after the other, on a program that has the image of the tests and nothing of what they make."""
    for argv, given in calls():
        said = subprocess.run([program, *argv], input=given, capture_output=True, timeout=_BOUND, env=env)
        yield Answer(argv, said.returncode, _output(said.stdout, argv), log_lines(said.stderr))


def _output(said: bytes, argv: list[str]) -> Any:
    if argv[0] == "cp" and said:
        with tarfile.open(fileobj=io.BytesIO(said)) as tar:
            return tar.getnames()
    text = said.decode("utf-8", "replace")
    try:
        return without_changes(json.loads(text))
    except ValueError:
        pass
    lines = []
    for line in text.splitlines():
        try:
            lines.append(without_changes(json.loads(line) if line.startswith("{") else line))
        except ValueError:
            lines.append(without_changes(line))
    return lines


def log_lines(said: bytes) -> list[str]:
    """Its log's messages behind their levels; other lines as they are."""
    found = []
    for line in said.decode("utf-8", "replace").splitlines():
        match = _LINE.fullmatch(line)
        message = match and (json.loads(match[2]) if match[2].startswith('"') else match[2])
        found.append(without_changes(f"{match[1]}: {message}" if match else line))
    return found


def without_changes(found: Any) -> Any:
    """The same without what differs from run to run."""
    if isinstance(found, dict):
        return {without_changes(key): without_changes(value) for key, value in found.items()}
    if isinstance(found, list):
        return [without_changes(item) for item in found]
    if isinstance(found, str):
        for pattern, word in _CHANGING:
            found = pattern.sub(word, found)
    return found


def load(program: str, env: Mapping[str, str]) -> None:
    """Brings the image of the tests into nerdctl."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.tar"
        path.write_bytes(image.saved())
        subprocess.run([program, "load", "-i", str(path)], check=True, capture_output=True, env=env, timeout=_BOUND)


def main() -> None:
    """Records the answers of the nerdctl on PATH."""
    program = shutil.which("nerdctl") or sys.exit("no nerdctl is on PATH")
    load(program, os.environ)
    found = [asdict(answer) for answer in answers(program, os.environ)]
    for answer in found:
        if answer["argv"][0] == "info":
            answer["stdout"] = {name: text for name, text in answer["stdout"].items() if name not in _OF_A_MACHINE}
    text = "[\n" + ",\n".join(json.dumps(answer, sort_keys=True) for answer in found) + "\n]\n"
    ANSWERS.write_text(re.sub(_FOLDERS, "/", text))
    print(f"{len(found)} answers in {ANSWERS}")


if __name__ == "__main__":
    main()
