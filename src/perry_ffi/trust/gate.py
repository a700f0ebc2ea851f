"""Verification on one machine: the policies in force, and what may be created under them. One of a client.

Cheap to make: where nobody asks for signatures nothing of this room is loaded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from perry_ffi.trust.admit import Admission, Admitted, EngineImages, look
from perry_ffi.trust.examine import Examiner
from perry_ffi.trust.files import PolicyFiles
from perry_ffi.trust.registries import Registries
from perry_ffi.trust.store import EvidenceStore

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails, PullOptions
    from perry_ffi.settings import Settings
    from perry_ffi.trust.in_force import Asked
    from perry_ffi.trust.policy import Policy


class Gate:
    def __init__(self, settings: Settings) -> None:
        self._files = PolicyFiles(settings)
        self._registries = Registries(settings)
        self._settings = settings
        self._store = EvidenceStore(settings.trust_cache)
        self._examiner = Examiner(self._store, settings.signatures, self._registries)
        self._admission = Admission(self._examiner)

    async def policies(self, asked: Sequence[Asked] = (), *, strict: bool = False) -> tuple[Policy, ...]:
        """Those in force: the machine's, and what is asked for in addition; each has to be satisfied.

        strict: as for what may run only verified. Raises ValidationError.
        """

        def read() -> tuple[Policy, ...]:
            floor = self._files.floor()
            found = [] if floor is None else [floor]
            root = floor.root if floor else None
            for one in asked:
                found.append(self._files.policy(one.document, one.source, one.folder, default_root=root))
            return tuple(policy.strict() for policy in found) if strict else tuple(found)

        return await self._examiner.in_thread(read)

    async def admit(
        self, reference: str, policies: Sequence[Policy], details: ImageDetails | None, *, all: bool = False
    ) -> Admitted:
        """See ``Admission.admit``: nothing is pulled or created."""
        return await self._admission.admit(reference, policies, details, all=all)

    async def fetch(
        self,
        engine: EngineImages,
        reference: str,
        policies: Sequence[Policy],
        *,
        pull: str | None = None,
        platform: str | None = None,
        options: PullOptions | None = None,
        progress: Any = None,
    ) -> Admitted:
        """What may be created for ``reference``, and the engine has it: pulled by the verified digest where it lacks it.

        pull: ``always``, ``missing`` (the default) or ``never``. options: of the pull, in place of ``platform``.
        Raises as ``Admission.admit``, and what a pull raises.
        """
        from perry_ffi.model.image import PullOptions
        from perry_ffi.model.reference import is_image_id, parse_reference

        by_id = is_image_id(reference)
        details = None if pull == "always" and not by_id else await look(engine, reference)
        if details is None and (pull == "never" or by_id):
            # It is not there, and that is said as ever.
            await (engine.inspect_image(reference) if by_id else engine.pull_image(reference, PullOptions(policy="never")))
        async with self._with(reference, options) as admission:
            admitted = await admission.admit(reference, policies, details)
        if admitted.verification is None or details is not None:
            return admitted
        parts = parse_reference(reference)
        how = (options or PullOptions(platform=platform)).model_copy(update={"policy": "always"})
        await engine.pull_image(f"{parts.repository}@{admitted.digest}", how, progress)
        if not parts.digest:
            await name_it(engine, f"{parts.repository}@{admitted.digest}", f"{parts.repository}:{parts.tag_or_latest}")
        return admitted

    @asynccontextmanager
    async def _with(self, reference: str, options: PullOptions | None) -> AsyncIterator[Admission]:
        """Who decides, with the credentials that a pull was given: its registry is asked as that."""
        from perry_ffi.model.reference import is_image_id, parse_reference
        from perry_ffi.registry.credentials import Credential

        if options is None or not (options.username or options.identity_token) or is_image_id(reference):
            yield self._admission
            return
        host = parse_reference(reference).registry
        given = Credential(host, options.username or "", options.password or "", options.identity_token or "")
        registries = Registries(self._settings, {host: given})
        try:
            yield Admission(Examiner(self._store, self._settings.signatures, registries))
        finally:
            await registries.aclose()

    async def aclose(self) -> None:
        await self._registries.aclose()


async def name_it(engine: EngineImages, pinned: str, reference: str) -> None:
    """Gives what was pulled by its digest the name that was asked for, as a pull of the tag would. For people: nothing is created
    by that name.
    """
    from perry_ffi.errors import Unsupported

    try:
        await engine.tag_image(pinned, reference)
    except Unsupported:
        return
