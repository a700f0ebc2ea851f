"""The seam for engines that keep services by themselves: how many of each run, where, and what follows a failure.

Such an engine takes the definition of a service and makes, moves and replaces its containers on its own; a project is then
reconciled service by service instead of container by container. ``Engine.services`` is where its backend offers this. An
engine may have both, services for projects and containers for single calls; one that has services alone declares each
operation on containers unsupported, and the type that stands for it is ``Engine`` and not ``Backend``.

Orchestration chooses by ``backend.services``, never by the engine's name. The operations of this contract (definitions in,
states of services and of their tasks out) come with the first backend that fills it.
"""

from __future__ import annotations


class Services:
    """An engine's services; no backend of today has any."""


__all__ = ["Services"]
