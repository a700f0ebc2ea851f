"""Runs single nodes on an engine: one try of one node, as single engine calls, each noted first so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import Conflict, ContainerError, NotFound, ServiceStartupFailed, Timeout, ValidationError
from perry_ffi.runtime.actions.containers import StartContainer, StopContainer, UnpauseContainer, create
from perry_ffi.runtime.readiness import started
from perry_ffi.workload.decide import MISSING, Decision, decide
from perry_ffi.workload.images import at_node
from perry_ffi.workload.job import Ended, to_the_end
from perry_ffi.workload.late import Late, Live
from perry_ffi.workload.made import refusal
from perry_ffi.workload.naming import NODES
from perry_ffi.workload.others import Made, Others, Surroundings
from perry_ffi.workload.output import outputs_again, read_outputs, tells_stdout
from perry_ffi.workload.ready import until_ended, until_ready
from perry_ffi.workload.runner import Result

if TYPE_CHECKING:
    from perry_ffi.workload.existing import Existing
    from perry_ffi.workload.graph import Node
    from perry_ffi.workload.images import Image
    from perry_ffi.workload.made import Filled
    from perry_ffi.workload.runner import Told


class EngineRunner:
    """``runner.NodeRunner`` on an engine. live: by node, the container that counts. others: those beside it."""

    def __init__(self, around: Surroundings, others: Others) -> None:
        self._around = around
        self._backend = around.context.backend
        self._run = around.run
        self._slots = anyio.CapacityLimiter(around.context.backend.parallel_calls)
        self._others = others
        self._made = others.made
        self.live: dict[str, Live] = {}
        self._late = Late(around.context.backend, around.graph, around.maker.placement, self.live)

    # -- the protocol -------------------------------------------------------------------------------------

    async def prepare(self, node: Node) -> None:
        """See ``NodeRunner``. Where a container of before is there, only the image is fetched: whether another takes its place is
        decided when all its inputs are known.
        """
        image = await self._image(node)
        if not node.late and not self._around.rows.get(node.name):
            await self._create(node, 1, image, await self._values(node))

    async def run(self, node: Node, attempt: int, told: Told) -> Result:
        """See ``NodeRunner``."""
        try:
            return await self._try(node, attempt, told)
        except ContainerError as error:
            return self._failed(node, attempt, error)

    async def until_end(self, node: Node) -> Result:
        """See ``NodeRunner``."""
        live = self.live[node.name]
        try:
            info = await until_ended(self._backend, self._around.watch, node, live.id)
        except ContainerError as error:
            return self._failed(node, 0, error)
        live.exit_code = info.exit_code
        if info.exit_code == 0:
            return Result("stopped", exit_code=0, container=live.name, isolation=live.level)
        reason = f"it ended with exit code {info.exit_code}"
        failure = ServiceStartupFailed(
            f"nodes.{node.name}: {live.name}: {reason}",
            node=node.name,
            container=live.name,
            exitCode=info.exit_code,
            reason=reason,
        )
        return Result("failed", info.exit_code, failure, live.name, info.oom_killed, live.level)

    async def stop(self, node: Node) -> None:
        """See ``NodeRunner``."""
        live = self.live.get(node.name)
        if live is None:
            return
        with suppress(NotFound, Conflict):
            if node.kind == "job":
                await self._backend.kill_container(live.id)
            elif self._others.kept.get(node.name) == live.id:
                await StopContainer(live.name, node.name, live.id).perform(self._run)
            else:
                await self._backend.stop_container(live.id)

    # -- a try --------------------------------------------------------------------------------------------

    async def _try(self, node: Node, attempt: int, told: Told) -> Result:
        told("pulling")
        image = await self._image(node)
        values = await self._values(node)
        if attempt == 1 and (found := await self._as_it_is(node, image, values.refs, told)) is not None:
            return found
        made = next((one for one in self._made.get(node.name, ()) if one.attempt == attempt), None)
        if made is None:
            told("creating")
            made = await self._create(node, attempt, image, values)
        await self._others.end(node)
        self.live[node.name] = live = Live(made.id, made.name, level=made.level)
        told("starting", container=made.name, isolation=made.level)
        made.started = True
        if node.kind == "job":
            result = await self._job(node, live, told, attempt)
        else:
            async with self._slots:
                await started(self._backend, live.id, node.name, live.name, NODES)
            result = await self._service(node, live, told)
        if result.ended != "failed":
            await self._drop_earlier(node, made)
        return result

    async def _service(self, node: Node, live: Live, told: Told, *, reused: bool = False) -> Result:
        told("running", container=live.name, isolation=live.level)
        await until_ready(self._backend, self._around.readiness, node, live.name)
        return Result("ready", container=live.name, isolation=live.level, reused=reused)

    async def _job(self, node: Node, live: Live, told: Told, attempt: int) -> Result:
        def began() -> None:
            told("running", container=live.name, isolation=live.level)

        return await self._ended(node, live, await to_the_end(self._backend, node, live.id, live.name, self._slots, began))

    async def _ended(self, node: Node, live: Live, ended: Ended) -> Result:
        """A job that has ended: what it gives, or why it failed."""
        live.exit_code, oom = ended.code, None
        with suppress(ContainerError):
            # Docker tells of an end before its lists do; an inspection waits for that.
            oom = (await self._backend.inspect_container(live.id)).oom_killed
        if ended.code == 0 and not ended.timed_out:
            stdout = ended.said.stdout
            found = await read_outputs(self._backend, node, live.name, stdout)
            live.outputs = found if stdout is None else {"": stdout, **found}
            self._tell_outputs(node)
            return Result("succeeded", 0, container=live.name, isolation=live.level)
        error = _of_end(node, live, ended, oom)
        return Result("failed", ended.code, error, live.name, oom, live.level)

    def _tell_outputs(self, node: Node) -> None:
        for name in node.outputs:
            self._run.bus.tell("output", node=node.name, name=name)

    def _failed(self, node: Node, attempt: int, error: ContainerError) -> Result:
        told = at_node(error, node.name)
        if attempt:
            told.details.setdefault("attempt", attempt)
        live = self.live.get(node.name)
        code = told.details.get("exitCode")
        return Result(
            "failed",
            code if isinstance(code, int) else None,
            told,
            live.name if live else None,
            None,
            live.level if live else None,
        )

    # -- what was there before ----------------------------------------------------------------------------

    async def _as_it_is(self, node: Node, image: Image, refs: Mapping[str, str], told: Told) -> Result | None:
        """The node by a container of before, where that is as it shall be; else ``None``."""
        decision = self._decision(node, image, refs)
        if decision.row is None:
            if decision.cause != MISSING:
                self._run.bus.tell("step", state="decided", action="create container", cause=decision.cause, node=node.name)
            return None
        row = decision.row
        self._others.kept[node.name] = row.id
        name = await self._others.own_name(node, row) if node.kind == "service" else row.name
        live = Live(row.id, name, fresh=bool(self._fresh(node)))
        self.live[node.name] = live
        found = await (
            self._service_again(node, row, live, told) if node.kind == "service" else self._job_again(node, row, live, told)
        )
        if found is None:
            del self._others.kept[node.name], self.live[node.name]
        return found

    def _decision(self, node: Node, image: Image, refs: Mapping[str, str]) -> Decision:
        return decide(
            node, self._around.rows.get(node.name, ()), digest=self._around.maker.digest(node), image_id=image.id, refs=refs,
            fresh=self._fresh(node), resume=self._around.resume,
        )  # fmt: skip

    def _fresh(self, node: Node) -> list[str]:
        """Of what it depends on, what was made or run in this run."""
        return sorted({edge.target for edge in node.edges if (live := self.live.get(edge.target)) and live.fresh})

    async def _service_again(self, node: Node, row: Existing, live: Live, told: Told) -> Result:
        await self._others.end(node)
        if row.status == "paused":
            await UnpauseContainer(live.name, node.name, row.id).perform(self._run)
        elif not row.live:
            told("starting", container=live.name)
            await StartContainer(live.name, node.name, row.id).perform(self._run)
        return await self._service(node, live, told, reused=True)

    async def _job_again(self, node: Node, row: Existing, live: Live, told: Told) -> Result | None:
        """A job that is done, or that runs on from a run which was cut off."""
        if row.live:
            told("running", container=row.name)
            try:
                code = await self._backend.wait_container(row.id, node.timeout)
            except Timeout:
                return None
            if code != 0:
                return None
        elif await self._backend.was_stopped(row.id):
            return None
        try:
            live.outputs = await outputs_again(self._backend, node, row.name)
        except (ServiceStartupFailed, NotFound):
            return None  # What it gave cannot be read any more, so it has to give it again.
        live.exit_code = 0
        self._tell_outputs(node)
        return Result("succeeded", 0, container=row.name, reused=True)

    # -- containers ---------------------------------------------------------------------------------------

    async def _image(self, node: Node) -> Image:
        image = await self._around.images.of(node)
        if not image.details.has_health_check and node.name in self._around.maker.to_be_healthy:
            test = node.spec.healthcheck
            if test is None or test.test == ("NONE",):
                path = f"nodes.{node.name}.healthcheck"
                raise ValidationError(
                    f"{path}: expected a health check, for others wait until it is healthy, and its image has none", path=path,
                    expected="a health check", node=node.name,
                )  # fmt: skip
        return image

    async def _values(self, node: Node) -> Filled:
        return await self._around.maker.filled(node, self._late)

    async def _create(self, node: Node, attempt: int, image: Image, values: Filled) -> Made:
        maker, rows = self._around.maker, self._around.rows.get(node.name, ())
        name = maker.name(node, attempt)
        await self._others.free(node, name)
        old = rows[0] if rows and node.kind == "service" and attempt == 1 else None
        spec = await maker.spec(node, attempt, image, values, old.id if old else None, self._run.removed)
        async with self._slots:
            handle = await create(self._run, spec, name, node.name)
        made = Made(handle.id, name, attempt, None)
        self._made.setdefault(node.name, []).append(made)
        made.level = await self._checked(node, image, made)
        return made

    async def _checked(self, node: Node, image: Image, made: Made) -> str | None:
        """What the engine says that it made, where the node demands something of it; less than that is removed and refused."""
        wanted = self._around.maker.isolation[node.name]
        if not self._around.maker.reads_back(node):
            return wanted.level
        seen = await self._backend.see_sandbox(made.id)
        if (error := refusal(node, image, wanted, seen, self._backend.name)) is not None:
            with suppress(NotFound):
                await uninterrupted(self._backend.remove_container(made.id, force=True))
            self._made[node.name].remove(made)
            raise error
        return seen.level

    async def _drop_earlier(self, node: Node, made: Made) -> None:
        """The tries before one that ended well: they were kept for their logs."""
        for other in [one for one in self._made[node.name] if one is not made]:
            with suppress(NotFound):
                await self._backend.remove_container(other.id, force=True)
            self._made[node.name].remove(other)


def _of_end(node: Node, live: Live, ended: Ended, oom: bool | None) -> ContainerError:
    lines = ended.said.lines(stdout=tells_stdout(node)) or None
    about = {"node": node.name, "container": live.name, "exitCode": ended.code, "logs": lines, "oomKilled": oom or None}
    if ended.timed_out:
        message = f"nodes.{node.name}: {live.name}: it did not end within {node.timeout:g} s"
        return Timeout(message, waitedFor=live.name, seconds=node.timeout, **about)
    reason = f"it ended with exit code {ended.code}" + (" (out of memory)" if oom else "")
    return ServiceStartupFailed(f"nodes.{node.name}: {live.name}: {reason}", reason=reason, **about)
