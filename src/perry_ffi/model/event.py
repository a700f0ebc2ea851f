"""What happens in an engine, told in one vocabulary, and what a health probe found."""

from enum import StrEnum
from typing import Literal

from perry_ffi.model.answer import Answer, told

EventKind = Literal["container", "network", "volume", "image", "service"]
HealthStatus = Literal["starting", "healthy", "unhealthy"]


class EventAction(StrEnum):
    """The actions that this library itself acts on. Each backend puts them in the place of its engine's own words."""

    STARTED = "start"
    ENDED = "die"
    STOPPED = "stop"
    """Somebody asked for its end, and it has ended."""
    SIGNALLED = "kill"
    RESUMED = "unpause"
    REMOVED = "destroy"
    HEALTH = "health_status"
    COMMAND_CREATED = "exec_create"
    COMMAND_STARTED = "exec_start"
    COMMAND_DETACHED = "exec_detach"
    COMMAND_ENDED = "exec_die"


COMMANDS = frozenset(action for action in EventAction if action.name.startswith("COMMAND_"))
"""What is told of commands that run inside a container, and not of itself."""


class EngineEvent(Answer):
    """One change of one object.

    The actions have one vocabulary, whatever the engine. Containers: ``create``, ``start``, ``die``, ``stop``, ``kill``,
    ``pause``, ``unpause``, ``restart``, ``destroy``, ``rename``, ``oom``, ``health_status``, ``exec_create``,
    ``exec_start``, ``exec_die``, ``attach``, ``update``, ``commit``, ``export``, ``archive-path``, ``extract-to-dir``.
    Networks: ``create``, ``connect``, ``disconnect``, ``destroy``. Volumes: ``create``, ``mount``, ``unmount``,
    ``destroy``. Services: ``create``, ``update``, ``remove``. Images: ``pull``, ``push``, ``tag``, ``untag``, ``delete``,
    ``import``, ``load``, ``save``, ``build``.
    An action that an engine adds to these comes under the engine's own name, and not every engine tells all of them:
    podman 4 has no ``exec_create`` and no events of a network's own life, tells ``stop`` not always, ``rename`` twice
    and ``health_status`` at each probe. ``create``, ``start``, ``die`` and ``destroy`` are told by all.
    """

    kind: EventKind
    action: str
    id: str
    """The whole id; of a volume its name."""
    name: str = ""
    attributes: dict[str, str] = {}
    """The labels of a container or an image, and what the engine says beside them (``image``, ``signal``, …).

    Of ``connect`` and ``disconnect``: ``container``, its whole id. Of ``rename``: ``oldName``, if the engine says it.
    """
    exit_code: int | None = told(default=None, json="exitCode")
    """Of ``die`` and ``exec_die``."""
    health: HealthStatus | None = None
    """Of ``health_status``; podman 4 does not say it, and inspection does."""
    time: int
    """Nanoseconds since 1970, by the engine's clock."""


class HealthResult(Answer):
    """A container's health after a probe, or one probe of its past."""

    status: HealthStatus
    """The aggregate, failures counted and the start period observed; of a past probe: what that probe alone says."""
    exit_code: int | None = told(default=None, json="exitCode")
    """Of the probe; absent before the first one ended."""
    output: str = ""


__all__ = ["COMMANDS", "EngineEvent", "EventAction", "EventKind", "HealthResult", "HealthStatus"]
