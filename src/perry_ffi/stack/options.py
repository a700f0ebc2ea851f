"""The options of the verbs, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Up:
    """What an ``up`` is asked for.

    services: only these and what they depend on; ``None`` all. build: build even what is there. pull: ``always``,
    ``missing`` or ``never`` over the services' own policies. wait: until everything is ready, at most wait_timeout
    seconds. scale: replicas by service. rollback: put back what was there if it fails. timeout: seconds that a
    container that is replaced gets to stop; ``None`` its own. start: start what is created. dependencies: also what the
    services depend on. renew_volumes: a container that is replaced does not hand its anonymous volumes on. containers:
    without, only what containers need is made: images, networks, volumes. strict: a member that the engine does not fully
    honour is an error, not a warning.
    """

    services: tuple[str, ...] | None = None
    build: bool = False
    pull: str | None = None
    remove_orphans: bool = False
    force_recreate: bool = False
    no_recreate: bool = False
    wait: bool = False
    wait_timeout: float | None = None
    scale: Mapping[str, int] = field(default_factory=dict)
    rollback: bool = True
    timeout: float | None = None
    start: bool = True
    dependencies: bool = True
    renew_volumes: bool = False
    containers: bool = True
    strict: bool = False


@dataclass(frozen=True)
class Down:
    """What a ``down`` is asked for. images: ``local`` (those without a name of their own) or ``all``."""

    volumes: bool = False
    networks: bool = True
    remove_orphans: bool = True
    timeout: float | None = None
    images: str | None = None
