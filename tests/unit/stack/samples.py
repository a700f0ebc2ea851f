"""Compose files that are here: the project's own, and a collection of others' where it lies beside the checkout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from perry_ffi.compose import Project, load
from perry_ffi.errors import ContainerError

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = ROOT.parent / "shared/conformance"
OWN = sorted([*ROOT.glob("tests/conformance/projects/*/"), ROOT / "examples/stack"])
ENVIRONMENT = {"HOME": "/home/me", "C": "from the caller", "API_TOKEN": "t", "CONTEXT": "/", "IMAGE": "app"}


def own() -> Iterator[tuple[str, Project]]:
    """The project's own sample files."""
    for folder in OWN:
        yield folder.name, load(env=ENVIRONMENT, working_directory=folder, profiles=["*"])


def collected() -> Iterator[tuple[str, Project]]:
    """Every accepted case of the collection that loads here."""
    if not (COLLECTION / "index.json").exists():
        return
    for row in json.loads((COLLECTION / "index.json").read_text()):
        if row["ok"]:
            folder = COLLECTION / "cases" / row["dir"]
            files, profiles = _options(row["args"])
            try:
                yield row["id"], load(files or None, env=ENVIRONMENT, working_directory=folder, profiles=profiles)
            except ContainerError:
                continue


def _options(words: list[str]) -> tuple[list[str | Path], list[str]]:
    pairs = list(pairwise(words))
    return [value for option, value in pairs if option == "-f"], [value for option, value in pairs if option == "--profile"]


def standing_in(project: Project, name: str, image: str, command: list[str]) -> Project:
    """The project with one image for all, doing one thing; what this machine may not have is left out.

    Services that others wait for to be completed end at once, others go on until they are stopped.
    """
    jobs = {
        other
        for row in project.services.values()
        for other, edge in (row.get("depends_on") or {}).items()
        if edge.get("condition") == "service_completed_successfully"
    }
    services: dict[str, Any] = {}
    for key, row in project.services.items():
        kept = {member: value for member, value in row.items() if member not in _ELSEWHERE}
        kept |= {"image": image, "command": ["true"] if key in jobs else command, "entrypoint": None, "stop_grace_period": "1s"}
        kept["ports"] = [{**port, "published": ""} if "published" in port else port for port in row.get("ports") or []]
        kept["volumes"] = [mount for mount in row.get("volumes") or [] if mount.get("type") in ("volume", "tmpfs")]
        if "healthcheck" in kept:
            kept["healthcheck"] = {"test": ["CMD", "true"], "interval": "1s"}
        services[key] = kept
    sections = {
        section: {
            key: {**row, "name": f"{name}_{key}", "external": False} | ({"driver": "", "driver_opts": {}} if row else {})
            for key, row in getattr(project, section).items()
        }
        for section in ("networks", "volumes")
    }
    return project.replace(name=name, services=services, **sections)


_ELSEWHERE = frozenset((
    "build", "user", "working_dir", "container_name", "platform", "runtime", "gpus", "devices", "logging", "provider", "models",
    "external_links", "credential_spec", "isolation", "cgroup_parent", "device_cgroup_rules", "pull_policy", "security_opt",
    "blkio_config", "storage_opt", "userns_mode", "post_start", "pre_start", "pre_stop", "use_api_socket", "deploy",
))  # fmt: skip
"""Members that need what an image or a machine has and another has not."""
