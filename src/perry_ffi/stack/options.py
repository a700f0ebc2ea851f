"""The options of the verbs, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import ValidationError


@dataclass(frozen=True)
class Up:
    """What an ``up`` is asked for.

    services: only these and what they depend on; ``None`` all. build: build even what is there. pull: ``always``,
    ``missing`` or ``never`` over the services' own policies. wait: until everything is ready, at most wait_timeout
    seconds. scale: replicas by service. rollback: put back what was there if it fails. timeout: seconds that a
    container that is replaced gets to stop; ``None`` its own. start: start what is created. dependencies: also what the
    services depend on. force_recreate: make the containers of the services anew, and recreate_dependencies those of what
    they depend on. renew_volumes: the same as force_recreate, and no anonymous volume is handed on. containers: without,
    only what containers need is made: images, networks, volumes. strict: a member that the engine does not fully honour is
    an error, not a warning. keep_networks: networks whose definitions changed stay as they are. no_build: an image that would have
    to be built is an error. rolling: successors start beside the containers whose places they take, where the file does not say
    otherwise. tell_orphans: say that there are containers of services that the model does not have. Raises ValidationError for
    options that contradict each other.
    """

    services: tuple[str, ...] | None = None
    build: bool = False
    pull: str | None = None
    remove_orphans: bool = False
    force_recreate: bool = False
    recreate_dependencies: bool = False
    no_recreate: bool = False
    wait: bool = False
    wait_timeout: float | None = None
    scale: Mapping[str, int] = field(default_factory=dict)
    rollback: bool = True
    timeout: float | None = None
    start: bool = True
    dependencies: bool = True
    renew_volumes: bool = False
    containers: bool = True
    strict: bool = False
    keep_networks: bool = False
    no_build: bool = False
    rolling: bool = False
    tell_orphans: bool = True

    def __post_init__(self) -> None:
        if self.build and self.no_build:
            raise ValidationError(
                Advice("{} and {} contradict each other", Option("build"), Option("build", False)),
                path="build", expected="one of them",
            )  # fmt: skip
        for name, asked in self._recreating().items():
            if self.no_recreate and asked:
                raise ValidationError(
                    Advice("{} and {} contradict each other", Option("noRecreate"), Option(name)),
                    path="noRecreate", expected=f"noRecreate or {name}",
                )  # fmt: skip

    def _recreating(self) -> dict[str, bool]:
        """What asks for containers to be made anew, as a program calls it."""
        return {
            "forceRecreate": self.force_recreate,
            "alwaysRecreateDeps": self.recreate_dependencies,
            "renewAnonVolumes": self.renew_volumes,
        }

    def recreates(self, service: str) -> bool:
        """Whether the containers of ``service`` are made anew though nothing about them changed."""
        named = self.services is None or service in self.services
        return (self.force_recreate or self.renew_volumes) if named else self.recreate_dependencies


@dataclass(frozen=True)
class Down:
    """What a ``down`` is asked for. images: ``local`` (those without a name of their own) or ``all``. services: only those, and of
    networks and volumes what nobody else uses; ``None`` all.
    """

    volumes: bool = False
    networks: bool = True
    remove_orphans: bool = True
    timeout: float | None = None
    images: str | None = None
    services: tuple[str, ...] | None = None
