"""Words that name options and operations, which a program spells in one way and a person at a shell in another.

An ``Advice`` is text in a program's spelling, so that whoever knows nothing of it hands it on as it is. A front end with a
spelling of its own asks for that. Quick to import: every room is behind its errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Option(NamedTuple):
    """An option of an operation, by its name in a program (``removeOrphans``), and the value that is meant."""

    name: str
    value: object = True

    def __str__(self) -> str:
        import json

        return f"{self.name}: {json.dumps(self.value, ensure_ascii=False)}"


class Operation(NamedTuple):
    """An operation by its name in a program (``followLogs``), asked for with ``options``."""

    name: str
    options: tuple[Option, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(map(str, self.options))})" if self.options else self.name


Named = Option | Operation


class Advice(str):
    """Text with options and operations in it. ``template`` has ``{}`` where one of ``values`` stands."""

    parts: tuple[str | Named, ...]

    def __new__(cls, template: str, *values: str | Named) -> Advice:
        texts = template.split("{}")
        if len(texts) != len(values) + 1:
            raise ValueError(f"{template!r}: {len(values)} values")
        parts: list[str | Named] = [texts[0]]
        for value, text in zip(values, texts[1:], strict=True):
            parts += [*(value.parts if isinstance(value, Advice) else [value]), text]
        return cls._of(parts)

    @classmethod
    def _of(cls, parts: list[str | Named]) -> Advice:
        made = super().__new__(cls, "".join(map(str, parts)))
        made.parts = tuple(parts)
        return made

    def spelled(self, spell: Callable[[Named], str]) -> str:
        """The text with each option and operation as ``spell`` has it."""
        return "".join(part if isinstance(part, str) else spell(part) for part in self.parts)

    def map(self, change: Callable[[str], str]) -> Advice:
        """The same with what stands between the options and operations changed."""
        return self._of([change(part) if isinstance(part, str) else part for part in self.parts])
