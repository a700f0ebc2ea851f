"""The JSON models of perry/compose."""

from typing import Annotated, Literal

from perry_ffi.model import container_values as own
from perry_ffi.model import values
from perry_ffi.model.base import Count, Field, Model, Text, parsed
from perry_ffi.model.container import LogOptions
from perry_ffi.model.verify import VerifyPolicy

Seconds = Annotated[float | None, parsed(own.wait_seconds)]


class LoadRequest(Model):
    """Which Compose files to read, and how.

    files: paths, in the order in which they override; absent: found as docker compose finds them. env: variables for
    substitution; absent: those of the process.
    """

    files: list[Text] | None = None
    project_directory: Text | None = Field(None, alias="projectDirectory")
    project_name: Text | None = Field(None, alias="projectName")
    profiles: list[Text] = []
    env_files: list[Text] = Field([], alias="envFiles")
    env: Annotated[dict[str, str] | None, parsed(values.env)] = None


class UpOptions(Model):
    """How a project is brought up."""

    detach: bool | None = None
    """Taken, and without meaning: a promise never attaches."""
    build: bool = False
    services: list[Text] | None = None
    """Absent means all."""
    remove_orphans: bool = Field(False, alias="removeOrphans")
    force_recreate: bool = Field(False, alias="forceRecreate")
    no_recreate: bool = Field(False, alias="noRecreate")
    always_recreate_deps: bool = Field(False, alias="alwaysRecreateDeps")
    """With ``services``: what they depend on is made anew too."""
    renew_anon_volumes: bool = Field(False, alias="renewAnonVolumes")
    """Containers are made anew, with anonymous volumes that are empty."""
    dependencies: bool = True
    """``False``: what the services depend on is left out."""
    start: bool = True
    """``False``: what is created is not started."""
    pull: Literal["always", "missing", "never"] | None = None
    wait: bool = False
    """Until everything runs, and what has a health check is healthy."""
    wait_timeout: Seconds = Field(None, alias="waitTimeout")
    profiles: list[Text] = []
    scale: dict[str, Count] = {}
    """How many containers, by service."""
    rollback: bool = True
    """``False``: what was created stays there after a failure."""
    strict: bool = False
    """A member that the engine does not fully honour is an error instead of a warning."""
    rolling: bool = False
    """The successor of a container serves before that one stops, where the file does not say ``order: stop-first``."""
    timeout: Seconds = None
    """Seconds before a container that has to stop is killed."""
    project_name: Text | None = Field(None, alias="projectName")
    """Wins over the document's own name, which wins over COMPOSE_PROJECT_NAME."""
    project_directory: Text | None = Field(None, alias="projectDirectory")
    """Of relative paths; its .env is read for a document that ``load`` did not resolve. Absent: no .env is read."""
    verify: VerifyPolicy | None = None
    """Whose signatures the images must have, in addition to the machine's policy and what the document says."""


class DownOptions(Model):
    volumes: bool = False
    remove_orphans: bool = Field(True, alias="removeOrphans")
    timeout: Seconds = None
    images: Literal["local", "all"] | None = None


class CleanupOptions(Model):
    volumes: bool = False
    """Named volumes go too."""
    networks: bool = True


class StackLogOptions(LogOptions):
    services: list[Text] | None = None


class LifecycleOptions(Model):
    """timeout: of a stop or restart, seconds before the kill; of a start, seconds for the conditions. signal: of a kill.

    dependents: of a restart, ``False``: those that ask to restart with a service (``restart: true``) do not.
    """

    timeout: Seconds = None
    dependents: bool = True
    signal: Annotated[str | None, parsed(own.signal)] = None


class RunOptions(Model):
    """A one-off container of a service.

    cmd: instead of the service's command. rm: remove it when it ends. dependencies: start what the service depends on.
    servicePorts: publish the service's ports.
    """

    cmd: list[Text] | None = None
    entrypoint: list[Text] | None = None
    env: Annotated[dict[str, str], parsed(values.env)] = {}
    user: Text | None = None
    workdir: Text | None = None
    name: Text | None = None
    labels: Annotated[dict[str, str], parsed(values.labels)] = {}
    rm: bool = True
    dependencies: bool = True
    service_ports: bool = Field(False, alias="servicePorts")
    timeout: Seconds = None


class RunResult(Model):
    """exitCode of the command; its output; the container's id and name (gone by now where ``rm`` was asked for)."""

    id: str
    name: str
    exit_code: int = Field(alias="exitCode")
    stdout: str
    stderr: str


class ImagesOptions(Model):
    """services: absent for all. ignoreFailures: go on where one fails."""

    services: list[Text] | None = None
    ignore_failures: bool = Field(False, alias="ignoreFailures")


class ImagesReport(Model):
    """images: what was built, pulled or pushed. errors: one line for each that failed."""

    images: list[str] = []
    errors: list[str] = []
