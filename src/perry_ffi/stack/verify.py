"""Which signatures the images of a project must have: what the machine asks for, whoever brings it up, and the file itself.

``x-perry-verify`` of the project or of a service is a policy that is required in addition; the ``x-nerdctl-`` members of a service
are read as such a one. Nothing in a file loosens what is asked for elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError, Unsupported, ValidationError
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from perry_ffi.stack.services_images import ImageUse, image_uses
from perry_ffi.stack.translate.build import image_name

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.model.verification import Verification
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.desired import Desired
    from perry_ffi.trust.admit import Admitted
    from perry_ffi.trust.examine import Applied
    from perry_ffi.trust.in_force import Asked, InForce

POLICY = "x-perry-verify"
_EXTENSIONS = "#extensions"
_NERDCTL = "x-nerdctl-"


@dataclass(frozen=True)
class Demand:
    """What one image must be. rules: those that are for it. owner: the service that is named in errors."""

    image: str
    owner: str
    in_force: InForce
    rules: Applied

    @property
    def cause(self) -> str:
        """For a plan: the rules."""
        return "rule " + "; ".join(dict.fromkeys(rule.name for _, rule in self.rules)) if self.rules else "it is named by its id"


@dataclass(frozen=True)
class Demands:
    """Of the images of one project. admitted: what has been verified, by reference; filled in as it is."""

    of: Mapping[str, Demand]
    admitted: dict[str, Admitted] = field(default_factory=dict)

    def pinned(self, image: str) -> str:
        """What is created for ``image``: the verified digest. Nothing that has to be verified and was not is ever given."""
        if image not in self.of:
            return image
        if image not in self.admitted:
            raise Unsupported(f"{image}: it has to be verified, and was not", operation="create a container")
        return self.admitted[image].image

    def pinned_mounts(self, spec: ServiceSpec) -> ServiceSpec:
        """``spec`` with the images that are mounted by what was verified of them."""
        if not any(mount.type == "image" and mount.source in self.of for mount in spec.volumes):
            return spec
        rows = [replace(one, source=self.pinned(one.source)) if one.type == "image" else one for one in spec.volumes]
        return spec.model_copy(update={"volumes": rows})


NO_DEMANDS = Demands({})


async def demands(context: StackContext, project: Project, wanted: Desired) -> Demands:
    """What is asked for of the images of the services that are wanted. Where nobody asks, nothing is loaded.

    Raises ValidationError for a policy, VerificationFailed for an image that no rule is for where that is not accepted.
    """
    general, own = asked_of(project)
    general = [*context.asked, *general]
    found: dict[str, Demand] = {}
    uses = image_uses(project, wanted)
    for use in uses.values():
        asked = [*general, *(one for name in use.services for one in own.get(name, ()))]
        if context.trust is None:
            if asked:
                raise Unsupported("signatures of images cannot be verified in this context", operation="verify")
            return NO_DEMANDS
        in_force = await context.trust.in_force(asked)
        if in_force is None:
            continue
        demand = _demand(use, in_force)
        if demand is not None:
            found[use.image] = demand
    return Demands(found) if found else NO_DEMANDS


def _demand(use: ImageUse, in_force: InForce) -> Demand | None:
    from perry_ffi.model.reference import is_image_id

    owner = use.services[0]
    if use.built:
        in_force = in_force.of_built(use.image)
    if is_image_id(use.image):
        return Demand(use.image, owner, in_force, ()) if in_force.policies else None
    try:
        rules = in_force.rules_for(use.image)
    except ContainerError as error:
        raise at_service(error, owner) from None
    return Demand(use.image, owner, in_force, rules) if rules else None


def tell_verified(bus: EventBus, image: str, found: Verification, whose: Mapping[str, str | None]) -> None:
    """Says that an image was verified, and how, and what is to be known of that. whose: the members that name its owner."""
    from perry_ffi.trust.report import warnings

    for code, message in warnings(found):
        bus.tell("warning", code=code, message=message, image=image, **whose)
    bus.tell("verified", image=image, verification=found.model_dump(by_alias=True, exclude_none=True), **whose)


def at_service(error: ContainerError, service: str) -> ContainerError:
    """The error, with the place in the project before it."""
    if error.details.get("service"):
        return error
    return type(error)(f"services.{service}.image: {error.message}", **{**error.details, "service": service})


def asked_of(project: Project) -> tuple[list[Asked], dict[str, list[Asked]]]:
    """What the file asks for: of all images, and of those of single services. Raises ValidationError with the place in the file."""
    folder = Path(project.working_dir)
    general = _read(project.extensions.get(POLICY), POLICY, folder)
    own = {}
    for name, tree in project.services.items():
        if extensions := tree.get(_EXTENSIONS):
            path = f"services.{name}"
            rows = _read(extensions.get(POLICY), f"{path}.{POLICY}", folder)
            rows += _read(_of_nerdctl(extensions, path), f"{path}.{_NERDCTL}verify", folder)
            if rows:
                own[name] = rows
    return general, own


def _read(document: Any, path: str, folder: Path) -> list[Asked]:
    if document is None:
        return []
    from perry_ffi.model.base import validate
    from perry_ffi.model.verify import VerifyPolicy
    from perry_ffi.trust.in_force import Asked

    return [Asked(validate(VerifyPolicy, document, path), path, folder)]


_IDENTITY = {
    "cosign-certificate-identity": "subject",
    "cosign-certificate-identity-regexp": "subjectRegExp",
    "cosign-certificate-oidc-issuer": "issuer",
    "cosign-certificate-oidc-issuer-regexp": "issuerRegExp",
}


def _of_nerdctl(extensions: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """The policy that nerdctl's members stand for: a key where one is given, else an identity. ``none`` adds nothing."""
    how = extensions.get(f"{_NERDCTL}verify")
    if how in (None, "none"):
        return None
    if how != "cosign":
        at = f"{path}.{_NERDCTL}verify"
        raise ValidationError(f"{at}: expected cosign or none", path=at, expected="cosign or none")
    if key := extensions.get(f"{_NERDCTL}cosign-public-key"):
        return {"keys": [key]}
    said = {member: extensions[_NERDCTL + name] for name, member in _IDENTITY.items() if extensions.get(_NERDCTL + name)}
    return {"identities": [said]}


async def demand_of(context: StackContext, project: Project, service: str) -> Demand | None:
    """What is asked for of the image of one service. Raises as ``demands``."""
    return (await _of_service(context, project, service)).of.get(image_name(project.to_dict(), service))


async def admitted_spec(context: StackContext, project: Project, service: str, spec: ServiceSpec) -> ServiceSpec:
    """The spec of one container of a service, outside of any plan, with what was verified. Raises what a verification raises."""
    found = await _of_service(context, project, service)
    for image in {spec.image, *(mount.source for mount in spec.volumes if mount.type == "image")} & found.of.keys():
        try:
            found.admitted[image] = await found.of[image].in_force.fetch(context.backend, image, pull="never")
        except ContainerError as error:
            raise at_service(error, service) from None
    return found.pinned_mounts(spec.model_copy(update={"image": found.pinned(spec.image)}))


async def _of_service(context: StackContext, project: Project, service: str) -> Demands:
    return await demands(context, project, desired(project, Up(services=(service,), dependencies=False), {}))
