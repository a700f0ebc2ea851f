"""Which engine was taken, said where nobody named one and several would do: before it changes anything, and after a look in vain."""

from __future__ import annotations

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import plain, say, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.cli.screen import Screen
    from perry_ffi.service.project_engine import Guessed


class Chosen:
    """changes: whether the command changes something; one that only looks says it where there was nothing to be seen."""

    def __init__(self, screen: Screen, *, changes: bool) -> None:
        self._screen, self._changes = screen, changes
        self._unsaid: Guessed | None = None

    def guessed(self, choice: Guessed) -> None:
        """Takes the choice, before anything else is asked of the engine."""
        if self._changes:
            self._say(choice)
        else:
            self._unsaid = choice

    def end(self, looked_in_vain: bool) -> None:
        """The command is over."""
        if self._unsaid is not None and looked_in_vain:
            self._say(self._unsaid)

    def _say(self, choice: Guessed) -> None:
        form = self._screen.progress
        if form == "json":
            import json

            row = {"project": choice.project, "engine": choice.name, "address": choice.address, "others": list(choice.others)}
            told = {"level": "info", "msg": plain(spelled(choice.text())), "kind": "engine", **row}
            shown(json.dumps(told, ensure_ascii=False, separators=(",", ":")))
        elif form != "quiet":
            say(spelled(choice.text()))
