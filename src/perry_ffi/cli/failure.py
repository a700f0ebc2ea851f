"""How a command that failed says so: on one screen to a person, as an object to a program that reads standard error."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.cli.screen import Screen
    from perry_ffi.cli.table import Arguments
    from perry_ffi.cli.usage import Usage
    from perry_ffi.errors import ContainerError


class Failure:
    """Of one run of the program. words: what was typed."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = list(words)
        self._command = len(self._words)
        """Where the command stands among them."""
        self._objects: bool | None = None
        self._screen: Screen | None = None

    def parsed(self, rest: Sequence[str]) -> None:
        """Takes note of where the command begins: what is left behind the flags of the program."""
        self._command = len(self._words) - len(rest)

    def ready(self, arguments: Arguments, screen: Screen) -> None:
        """Takes note of what is asked for: from now on messages are objects, too, where progress is."""
        self._screen = screen
        progress = screen.progress == "json"
        self._objects = progress or getattr(arguments, "format", None) in ("json", "jsonl")
        if progress:
            from perry_ffi.cli.terminal import speak_in_objects

            speak_in_objects(True)

    def over(self) -> None:
        """The run has ended: whoever is next speaks as ever."""
        if self._screen is not None and self._screen.progress == "json":
            from perry_ffi.cli.terminal import speak_in_objects

            speak_in_objects(False)

    def wrong(self, usage: Usage) -> int:
        """Tells of a command line that cannot be meant; the exit status."""
        from perry_ffi.cli.terminal import say
        from perry_ffi.cli.usage import STATUS

        if self.in_objects:
            self._object({"message": usage.message, "code": 400, "kind": "Usage", "next": usage.help()})
        else:
            say(usage.text())
        return STATUS

    def failed(self, error: Exception) -> int:
        """Tells of what went wrong; the exit status."""
        from perry_ffi.cli.explain import as_object, explain
        from perry_ffi.cli.terminal import Unwritable, plain, shown
        from perry_ffi.errors import from_unexpected

        if isinstance(error, Unwritable):
            error.tell()
            return 1
        told = from_unexpected(error)
        if self.in_objects:
            self._object(as_object(told, self.next(told)))
            return 1
        from perry_ffi.cli.show.colours import RED, painted

        width = self._screen.error_width if self._screen is not None else None
        text = plain(explain(told, self.next(told), width))
        head, _, words = text.partition(" ")
        colours = self._screen is not None and self._screen.error_colours
        shown(f"{painted(head, RED, colours)} {words}")
        return 1

    def next(self, error: ContainerError) -> str:
        """The one command that is to be typed next; empty where nobody knows one."""
        import shlex

        from perry_ffi.cli.explain import next_words
        from perry_ffi.errors import one_line

        ahead, rest = self._words[: self._command], self._words[self._command :]
        words = next_words(error, rest)
        return one_line(shlex.join(["perry-compose", *ahead, *words])) if words else ""

    @property
    def in_objects(self) -> bool:
        """Whether it is a program that reads; before the command line is understood it is guessed by its words."""
        if self._objects is None:
            said = " ".join(self._words).replace("=", " ")
            asked = any(f"{flag} json" in said for flag in ("--format", "--progress"))
            self._objects = asked or os.environ.get("COMPOSE_PROGRESS") == "json"
        return self._objects

    def _object(self, members: dict[str, object]) -> None:
        import json

        from perry_ffi.cli.terminal import shown

        shown(json.dumps({"error": True, **members}, ensure_ascii=False, separators=(",", ":"), default=str))
