"""Images: what is built, pulled and pushed. What the engine holds is in ``image_info``, and can be had from here too."""

from typing import Annotated, Any, Literal, Self

from perry_ffi.model import host_values as host
from perry_ffi.model import resource_values as resources
from perry_ffi.model import values
from perry_ffi.model.base import Model, Text, contradiction, model_validator, parsed
from perry_ffi.model.build_values import BuildAgent, BuildSecret, build_agents, build_secrets
from perry_ffi.model.image_info import BuildResult, ImageDetails, ImageInfo
from perry_ffi.model.platform import platform as read_platform
from perry_ffi.model.reference import parse_reference


def _tag(value: Any) -> str:
    parse_reference(value)
    return str(value)


class BuildSpec(Model):
    """An image to build from a directory. What an engine's API build cannot honour is refused by name."""

    context: Text = "."
    """Directory on this machine that is sent to the engine, less what ``.dockerignore`` names."""
    dockerfile: Text | None = None
    """Relative to the context or absolute, inside it or not; absent: ``Dockerfile``, then ``Containerfile``."""
    dockerfile_inline: Text | None = None
    """The Dockerfile's own text; excludes ``dockerfile``."""
    args: Annotated[dict[str, str], parsed(values.env)] = {}
    target: Text | None = None
    labels: Annotated[dict[str, str], parsed(values.labels)] = {}
    network: Text | None = None
    tags: Annotated[list[str], parsed(values.list_of(_tag))] = []
    """Further names of the image."""
    no_cache: bool = False
    pull: bool = False
    """Base images are pulled also where they exist."""
    platform: Annotated[str | None, parsed(read_platform)] = None
    platforms: Annotated[list[str], parsed(values.list_of(read_platform))] = []
    cache_from: Annotated[list[str], parsed(values.names)] = []
    cache_to: Annotated[list[str], parsed(values.names)] = []
    extra_hosts: Annotated[list[str], parsed(host.extra_hosts)] = []
    shm_size: Annotated[int | None, parsed(values.size)] = None
    ulimits: Annotated[list[resources.Ulimit], parsed(resources.ulimits)] = []
    isolation: Text | None = None
    privileged: bool = False
    secrets: Annotated[list[BuildSecret], parsed(build_secrets)] = []
    """What steps can mount (``RUN --mount=type=secret``) and no image keeps."""
    ssh: Annotated[list[BuildAgent], parsed(build_agents)] = []
    """Agents that steps can mount (``RUN --mount=type=ssh``): ``default``, or ``id=/path`` of a socket."""
    additional_contexts: Annotated[dict[str, str], parsed(values.text_map)] = {}
    """By the name that the Dockerfile uses like an image's: a directory, or ``docker-image://reference``."""
    entitlements: Annotated[list[str], parsed(values.names)] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.dockerfile is not None and self.dockerfile_inline is not None:
            raise contradiction("dockerfile_inline", "dockerfile or dockerfile_inline, not both")
        return self


class RegistryOptions(Model):
    """``username`` and ``password`` (or ``identity_token``) take the place of the user's stored credentials."""

    platform: Annotated[str | None, parsed(read_platform)] = None
    username: Text | None = None
    password: Text | None = None
    identity_token: Text | None = None


class PullOptions(RegistryOptions):
    """``policy``: ``always`` (the default of a pull), ``missing``, ``never``."""

    policy: Literal["always", "missing", "if_not_present", "never"] | None = None


class PushOptions(RegistryOptions):
    """Of a push."""


__all__ = [
    "BuildResult", "BuildSpec", "ImageDetails", "ImageInfo", "PullOptions", "PushOptions", "RegistryOptions",
]  # fmt: skip
