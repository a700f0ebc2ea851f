"""Builds by docker's BuildKit: it calls back on a session for the files, the Dockerfile and what else the build names.

The engine's own API is enough: no other program, no other port. What only such a build needs is imported here late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.build.secrets import agent_sockets, read_secrets
from perry_ffi.backends.engine_api.build.shared import Builders, image_in_aux
from perry_ffi.backends.engine_api.requests.queries import buildkit_query
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.json_lines import error_of, json_lines
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.registry.credentials import HUB, Credential

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.build.buildkit.grpc_server import Handler
    from perry_ffi.backends.engine_api.build.context import BuildContext
    from perry_ffi.model.image import BuildSpec

_HUB_HOST = "registry-1.docker.io"


class BuildKit(Builders):
    """The builds that the classic builder cannot do."""

    async def _with_buildkit(
        self, spec: BuildSpec, tag: str | None, context: BuildContext, doing: str, progress: AsyncProgress | None
    ) -> str:
        from perry_ffi.backends.engine_api.build.buildkit.callback_channel import session
        from perry_ffi.backends.engine_api.build.buildkit.filesync import DOCKERFILE, BuildFiles

        buildkit_query(spec, tag, "", self.engine.version.api)
        files = await anyio.to_thread.run_sync(BuildFiles, context)
        handlers = {**await self._handlers(spec), **files.handlers()}
        try:
            async with session(self.engine, handlers, doing, shared_key=files.key) as ident:
                query = {**buildkit_query(spec, tag, ident, self.engine.version.api), "dockerfile": DOCKERFILE}
                stream = await self.engine.open(Request("POST", ("build",), doing, patient=True, query=query))
                try:
                    return await self._follow_trace(stream, doing, progress)
                finally:
                    # The engine gives the build up when its request goes.
                    stream.close()
        except ContainerError as error:
            # A file that could not be sent is the reason; the engine knows no more than that it was not.
            raise files.failure or error from None

    async def _handlers(self, spec: BuildSpec) -> dict[str, Handler]:
        from perry_ffi.backends.engine_api.build.buildkit.grpc_server import UNAVAILABLE, Failed
        from perry_ffi.backends.engine_api.build.buildkit.services import session_handlers

        environ = self.engine._settings.environ or {}
        secrets = await anyio.to_thread.run_sync(read_secrets, spec.secrets, environ)
        agents = await anyio.to_thread.run_sync(agent_sockets, spec.ssh, self.engine._settings.ssh_agent)

        async def credentials(host: str) -> tuple[str, str]:
            try:
                return _login(await self.engine._store.find(HUB if host == _HUB_HOST else host))
            except ContainerError as error:
                raise Failed(UNAVAILABLE, error.message) from None

        return session_handlers(secrets, agents, credentials)

    async def _follow_trace(self, stream: ResponseStream, doing: str, progress: AsyncProgress | None) -> str:
        from perry_ffi.backends.engine_api.build.buildkit.protobuf import Malformed
        from perry_ffi.backends.engine_api.build.buildkit.trace import Trace, record_of

        trace, image = Trace(), None
        async for event in json_lines(stream, doing=doing, backend=self.name):
            if (error := error_of(event)) is not None:
                raise self.failed_step(doing, error, trace.step, trace.output())
            image = image_in_aux(event) or image
            if (record := record_of(event)) is None:
                continue
            try:
                reports = trace.add(record)
            except Malformed as broken:
                raise BackendError(
                    f"{doing}: the engine's record of the build cannot be read: {broken}", backend=self.name, operation=doing
                ) from None
            if progress is not None:
                for report in reports:
                    await progress.report(report)
        if image is None:
            raise BackendError(f"{doing}: the engine names no image", backend=self.name, output=trace.output())
        return image


def _login(found: Credential | None) -> tuple[str, str]:
    """As the builder wants it: an identity token comes without a user."""
    if found is None:
        return "", ""
    return ("", found.identity_token) if found.identity_token else (found.username, found.password)
