"""Names, labels and hashes: how the parts of a project are recognised, in this process and in any other.

The labels of docker compose stand beside our own, so that its ``ls`` and ``ps`` and other tools see the stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from perry_ffi import __version__

OURS = "perry.compose."
THEIRS = "com.docker.compose."

PROJECT = OURS + "project"
SERVICE = OURS + "service"
NUMBER = OURS + "number"
ONE_OFF = OURS + "one-off"
CONFIG_HASH = OURS + "config-hash"
IMAGE = OURS + "image"
DEPENDS_ON = OURS + "depends-on"
TRANSACTION = OURS + "transaction"
"""Which ``up`` created it: what its undoing may remove."""
NETWORK = OURS + "network"
VOLUME = OURS + "volume"
STACK = "com.docker.stack.namespace"
"""What a cluster's own tools know the services of a project by. Its tasks do not carry ``com.docker.compose.project``: on a node they
would be taken for containers of a plain project.
"""

DEFINITION = OURS + "definition-hash"
"""Of a service of a cluster: the part of its hash that is its definition's alone."""
POLICY = OURS + "policy-hash"
"""Of a service of a cluster: of what its definition says that is nothing of its tasks."""
CLUSTER_VOLUMES = OURS + "volumes"
"""Of a service of a cluster: the volumes that its tasks mount, as ``key=digest`` of each one's definition, with commas."""
REFERENCE = OURS + "image-reference"
"""Of a service of a cluster: its image as the file says it; ``IMAGE`` tells the digest that this stood for."""
CLUSTER_FILES = OURS + "files"
"""Of a service of a cluster: the configs and secrets that it uses, as ``config:key=name``, with commas."""
CLUSTER_NETWORKS = OURS + "networks"
"""Of a service of a cluster: the ids of the networks that it is on, with commas."""
STOPPED = OURS + "stopped-replicas"
"""Of a service of a cluster that was stopped: how many tasks it had."""

INHERITED = OURS + "inherited-volumes"
"""The anonymous volumes it has from its predecessor, with commas: an engine takes them for named ones."""

FILES = OURS + "file-volumes"
"""Where anonymous volumes carry its configs and secrets, with commas: they hold no data, and go with it."""

COPIED = OURS + "copied-files"
"""The configs and secrets that were copied into it, as a JSON list; only where it would be removed before its successor is created."""

MEMBERS = OURS + "members"
"""What it was made from, member by member, as ``members`` has it: for those who want to know what changed."""

PEER_HASH = THEIRS + "config-hash"
"""What docker compose decides on recreation by: its own hash, which containers, networks and volumes of ours carry too."""

WORKING_DIR = THEIRS + "project.working_dir"
CONFIG_FILES = THEIRS + "project.config_files"
"""The Compose files, with commas."""
ENV_FILES = THEIRS + "project.environment_file"
"""The env files beside them, with commas; docker compose says them."""


def watched(project: str) -> dict[str, str]:
    """The labels of everything of ``project``, docker compose's parts too: what its events are asked for by."""
    return {THEIRS + "project": project}


_separator: ContextVar[str] = ContextVar("separator", default="-")
"""What stands between the parts of a name that nobody gave."""


@contextmanager
def with_underscores() -> Iterator[None]:
    """Within it containers and images are named as docker compose's first version did."""
    told = _separator.set("_")
    try:
        yield
    finally:
        _separator.reset(told)


def container_name(project: str, service: str, number: int, given: str | None = None) -> str:
    """The Compose name of a service's container; ``given`` is its ``container_name``."""
    return given or _separator.get().join((project, service, str(number)))


def one_off_name(project: str, service: str, slug: str) -> str:
    """The name of a container of ``run``."""
    return _separator.get().join((project, service, "run", slug))


def image_name(project: str, service: str) -> str:
    """The reference of an image that is built and not named."""
    return _separator.get().join((project, service))


_NO_NAMES: Mapping[str, str] = {}


def config_hash(
    service: Mapping[str, Any],
    contents: Iterable[tuple[str, str]] = (),
    *,
    networks: Mapping[str, str] = _NO_NAMES,
    volumes: Mapping[str, str] = _NO_NAMES,
) -> str:
    """The hash that decides on recreation.

    service: the service in canonical form. contents: (target, digest) of the configs and secrets it is given. networks,
    volumes: names in the engine by key.
    """
    from perry_ffi.stack.shape import shape  # Not for those who only read labels.

    return _digest([shape(service, networks, volumes), sorted(contents)])


def resource_hash(resource: Mapping[str, Any]) -> str:
    """The hash of a network's or a volume's definition."""
    from perry_ffi.stack.shape import plain

    return _digest({name: value for name, value in plain(resource).items() if name != "name"})


def _digest(value: Any) -> str:
    import hashlib

    from perry_ffi.stack.shape import text

    return hashlib.sha256(text(value).encode("utf-8", "surrogatepass")).hexdigest()


def depends_on_label(dependencies: Mapping[str, Mapping[str, Any]]) -> str:
    """``name:condition:restart`` for each dependency, as docker compose writes it."""
    return ",".join(
        f"{name}:{edge.get('condition', 'service_started')}:{str(bool(edge.get('restart'))).lower()}"
        for name, edge in sorted(dependencies.items())
    )


def read_depends_on(label: str) -> dict[str, dict[str, Any]]:
    """The dependencies that a container's label tells; what cannot be read is left out."""
    found: dict[str, dict[str, Any]] = {}
    for row in label.split(","):
        name, _, rest = row.partition(":")
        condition, _, restart = rest.partition(":")
        if name:
            found[name] = {"condition": condition or "service_started", "restart": restart == "true", "required": True}
    return found


def project_labels(project: str) -> dict[str, str]:
    """What every part of a project carries."""
    return {PROJECT: project, THEIRS + "project": project, THEIRS + "version": __version__}


def container_labels(
    project: str,
    service: str,
    number: int,
    *,
    digest: str,
    peer_digest: str = "",
    image_id: str,
    depends_on: Mapping[str, Mapping[str, Any]],
    working_dir: str = "",
    files: Iterable[str] = (),
    transaction: str = "",
    one_off: bool = False,
    members: str = "",
) -> dict[str, str]:
    """The labels of one container: all there are, so that none is left to what its file or its image says.

    digest: of ``config_hash``. peer_digest: docker compose's. members: of ``members.member_label``.
    """
    dependencies = depends_on_label(depends_on)
    return {
        **project_labels(project),
        SERVICE: service,
        NUMBER: str(number),
        ONE_OFF: str(one_off).lower(),
        CONFIG_HASH: digest,
        MEMBERS: members,
        IMAGE: image_id,
        DEPENDS_ON: dependencies,
        TRANSACTION: transaction,
        INHERITED: "",
        FILES: "",
        THEIRS + "service": service,
        THEIRS + "container-number": str(number),
        THEIRS + "oneoff": str(one_off),
        PEER_HASH: peer_digest,
        THEIRS + "image": image_id,
        THEIRS + "depends_on": dependencies,
        WORKING_DIR: working_dir,
        CONFIG_FILES: ",".join(files),
        ENV_FILES: "",
    }


def cluster_labels(project: str) -> dict[str, str]:
    """What every part of a project on a cluster carries."""
    return {PROJECT: project, STACK: project}


def cluster_service_labels(
    project: str,
    service: str,
    *,
    digest: str,
    definition: str,
    image: str,
    reference: str,
    depends_on: Mapping[str, Mapping[str, Any]],
    files: Iterable[str],
    networks: Iterable[str],
    volumes: Iterable[str] = (),
    policy: str = "",
    members: str = "",
    working_dir: str = "",
    compose_files: Iterable[str] = (),
    transaction: str = "",
) -> dict[str, str]:
    """The labels of a service of a cluster. digest: of its version, which its tasks carry too. image: the digest of its image.
    members: of ``members.member_label``.
    """
    return {
        **cluster_labels(project),
        SERVICE: service,
        CONFIG_HASH: digest,
        DEFINITION: definition,
        MEMBERS: members,
        IMAGE: image,
        REFERENCE: reference,
        DEPENDS_ON: depends_on_label(depends_on),
        CLUSTER_FILES: ",".join(files),
        CLUSTER_NETWORKS: ",".join(networks),
        CLUSTER_VOLUMES: ",".join(volumes),
        POLICY: policy,
        TRANSACTION: transaction,
        WORKING_DIR: working_dir,
        CONFIG_FILES: ",".join(compose_files),
    }


def cluster_task_labels(project: str, service: str, digest: str) -> dict[str, str]:
    """The labels of the containers of its tasks: whose they are, and of which version."""
    return {**cluster_labels(project), SERVICE: service, CONFIG_HASH: digest}


def network_labels(project: str, key: str, digest: str, peer_digest: str, transaction: str) -> dict[str, str]:
    """The labels of a network of the project; ``key`` is its name in the file."""
    own = {NETWORK: key, CONFIG_HASH: digest, TRANSACTION: transaction, THEIRS + "network": key, PEER_HASH: peer_digest}
    return {**project_labels(project), **own}


def volume_labels(project: str, key: str, digest: str, peer_digest: str, transaction: str) -> dict[str, str]:
    """The labels of a volume of the project; ``key`` is its name in the file."""
    own = {VOLUME: key, CONFIG_HASH: digest, TRANSACTION: transaction, THEIRS + "volume": key, PEER_HASH: peer_digest}
    return {**project_labels(project), **own}


def is_of(labels: Mapping[str, str], project: str) -> bool:
    """Whether a container with these labels is the project's own.

    All that name a project name this one; ours say nothing of a container that docker compose made, which may have them from
    its image. One of those that an image never carries is there too: an image that was built for a project tells project and
    service, and whatever is run from it has its labels.
    """
    ours = is_ours(labels)
    named = {labels[name] for name in (PROJECT, THEIRS + "project")[not ours :] if name in labels}
    created = ours or THEIRS + "container-number" in labels or PEER_HASH in labels
    return named == {project} and bool(label(labels, SERVICE)) and created


def is_ours(labels: Mapping[str, str]) -> bool:
    """Whether this library created what has these labels."""
    return NUMBER in labels or CONFIG_HASH in labels


def number_of(labels: Mapping[str, str]) -> int:
    """Which container of its service it is; 0 where the labels tell no number that can be one."""
    told = label(labels, NUMBER) or ""
    return int(told) if re.fullmatch(r"[0-9]{1,9}", told) else 0


def label(labels: Mapping[str, str], name: str) -> str | None:
    """Our label ``name``, or the one of docker compose that says the same; this first of a container that it created."""
    theirs = {PROJECT: "project", SERVICE: "service", NUMBER: "container-number", ONE_OFF: "oneoff",
              NETWORK: "network", VOLUME: "volume", DEPENDS_ON: "depends_on"}.get(name)  # fmt: skip
    known = labels.get(THEIRS + theirs) if theirs else None
    theirs_first = known is not None and THEIRS + "container-number" in labels and not is_ours(labels)
    return known if theirs_first else labels.get(name, known)
