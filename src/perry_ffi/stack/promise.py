"""A plan that was made before: what it was made of, and whether it is still the plan that would be made.

The one place that says what counts of a model and of what an engine holds. Digests alone, for a plan may be kept in a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.advice import Advice, Operation
from perry_ffi.errors import Conflict
from perry_ffi.stack.shape import text

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.plan import Plan
    from perry_ffi.stack.observed import Observed, Replica, Resource

Digests = Mapping[str, str]
"""By the name of a part (``services.web``, ``container shop-web-1``): what tells it from another of that name."""

SHOWN = 8
"""How many changes a message names."""


@dataclass(frozen=True)
class Promise:
    """engine: which one it was made for. model, observed: of the project, and of what the engine held. steps: as ``Plan.to_dict``.
    pulls: the digest that the registry named by each image that is pulled, as far as it is known.
    """

    engine: str
    model: Digests
    observed: Digests
    steps: Sequence[Mapping[str, Any]]
    pulls: Digests = field(default_factory=dict)

    def hold(self, now: Promise) -> None:
        """Raises Conflict, naming what changed, unless ``now`` would be the same plan made of the same."""
        if self.engine != now.engine:
            raise stale([f"it was made for another engine ({self.engine}, and this is {now.engine})"])
        changes = [*_changes(self.model, now.model), *_changes(self.observed, now.observed)]
        if not changes and (other := _other_step(self.steps, now.steps)):
            changes = [f"other steps would be taken now ({other})"]
        if changes:
            raise stale(changes)

    def hold_pulled(self, image: str, digests: Sequence[str]) -> None:
        """Raises Conflict where an image that was pulled is none of the digest that was promised. digests: as the engine tells them; an
        engine that tells none is believed.
        """
        told = [name.rpartition("@")[2] for name in digests]
        if told and self.pulls[image] not in told:
            raise stale([f"pulling {image} gave {' '.join(told)}, and the plan says {self.pulls[image]}"])

    def hold_steps(self, steps: Plan) -> None:
        """Raises Conflict for a step that it does not have. Fewer may be left once images turned out to be what they were."""
        promised = {(row["action"], row["target"]) for row in self.steps}
        if more := [f"{step.action.name} {step.target}" for step in steps.steps if _key(step) not in promised]:
            raise stale([f"it does not have the step: {row}" for row in more])


def promise(engine: str, model: Digests, observed: Digests, steps: Plan) -> Promise:
    """What ``steps`` promises."""
    rows = [{name: value for name, value in row.items() if value is not None} for row in steps.to_dict()["steps"]]
    return Promise(engine, model, observed, rows)


def model_digests(
    project: Project, document: Mapping[str, Any], contents: Mapping[str, Iterable[tuple[str, str]]]
) -> dict[str, str]:
    """Of a project, part by part. contents: the target and the digest of each config and secret, by service."""
    found = {
        "the services that are disabled": _digest(sorted(project.disabled_services)),
        "its folder": _digest(project.working_dir),
    }
    for section in ("services", "networks", "volumes", "configs", "secrets"):
        for name, row in (document.get(section) or {}).items():
            more = [sorted(contents.get(name, ())), project.label_files.get(name)] if section == "services" else []
            found[f"{section}.{name}"] = _digest([row, *more])
    return found


def observed_digests(observed: Observed) -> dict[str, str]:
    """Of what an engine holds, part by part; less what changes by itself while nobody does anything: health, addresses, ages."""
    found = {f"container {row.name}": _digest(_replica(row)) for row in observed.containers}
    found.update({f"network {row.name}": _digest(_resource(row)) for row in observed.networks.values()})
    found.update({f"network {row.id}": _digest(_resource(row)) for row in observed.duplicates})
    found.update({f"volume {row.name}": _digest(_resource(row)) for row in observed.volumes.values()})
    found.update({f"image {name}": _digest(ident) for name, ident in observed.images.items() if ident is not None})
    found.update({f"strangers on the network {name}": _digest(rows) for name, rows in observed.strangers.items()})
    return found


def _replica(row: Replica) -> list[Any]:
    state = "running" if row.status == "restarting" else row.status
    hashes = [row.config_hash, row.peer_hash, row.image_id, row.depends_on]
    return [
        row.id,
        row.service,
        row.number,
        state,
        row.one_off,
        row.transaction,
        hashes,
        sorted(row.networks),
        sorted(row.joined),
    ]


def _resource(row: Resource) -> list[Any]:
    return [row.id, row.key, row.project, row.config_hash, row.peer_hash, row.driver]


def _changes(before: Digests, now: Digests) -> list[str]:
    changed = [f"{name} changed" for name in before if name in now and now[name] != before[name]]
    gone = [f"{name} is not there any more" for name in before if name not in now]
    return sorted([*changed, *gone, *(f"{name} is new" for name in now if name not in before)])


def _other_step(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> str | None:
    """The first one that is not the same, in words."""
    for old, new in zip(before, now, strict=False):
        if old != new:
            return f"step {new['step']}: {new['action']} {new['target']}, {new['cause']}"
    return None if len(before) == len(now) else f"{len(now)} for {len(before)}"


def stale(changes: list[str]) -> Conflict:
    """What is raised for a plan of which ``changes`` tell why it does not hold."""
    more = [f"{len(changes) - SHOWN} more changes"] if len(changes) > SHOWN else []
    return Conflict(
        f"the plan is not to be applied any more: {'; '.join([*changes[:SHOWN], *more])}", changes=changes,
        remedy=Advice("make it anew: {}", Operation("plan")),
    )  # fmt: skip


def _key(step: Any) -> tuple[str, str]:
    return step.action.name, step.target


def _digest(value: Any) -> str:
    return hashlib.sha256(text(value).encode("utf-8", "surrogatepass")).hexdigest()
