"""What a swarm's refusals mean, where its statuses do not say so: raft and gRPC speak through an HTTP API.

Seen on docker 20.10; the words come from moby/swarmkit, and have not changed since.
"""

from __future__ import annotations

import re

from perry_ffi.backends.contract.services import UNCERTAIN
from perry_ffi.backends.engine_api.error_mapping import Words
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, ContainerError, Timeout, Unsupported, ValidationError

_NO_MANAGER = re.compile(r"not a swarm manager|not part of a swarm", re.IGNORECASE)
_LOCKED = re.compile(r"swarm is encrypted|needs to be unlocked", re.IGNORECASE)
_NO_QUORUM = re.compile(r"does not have a leader|too few managers|no quorum", re.IGNORECASE)
_UNKNOWN_OUTCOME = re.compile(
    r"lost leader status|leader status|leadership|DeadlineExceeded|deadline exceeded|code = Unavailable|context canceled"
    r"|raft: (?:stopped|proposal dropped)|transport is closing|connection error",
    re.IGNORECASE,
)
_CONFLICT = re.compile(
    r"update out of sequence|in use by|AlreadyExists|already exists|already in use|FailedPrecondition.*in use|conflicting name",
    re.IGNORECASE,
)
_INVALID = re.compile(r"constraint (?:expected|key|value)|invalid memory value|invalid cpu value", re.IGNORECASE)
_QUORUM = "bring managers of the swarm back, more than half of them: docker node ls on one tells which are reachable"
_REASON = re.compile(r"^rpc error: code = \w+ desc = ")
_MEMBERS: tuple[tuple[str, str, type[ContainerError]], ...] = (
    (r"name must be|invalid name", "name", ValidationError),
    (r"can't be used with dnsrr|duplicate published ports|EndpointSpec", "ports", ValidationError),
    (r"memory value", "memory", ValidationError),
    (r"cpu value", "cpus", ValidationError),
    (r"constraint", "placement.constraints", ValidationError),
    (r"duplicate mount point|expanding mount", "volumes", ValidationError),
    (r"expanding env", "environment", ValidationError),
    (r"expanding hostname", "hostname", ValidationError),
    (r"^secret\b", "secrets", ValidationError),
    (r"^config\b", "configs", ValidationError),
    (r"may not have an update config", "update", ValidationError),
    (r"mode change", "deploy.mode", Unsupported),
    (r"unrecognized (?:update|rollback) (?:order|failure action)", "update", ValidationError),
    (r"image reference", "image", ValidationError),
    (r"cannot be used with services|predefined swarm network", "networks", Unsupported),
)
"""The member of a service that a refusal is about, by its words."""


def cluster_refusal(
    status: int, body: bytes, *, doing: str, backend: str, managers: tuple[str, ...] = (), subject: str | None = None
) -> ContainerError | None:
    """The error that a manager's answer stands for, where it is the cluster that refuses; ``None`` where any engine might say so.

    managers: addresses that the remedy names.
    """
    words = Words.of(body).message
    said = _REASON.sub("", words)
    kind: type[ContainerError]
    remedy: str | None = None
    member: str | None = None
    if _NO_MANAGER.search(words) or _LOCKED.search(words):
        kind, remedy = BackendNotAvailable, not_a_manager(managers, locked=bool(_LOCKED.search(words)))
    elif _NO_QUORUM.search(words):
        kind, remedy = BackendNotAvailable, _QUORUM
    elif _CONFLICT.search(words):
        kind = Conflict
    elif status in (400, 501) or _INVALID.search(words):
        found = next((row for row in _MEMBERS if re.search(row[0], said, re.IGNORECASE)), None)
        if found is None:
            return None
        member, kind = found[1], found[2]
    elif status >= 500 and _UNKNOWN_OUTCOME.search(words):
        kind = BackendError
    else:
        return None
    said = _without_values(said)
    return kind(
        f"{doing}: {said}", backend=backend, status=status, operation=doing, output=said, subject=subject, remedy=remedy,
        reason=said if kind is BackendNotAvailable else None, member=member,
        path=member if kind is ValidationError else None,
    )  # fmt: skip


def not_a_manager(managers: tuple[str, ...], *, locked: bool = False) -> str:
    """What to do where a node cannot change the swarm."""
    if locked:
        return "unlock it: docker swarm unlock"
    if managers:
        return f"use a manager of the swarm: {', '.join(managers)} (DOCKER_HOST, or docker context use)"
    return "make a swarm of it: docker swarm init (or docker swarm join, as a manager)"


def _without_values(said: str) -> str:
    """A refusal of a variable repeats it whole, and its value may be a secret."""
    return re.sub(r'(expanding env) ".*', r"\1: its value is no template", said, flags=re.DOTALL)


def mark_uncertain(error: ContainerError) -> ContainerError:
    """``error`` of a call that changes something, with its mark where the call may have been carried out all the same."""
    status, said = error.details.get("status"), str(error.details.get("output") or "")
    lost = isinstance(error, Timeout) or (isinstance(error, BackendError) and not (isinstance(status, int) and status >= 300))
    if lost or (isinstance(error, BackendError) and _UNKNOWN_OUTCOME.search(said)):
        error.details[UNCERTAIN] = True
    return error


def has_no_leader(error: ContainerError) -> bool:
    """Whether the managers had none at that moment, so that nothing was done."""
    return isinstance(error, BackendNotAvailable) and bool(_NO_QUORUM.search(str(error.details.get("output") or "")))


def silent(doing: str, backend: str, seconds: float) -> BackendNotAvailable:
    """The error of a call that reads and that the managers did not answer for so long."""
    reason = f"no answer within {seconds:g} s: the managers of the swarm have no leader, or are too busy"
    return BackendNotAvailable(f"{doing}: {reason}", backend=backend, operation=doing, reason=reason, remedy=_QUORUM)


def unsettled(error: ContainerError) -> ContainerError:
    """``error`` of a call that reads: BackendNotAvailable where the managers could not agree, or the connection broke before there was
    an answer. Both may soon be otherwise.
    """
    said = str(error.details.get("output") or "")
    if not isinstance(error, BackendError):
        return error
    if error.details.get("status") is None:
        reason, remedy = (
            str(error.details.get("reason") or error.message),
            "see whether docker runs on the manager, or use another one",
        )
    elif _UNKNOWN_OUTCOME.search(said):
        reason, remedy = said, _QUORUM
    else:
        return error
    return BackendNotAvailable(error.message, **{**error.details, "reason": reason, "remedy": remedy})
