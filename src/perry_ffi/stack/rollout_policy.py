"""How the containers of a service are replaced: what ``deploy.update_config`` says, and what it means here. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from perry_ffi.errors import ValidationError
from perry_ffi.model import values

ACTIONS = ("rollback", "pause", "continue")
START_FIRST = "start-first"
STOP_FIRST = "stop-first"


@dataclass(frozen=True)
class RolloutPolicy:
    """How many containers are replaced at a time, in which order, and what becomes of a failure.

    beside: the successor runs, and is ready, before the old container goes. said: whether the file says so, and not only an
    option. at_once: how many at a time; ``None`` all. delay: seconds between those and the next. monitor: seconds that a
    successor has to run. failure: one of ``ACTIONS``. tolerated: the part of them that may fail before it comes to that.
    """

    beside: bool
    said: bool = True
    at_once: int | None = 1
    delay: float = 0.0
    monitor: float = 0.0
    failure: str = "rollback"
    tolerated: float = 0.0


def rollout_policy(name: str, tree: Mapping[str, Any], rolling: bool, member: str = "update_config") -> RolloutPolicy | None:
    """Of the service ``name``; ``None`` where all its containers are replaced at once, each after its predecessor has stopped.

    rolling: start-first is asked for wherever the file does not say otherwise. member: of ``deploy``, where it is written. Raises
    ValidationError for what the file cannot say.
    """
    written = (tree.get("deploy") or {}).get(member)
    if written is None and not rolling:
        return None
    config, where = written or {}, f"services.{name}.deploy.{member}"
    order = config.get("order") or ""
    failure = config.get("failure_action") or "rollback"
    if failure not in ACTIONS:
        _wrong(f"{where}.failure_action", failure, "pause, continue or rollback")
    ratio = config.get("max_failure_ratio") or 0
    if not 0 <= ratio <= 1:
        _wrong(f"{where}.max_failure_ratio", ratio, "a number from 0 to 1")
    at_once = config.get("parallelism")
    return RolloutPolicy(
        beside=order == START_FIRST or (rolling and order != STOP_FIRST),
        said=order == START_FIRST,
        at_once=1 if at_once is None else at_once or None,
        delay=_seconds(f"{where}.delay", config.get("delay")),
        monitor=_seconds(f"{where}.monitor", config.get("monitor")),
        failure=failure,
        tolerated=float(ratio),
    )


def _seconds(where: str, value: Any) -> float:
    return values.within(where, values.duration, value) / 1e9 if value else 0.0


def _wrong(path: str, value: Any, expected: str) -> NoReturn:
    raise ValidationError(f"{path}: {value} is not {expected}", path=path, expected=expected)
