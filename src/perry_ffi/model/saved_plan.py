"""A plan of ``up`` in a file: what was asked for, what it was made of, and its steps. It holds digests, and nothing that is secret."""

from typing import Any, Final, Literal

from perry_ffi.model.base import Field, Model, Text

KIND: Final = "perry-compose plan"
VERSION: Final = 1


class PlanRequest(Model):
    """Which project: the words of the command line, in the folder in which they were typed. Paths of files are absolute. found: nothing
    named them, they were found.
    """

    files: list[Text]
    found: bool = False
    working_directory: Text = Field(alias="workingDirectory")
    project_name: Text | None = Field(default=None, alias="projectName")
    project_directory: Text | None = Field(default=None, alias="projectDirectory")
    profiles: list[Text] = []
    env_files: list[Text] = Field(default=[], alias="envFiles")
    all_resources: bool = Field(default=False, alias="allResources")
    compatibility: bool = False


class PlanEngine(Model):
    """The engine that it was made on. identity: what tells it from others."""

    name: Text
    identity: Text
    address: Text | None = None


class PlannedStep(Model):
    """One step; see ``runtime.plan``."""

    step: int
    action: Text
    target: Text
    cause: Text
    after: list[int]
    service: Text | None = None


class PlannedPull(Model):
    """An image that a step pulls. digest: what its registry named by it when the plan was made; unknown: why that is not known."""

    image: Text
    digest: Text | None = None
    unknown: Text | None = None


class SavedPlan(Model):
    """The document. options: those of ``up``, by the names of ``stack.options.Up``. model, observed: digests by part. obstacles: what
    others had of what the steps want, in words.
    """

    kind: Literal["perry-compose plan"] = KIND
    version: Literal[1] = VERSION
    project: Text
    engine: PlanEngine
    request: PlanRequest
    options: dict[str, Any]
    model: dict[str, Text]
    observed: dict[str, Text]
    steps: list[PlannedStep]
    pulls: list[PlannedPull] = []
    obstacles: list[Text] = []
    notes: list[Text] = []
