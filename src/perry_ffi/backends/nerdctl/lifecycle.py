"""What may be done to a container between its start and its end."""

from __future__ import annotations

import contextlib
import math
import re
import signal as signal_module

from perry_ffi.backends.command_line.arguments import new_name, option, shown
from perry_ffi.backends.contract.events import StopCause
from perry_ffi.backends.contract.lifecycle import Pausing, Renaming, Restarting, Signals, Stats
from perry_ffi.backends.engine_api.responses.fields import mapping, texts
from perry_ffi.backends.nerdctl.containers import ENDING, NerdctlContainers
from perry_ffi.backends.nerdctl.readings import STOPPED
from perry_ffi.backends.nerdctl.stats import container_stats
from perry_ffi.errors import BackendError, Conflict, Unsupported
from perry_ffi.model.container_info import ContainerStats
from perry_ffi.model.container_values import signal as checked_signal

_ENDING = ("SIGKILL", "SIGTERM", "SIGINT", "SIGQUIT", "SIGABRT")
_FORWARDS = "with any signal it takes the forwards of its published ports away, and the container runs on without them"
_ALREADY = re.compile(r"already paused|is not paused", re.IGNORECASE)


def _named(text: str) -> str:
    """A signal by its whole name: nerdctl knows no numbers. One that has no name here goes as it is written."""
    if text.isdecimal():
        with contextlib.suppress(ValueError):
            return signal_module.Signals(int(text)).name
        return text
    return text if text.startswith("SIG") else f"SIG{text}"


class NerdctlLifecycle(NerdctlContainers, Renaming, Signals, Pausing, Restarting, StopCause, Stats):
    """Names, signals, freezing, restarts, who ended a container, and what it uses."""

    async def rename_container(self, ident: str, name: str) -> None:
        doing = f"rename the container {shown(ident)} to {shown(name)}"
        if (await self.inspect_container(ident)).name != new_name(name, "container", self.name):
            await self._line.change(["rename", self.container(ident), name], doing=doing, subject=ident)

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        doing = f"send {shown(signal)} to the container {shown(ident)}"
        name = _named(checked_signal(signal))
        if name not in _ENDING and (await self.inspect_container(ident)).published:
            raise Unsupported(
                f"{doing}: {self.name} cannot honour it: {_FORWARDS}", member="op.kill", backend=self.name, reason=_FORWARDS,
                remedy="send it inside the container: exec kill -HUP 1, say",
            )  # fmt: skip
        await self._line.change(["kill", option("signal", name), self.container(ident)], doing=doing, subject=ident)

    async def pause_container(self, ident: str) -> None:
        await self._freeze("pause", ident, wanted="paused")

    async def unpause_container(self, ident: str) -> None:
        await self._freeze("unpause", ident, wanted="running")

    async def _freeze(self, verb: str, ident: str, wanted: str) -> None:
        doing = f"{verb} the container {shown(ident)}"
        try:
            await self._line.change([verb, self.container(ident)], doing=doing, subject=ident)
        except (BackendError, Conflict) as error:
            status = (await self.inspect_container(ident)).status
            if status == wanted and _ALREADY.search(error.message):
                return
            if status not in ("running", "paused"):
                raise Conflict(f"{doing}: it does not run", **error.details) from error
            raise

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        doing = f"restart the container {shown(ident)}"
        words = ["restart", *([] if timeout is None else [option("time", math.ceil(timeout))]), self.container(ident)]
        await self._line.change(words, doing=doing, subject=ident, extra_time=ENDING if timeout is None else timeout)

    async def was_stopped(self, ident: str) -> bool | None:
        document = (await self.inspect_container(ident)).raw or {}
        told = texts(mapping(document.get("Config")).get("Labels")).get(STOPPED)
        return None if told is None else told == "true"

    async def container_stats(self, ident: str) -> ContainerStats:
        doing = f"read the statistics of {shown(ident)}"
        info = await self.inspect_container(ident)
        (row,) = await self.rows(["stats", "--no-stream", "--no-trunc", "--format=json", info.id], doing=doing) or [{}]
        return container_stats(row, info)


__all__ = ["NerdctlLifecycle"]
