"""The backend contract: what an engine does, in this project's own words.

A backend turns each call into engine calls and answers with models. It raises only the error
family: ``NotFound`` for what the engine says does not exist and for nothing else, ``Conflict``
for a name or state in the way, ``BackendError`` with the engine's status and words for the rest,
``Unsupported`` for a member it cannot honour, ``BackendNotAvailable`` when the engine does not
answer, ``Timeout`` when a bound was reached. What an engine says only in the moment in which something goes away is
asked again before it is told. Every method is cancellable, and usable from any task of one event loop, concurrently.

It has a required core, which any engine has that knows containers, and optional groups, each an abstract class named by a
capability (``op.pause``). ``Backend`` has them all, and callers never look which are there: what a group that an engine
lacks means is decided in ``absent``, once for all backends.

Names and ids are passed as the caller gave them: a backend keeps them from becoming an option,
a path or a query of their own.
"""

from __future__ import annotations

from perry_ffi.backends.contract.archives import Archives
from perry_ffi.backends.contract.containers import Containers
from perry_ffi.backends.contract.engine import Engine
from perry_ffi.backends.contract.events import Events, ExitWatches, StopCause
from perry_ffi.backends.contract.health import HealthProbes
from perry_ffi.backends.contract.images import ImageBuilds, ImageNames, ImagePushes, Images
from perry_ffi.backends.contract.interaction import Commits, Copies, Exports, Interaction
from perry_ffi.backends.contract.lifecycle import Pausing, Processes, Renaming, Restarting, Signals, Stats
from perry_ffi.backends.contract.networks import NetworkAttachment, NetworkRemaking, Networks
from perry_ffi.backends.contract.sandboxes import Sandboxes
from perry_ffi.backends.contract.sessions import Attaching, ExecStreams
from perry_ffi.backends.contract.volumes import Volumes


class Core(Engine, Containers, Images, Networks, Volumes):
    """What every backend must bring."""


class Backend(
    Core,
    Renaming,
    Signals,
    Pausing,
    Restarting,
    ExitWatches,
    StopCause,
    Events,
    HealthProbes,
    NetworkAttachment,
    NetworkRemaking,
    Archives,
    Attaching,
    ExecStreams,
    Interaction,
    Copies,
    Commits,
    Exports,
    Stats,
    Processes,
    ImageNames,
    ImageBuilds,
    ImagePushes,
    Sandboxes,
):
    """The core and every group: the type that callers use.

    A backend that brings all of it derives from this; one that lacks a group derives from ``absent.CoreBackend``.
    """


__all__ = ["Backend", "Core"]
