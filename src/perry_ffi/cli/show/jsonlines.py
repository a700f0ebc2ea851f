"""Progress as JSON, an object a line, with the members of docker compose 5.7: id, status, text; of pulls more.

``status`` is Working, Done, Warning or Error. Members of ours follow: service, seconds.
"""

from __future__ import annotations

from perry_ffi.cli.show.painter import CANCELLED, Painter
from perry_ffi.cli.show.transfers import Transfer
from perry_ffi.cli.show.words import doing, done, one_line, probe_words, reached
from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    Record = Mapping[str, Any]
    Object = dict[str, Any]

_STATES = {"started": "Working", "done": "Done", "failed": "Error"}


class JsonLines(Painter):
    """progress: whether work is told of, or only what is warned of."""

    closely = True

    def __init__(self, progress: bool, write: Callable[[str], None] = shown) -> None:
        self._progress, self._write = progress, write
        self.closely = progress
        self._pulls: dict[str, Transfer] = {}
        self._begun: dict[Any, float] = {}

    def heard(self, record: Record) -> None:
        import json

        for row in self._rows(record):
            told = {name: value for name, value in row.items() if value is not None}
            self._write(json.dumps(told, ensure_ascii=False, separators=(",", ":")))

    def _rows(self, record: Record) -> Iterator[Object]:
        match record["kind"]:
            case "warning":
                yield {"level": "warning", "msg": one_line(spelled(record["message"])), "service": record.get("service")}
            case "rollback":
                yield from _rollback(record)
            case "step" if self._progress and record.get("action") != "wait":
                yield self._step(record)
            case "kept" if self._progress:
                container = f"Container {record.get('container')}"
                yield {"id": container, "status": "Done", "text": "Running", "service": record.get("service")}
            case "wait" if self._progress:
                yield _wait(record)
            case "progress" if self._progress:
                yield from self._layer(record)

    def _step(self, record: Record) -> Object:
        action, target, state = str(record["action"]), str(record["target"]), record["state"]
        key = record.get("step"), action, target
        began = self._begun.setdefault(key, record["time"]) if state == "started" else self._begun.pop(key, record["time"])
        words = {"started": doing, "done": done}.get(state)
        error = record.get("error")
        return {
            "id": f"{action.rpartition(' ')[2].capitalize()} {target}",
            "status": _STATES.get(state, "Working"),
            "text": words(action).capitalize() if words else "Error",
            "details": one_line(str(error.get("message"))) if isinstance(error, dict) else None,
            "service": record.get("service"),
            "seconds": None if state == "started" else round(record["time"] - began, 3),
        }

    def _layer(self, record: Record) -> Iterator[Object]:
        """A layer of an image, as it goes on; of a build the lines."""
        target, detail = str(record.get("target")), record.get("detail")
        if not isinstance(detail, dict):
            return
        if record.get("operation") == "build":
            text = str(detail.get("text") or detail.get("status") or "")
            for line in text.splitlines():
                if line.strip():
                    yield {"id": f"Image {target}", "status": "Working", "text": "Building", "details": one_line(line)}
            return
        transfer = self._pulls.setdefault(target, Transfer())
        transfer.add(detail)
        layer = transfer.layers.get(str(detail.get("id")))
        if layer is None:
            return
        counted = layer.total and not layer.done
        yield {
            "id": str(detail["id"]),
            "parent_id": f"Image {target}",
            "status": "Done" if layer.done else "Working",
            "text": layer.status,
            "current": layer.current if counted else None,
            "total": layer.total if counted else None,
            "percent": min(100, 100 * layer.current // layer.total) if counted else None,
        }


def _wait(record: Record) -> Object:
    state, condition = record.get("state"), str(record.get("condition") or "")
    row = {"id": f"Container {record.get('container')}", "status": _STATES.get(str(state), "Working"), "text": "Waiting"}
    seconds = record.get("seconds")
    more = {"service": record.get("service"), "condition": condition, "seconds": seconds and round(seconds, 3)}
    if state == "done":
        row["text"] = reached(condition).capitalize()
    elif state == "failed":
        return {**row, "text": "Error", "details": one_line(str(record.get("message") or "")), **more}
    elif state == "waiting":
        probe, log = record.get("probe"), record.get("log")
        return {**row, "details": probe_words(probe) if probe else log and one_line(str(log)), **more}
    return {**row, "waitedBy": record.get("waitedBy"), **more}


def _rollback(record: Record) -> Iterator[Object]:
    if record.get("state") == "started":
        yield {"level": "info", "msg": "putting back what was there"}
    elif record.get("cause") == CANCELLED:
        left = record.get("leftOver")
        yield {"level": "info", "msg": "not put back" if left else "everything is as it was", "leftOver": left}
