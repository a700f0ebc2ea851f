"""What pulls and builds report, summed up: bytes of an image over its layers; which step of how many. Pure."""

from __future__ import annotations

from perry_ffi.cli.show.words import is_bookkeeping, one_line, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Report = Mapping[str, Any]

_HAVE = ("Already exists", "Pull complete", "Layer already exists", "Pushed", "Mounted from")
_LOADED = ("Download complete", "Verifying Checksum", "Extracting")


class Layer:
    """One layer of an image. total: its bytes, 0 where nobody said."""

    __slots__ = ("current", "done", "status", "total")

    def __init__(self) -> None:
        self.status, self.current, self.total, self.done = "", 0, 0, False


class Transfer:
    """A pull or a push of one image, by its layers."""

    def __init__(self) -> None:
        self.layers: dict[str, Layer] = {}
        self._said = ""

    def add(self, report: Report) -> None:
        status, name = one_line(str(report.get("status") or "")), report.get("id")
        if not isinstance(name, str) or status.startswith("Pulling from"):
            self._said = status
            return
        layer = self.layers.setdefault(name, Layer())
        current, total = _number(report.get("current")), _number(report.get("total"))
        if status in ("Downloading", "Pushing"):
            layer.current, layer.total = current, max(total, layer.total)
        elif status.startswith(_HAVE + _LOADED):
            layer.current = layer.total
        layer.status, layer.done = status, status.startswith(_HAVE)

    @property
    def current(self) -> int:
        return sum(min(layer.current, layer.total) if layer.total else layer.current for layer in self.layers.values())

    @property
    def total(self) -> int:
        return sum(layer.total for layer in self.layers.values())

    def text(self) -> str:
        """``12.3 MB of 40.1 MB``, ``unpacking``, or how many layers are there where nobody counts bytes."""
        layers = self.layers.values()
        if not layers:
            return self._said
        here = sum(layer.done for layer in layers)
        if self.total and self.current < self.total:
            return f"{size(self.current)} of {size(self.total)}"
        if self.total and here < len(layers):
            return f"{size(self.total)}, unpacking {here} of {len(layers)} layers"
        return f"{here} of {len(layers)} layers"


class Build:
    """A build of one image: its step, and the last line that it said."""

    def __init__(self) -> None:
        self.step, self.said = "", ""
        self.number = self.count = 0

    def add(self, report: Report) -> None:
        if "text" not in report:
            status = one_line(str(report.get("status") or ""))
            self.said = " ".join(filter(None, (one_line(str(report.get("id") or "")), status)))
            return
        for line in str(report["text"]).splitlines():
            words = one_line(line)
            if found := _step(words):
                self.number, self.count, self.step = found
                self.said = ""
            elif words and not is_bookkeeping(words):
                self.said = words

    def text(self) -> str:
        """``step 3 of 7: RUN make``."""
        return f"step {self.number} of {self.count}: {self.step}" if self.count else ""


def _step(line: str) -> tuple[int, int, str] | None:
    """Number, count and command of a line that begins a step: ``Step 1/5 : FROM a``, ``STEP 1/5: FROM a``, ``[web 1/5] FROM a``."""
    upper = line[:5].upper()
    if upper == "STEP ":
        numbers, _, command = line[5:].partition(":")
    elif line.startswith(("[", "CACHED [")):
        head, _, command = line.removeprefix("CACHED ").removeprefix("[").partition("]")
        numbers = head.rpartition(" ")[2]
    else:
        return None
    number, slash, count = numbers.strip().partition("/")
    if not slash or not (number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        return None
    return int(number[:6]), int(count[:6]), command.strip()


def _number(value: Any) -> int:
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 1 << 60 else 0
