"""Services of projects as definitions, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.compose import Project, load_document
from perry_ffi.stack.cluster.definition import service_definition
from perry_ffi.stack.cluster.files import cluster_files
from perry_ffi.stack.desired import Service, desired
from perry_ffi.stack.options import Up

IMAGE = "registry.example/app@sha256:" + "0" * 64


def loaded(service: dict[str, Any], environment: dict[str, str] | None = None, **sections: Any) -> Project:
    """The project ``p`` whose service ``a`` is ``service``."""
    services = {"a": {"image": "app", **service}, **sections.pop("services", {})}
    document = {"name": "p", "services": services, **sections}
    return load_document(document, env=environment or {}, working_directory="/")


def wanted(project: Project, service: str = "a", options: Up | None = None) -> Service:
    return desired(project, options or Up(), {}).services[service]


def definition_of(
    project: Project,
    service: str = "a",
    *,
    options: Up | None = None,
    one_shot: bool = False,
    capabilities: Capabilities | None = None,
    nodes: int | None = None,
    networks: Mapping[str, str] | None = None,
    platforms: Sequence[str] = (),
) -> ServiceDefinition:
    document = project.to_dict()
    files = cluster_files(project, document)[service]
    return service_definition(
        document, wanted(project, service, options), project=project.name, image=IMAGE,
        labels={"perry.compose.project": "p"}, task_labels={"perry.compose.config-hash": "h"},
        networks=networks or {key: f"id-of-{key}" for key in project.networks}, files=files,
        idents={file.name: f"id-of-{file.name}" for file in files},
        one_shot=one_shot, working_dir="/", capabilities=capabilities, nodes=nodes, platforms=platforms,
    )  # fmt: skip


def definition(service: dict[str, Any], **sections: Any) -> ServiceDefinition:
    """The definition of a service of a project of its own; ``sections`` are the project's."""
    return definition_of(loaded(service, **sections))
