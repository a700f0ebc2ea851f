"""Pictures of perry-compose at work, for the documentation: ``python -m tests.engines run --only docker -- python -m scripts.pictures``.

Each is taken in a real terminal, tmux's, of 80 or 120 columns, while a command works on the engine that the environment names.
What differs from machine to machine (sockets, systems, free space) is written as most machines have it. FOLDER is docs/pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IMAGE = os.environ.get("PERRY_TEST_IMAGE", "localhost/perry-test:1")
SERVE = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
WORK = "for step in schema tables indexes rights; do echo migrating $$step; sleep 1; done; touch /ok; echo ready to serve; exec sleep 600"
DOCKERFILE = f"FROM {IMAGE}\nRUN echo resolving && sleep 2\nRUN echo compiling && sleep 3 && echo linking && sleep 2\n"
PROBE = {"test": ["CMD-SHELL", "test -e /ok || { echo connection refused; exit 1; }"], "interval": "1s", "retries": 10}

DATABASE: dict[str, Any] = {"image": IMAGE, "command": ["sh", "-c", WORK], "healthcheck": PROBE, "init": True}
SHOP: dict[str, Any] = {
    "name": "shop",
    "services": {
        "db": DATABASE,
        "api": {"image": IMAGE, "command": SERVE, "depends_on": {"db": {"condition": "service_healthy"}}},
        "web": {
            "image": IMAGE, "command": SERVE, "ports": ["127.0.0.1:18080:80"],
            "depends_on": {"api": {"condition": "service_started"}, "db": {"condition": "service_healthy"}},
        },
        "worker": {"build": {"context": ".", "dockerfile_inline": DOCKERFILE}, "command": SERVE, "depends_on": ["db"]},
    },
}  # fmt: skip
FULL = ["sh", "-c", "echo reading the journal; sleep 2; echo 'FATAL: no space left on device' >&2; exit 3"]
BROKEN = {**SHOP, "services": {**SHOP["services"], "db": {**DATABASE, "command": FULL}}}
CHANGED: dict[str, Any] = {
    **SHOP, "services": {**SHOP["services"], "web": {**SHOP["services"]["web"], "environment": {"THEME": "dark"}}},
}  # fmt: skip


@dataclass
class Picture:
    """words: the command. document: the project. until: what is on the screen when it is taken. before: commands that come first."""

    name: str
    words: str
    document: dict[str, Any]
    until: str
    columns: int = 80
    rows: int = 24
    before: list[str] = field(default_factory=list)


PICTURES = (
    Picture("up", "perry-compose up -d", SHOP, "2 of 10 probes failed"),
    Picture("up-done", "perry-compose up -d", SHOP, "localhost:18080"),
    Picture("up-wide", "perry-compose up -d", SHOP, "probes failed: connection refused", columns=120),
    Picture("up-failed", "perry-compose up -d", BROKEN, "next: "),
    Picture("plan", "perry-compose plan", CHANGED, "$ $", columns=120, before=["up -d"]),
    Picture("doctor", "perry-compose doctor", SHOP, "$ $", columns=120, rows=40),
)

AS_ELSEWHERE = (
    (r"unix:///tmp/\S*/docker/d\.sock", "unix:///run/user/1000/docker.sock"),
    (r"unix:///tmp/\S*/podman/p\.sock", "unix:///run/user/1000/podman/podman.sock"),
    (r"linux \S+ (x86_64|aarch64)[^\n]*", "linux 6.12 x86_64, debian, cgroups 2, systemd, user me"),
    (r"\bas root\b", "rootless"),
    (r"\d+ GiB free", "120 GiB free"),
)


# -- taking -------------------------------------------------------------------------------------------


class Terminal:
    """A tmux of its own with one window."""

    def __init__(self, folder: Path, picture: Picture) -> None:
        self._socket = str(folder / "tmux")
        (folder / "bin").mkdir(exist_ok=True)
        program = folder / "bin/perry-compose"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m perry_ffi.cli.main "$@"\n')
        program.chmod(0o755)
        env = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), "PS1": "$ "}
        size = ["-x", str(picture.columns), "-y", str(picture.rows)]
        shell = shlex.join(["env", *(f"{name}={value}" for name, value in env.items()), "bash", "--norc", "--noprofile", "-i"])
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), shell)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-S", self._socket, *words], check=True, capture_output=True, text=True, timeout=30)
        return done.stdout

    def type(self, words: str) -> None:
        self._tmux("send-keys", words, "Enter")

    def text(self, colours: bool = False) -> str:
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def until(self, words: str, seconds: float = 120.0) -> None:
        """``$ $``: until the prompt is there again."""
        bound = time.monotonic() + seconds
        while not (self.text().rstrip().endswith("\n$") if words == "$ $" else words in self.text()):
            if time.monotonic() > bound:
                raise SystemExit(f"pictures: {words!r} does not appear:\n{self.text()}")
            time.sleep(0.1)

    def close(self) -> None:
        self._tmux("kill-server")


def taken(picture: Picture, folder: Path) -> str:
    """What stands on the terminal, with its colours."""
    (folder / "compose.yaml").write_text(json.dumps(SHOP if picture.before else picture.document))
    run = [sys.executable, "-m", "perry_ffi.cli.main", "--progress", "quiet"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    terminal = Terminal(folder, picture)
    try:
        for words in picture.before:
            subprocess.run([*run, *words.split()], cwd=folder, env=env, check=True)
        (folder / "compose.yaml").write_text(json.dumps(picture.document))
        terminal.until("$")
        terminal.type(f"clear; {picture.words}")
        time.sleep(0.5)
        terminal.until(picture.until)
        text = terminal.text(colours=True)
        terminal.until("$ $")
        return text
    finally:
        terminal.close()
        subprocess.run([*run, "down", "-t", "0", "--rmi", "local"], cwd=folder, env=env, check=False)


# -- drawing ------------------------------------------------------------------------------------------

PALETTE = {
    30: "#3b4048", 31: "#e06c75", 32: "#98c379", 33: "#e5c07b", 34: "#61afef", 35: "#c678dd", 36: "#56b6c2", 37: "#dcdfe4",
    90: "#7f848e", 91: "#ff7b86", 92: "#b6e3a0", 93: "#ffd68a", 94: "#8cc8ff", 95: "#dfa0f0", 96: "#7fd8e2", 97: "#ffffff",
}  # fmt: skip
GROUND, INK, DIM = "#1e2127", "#dcdfe4", "#8b919b"
CELL, LINE, EDGE = 8.4, 18, 16
_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


class Pen:
    """Colour and weight of what comes next: a terminal's text keeps them over the ends of lines."""

    def __init__(self) -> None:
        self.colour, self.bold, self.dim = INK, False, False

    def pieces(self, line: str) -> Iterator[tuple[str, str, bool]]:
        """The pieces of a line: text, colour, whether it is bold."""
        at = 0
        for found in [*_SEQUENCE.finditer(line), None]:
            if piece := line[at : found.start() if found else len(line)]:
                yield piece, DIM if self.dim and self.colour == INK else self.colour, self.bold
            if found is None:
                return
            at = found.end()
            for number in found[1].split(";"):
                self._set(int(number or 0))

    def _set(self, number: int) -> None:
        match number:
            case 0:
                self.colour, self.bold, self.dim = INK, False, False
            case 1:
                self.bold = True
            case 2:
                self.dim = True
            case 22:
                self.bold = self.dim = False
            case 39:
                self.colour = INK
            case _:
                self.colour = PALETTE.get(number, self.colour)


def svg(text: str, columns: int, words: str) -> str:
    """A picture of a terminal with ``text``, below the command that was typed."""
    lines = [f"\x1b[1m$ {words}\x1b[0m", *text.rstrip().split("\n")]
    width, height = columns * CELL + 2 * EDGE, len(lines) * LINE + 2 * EDGE
    pen, rows = Pen(), []
    for number, line in enumerate(lines):
        at, parts = 0, []
        for piece, colour, bold in pen.pieces(line):
            weight = ' font-weight="bold"' if bold else ""
            if seen := piece.rstrip():
                place = f'x="{EDGE + at * CELL:.1f}" textLength="{len(seen) * CELL:.1f}"'
                parts.append(f'<tspan {place} fill="{colour}"{weight}>{escape(seen, quote=False)}</tspan>')
            at += len(piece)
        rows.append(f'<text y="{EDGE + number * LINE + 13}" xml:space="preserve">{"".join(parts)}</text>')
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}">',
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, DejaVu Sans Mono, monospace" font-size="14">',
        *rows,
        "</g>",
        "</svg>",
        "",
    ])  # fmt: skip


def as_elsewhere(text: str) -> str:
    """Without what is this machine's alone."""
    for pattern, instead in AS_ELSEWHERE:
        text = re.sub(pattern, instead, text)
    return text


def without_prompt(text: str) -> str:
    return re.sub(r"\n?\$ ?$", "", text.rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", help="which (default: all)")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/pictures")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        if arguments.names and picture.name not in arguments.names:
            continue
        with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
            text = without_prompt(as_elsewhere(taken(picture, Path(folder))))
        (arguments.output / f"{picture.name}.svg").write_text(svg(text, picture.columns, picture.words), encoding="utf-8")
        print(f"pictures: {picture.name}.svg")


if __name__ == "__main__":
    main()
