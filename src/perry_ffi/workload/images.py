"""The images of one run: each is fetched and verified once, whoever of the nodes comes first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, NotFound, Unsupported
from perry_ffi.model.image import PullOptions
from perry_ffi.model.reference import is_image_id
from perry_ffi.runtime.progress import ProgressEvents
from perry_ffi.stack.verify import tell_verified
from perry_ffi.workload.naming import NODES

if TYPE_CHECKING:
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.runtime.rollback import UndoLog
    from perry_ffi.stack.context import StackContext
    from perry_ffi.trust.in_force import Asked, InForce
    from perry_ffi.workload.graph import Node

Key = tuple[str, str, str | None, str]


@dataclass(frozen=True)
class Image:
    """What a node is created from. reference: what the engine is asked for; pinned where a rule is for it."""

    reference: str
    details: ImageDetails

    @property
    def id(self) -> str:
        return self.details.id


class Images:
    """pull: the policy of nodes that have none of their own."""

    def __init__(self, context: StackContext, undo: UndoLog, pull: str | None) -> None:
        self._context = context
        self._undo = undo
        self._pull = pull
        self._locks: dict[Key, anyio.Lock] = {}
        self._found: dict[Key, Image] = {}

    async def of(self, node: Node) -> Image:
        """What may be created for a node; the engine has it. Raises what a pull and a verification raise, with the node's name."""
        key = self._key(node)
        async with self._locks.setdefault(key, anyio.Lock()):
            if key not in self._found:
                try:
                    self._found[key] = await self._fetch(node)
                except ContainerError as error:
                    raise at_node(error, node.name, "image") from None
            return self._found[key]

    def _key(self, node: Node) -> Key:
        verify = node.spec.verify
        return (
            node.spec.image or "",
            pull_policy(node, self._pull),
            node.spec.platform,
            verify.model_dump_json() if verify else "",
        )

    async def _fetch(self, node: Node) -> Image:
        reference = node.spec.image or ""
        in_force = await in_force_of(self._context, node)
        if in_force is not None:
            reference = await self._verified(node, in_force)
        else:
            await self._there(node)
        return Image(reference, await self._context.backend.inspect_image(reference))

    async def _there(self, node: Node) -> None:
        """Pulls by the node's policy; without any rule."""
        image, policy, backend = node.spec.image or "", pull_policy(node, self._pull), self._context.backend
        before = await backend.image_id(image)
        if is_image_id(image) or (before is not None and policy != "always"):
            return
        if policy == "never":
            raise NotFound(f"the engine has no image {image}, and it is not to be pulled", subject=image)
        self._undo.image(image, before)
        await backend.pull_image(image, PullOptions(platform=node.spec.platform, policy="always"), self._progress(node))

    async def _verified(self, node: Node, in_force: InForce) -> str:
        image, backend = node.spec.image or "", self._context.backend
        self._undo.image(image, await backend.image_id(image))
        admitted = await in_force.fetch(
            backend, image, pull=pull_policy(node, self._pull), platform=node.spec.platform, progress=self._progress(node)
        )
        if (found := admitted.verification) is None:
            await self._there(node)
            return image
        tell_verified(self._context.bus, image, found, NODES.details(node.name))
        return admitted.image

    def _progress(self, node: Node) -> ProgressEvents:
        return ProgressEvents(self._context.bus, "pull", node.spec.image or "", node.name, NODES)


def pull_policy(node: Node, pull: str | None) -> str:
    """``always``, ``missing`` or ``never``. pull: of nodes that say nothing."""
    own = node.spec.pull_policy
    return ("missing" if own == "if_not_present" else own) or pull or "missing"


async def in_force_of(context: StackContext, node: Node) -> InForce | None:
    """The policies that a node's image has to satisfy; ``None`` where nobody asks. Raises ValidationError for a policy."""
    asked = (*context.asked, *_asked(node))
    if context.trust is None:
        if asked:
            raise Unsupported("signatures of images cannot be verified in this context", operation="verify")
        return None
    return await context.trust.in_force(asked)


def _asked(node: Node) -> tuple[Asked, ...]:
    """What a node asks for itself. Paths are relative to the working directory of the process, as for single containers."""
    if node.spec.verify is None:
        return ()
    from perry_ffi.trust.in_force import Asked

    return (Asked(node.spec.verify, f"nodes.{node.name}.verify", Path(os.getcwd())),)


async def rules_of(context: StackContext, node: Node) -> list[str] | None:
    """The names of the rules that a node's image has to satisfy; ``None`` where nobody asks. No image is fetched for it.

    Raises VerificationFailed for an image that no rule is for where that is refused, ValidationError for a policy.
    """
    try:
        in_force = await in_force_of(context, node)
        if in_force is None or is_image_id(node.spec.image or ""):
            return None if in_force is None else []
        return list(dict.fromkeys(rule.name for _, rule in in_force.rules_for(node.spec.image or ""))) or None
    except ContainerError as error:
        raise at_node(error, node.name, "image") from None


def at_node(error: ContainerError, node: str, member: str = "") -> ContainerError:
    """The error, with the place in the graph before it."""
    if error.details.get("node"):
        return error
    path = f"nodes.{node}.{member}" if member else f"nodes.{node}"
    message = error.message if error.message.startswith(f"nodes.{node}") else f"{path}: {error.message}"
    return type(error)(message, **{**error.details, "node": node})
