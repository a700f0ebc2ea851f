"""The steps of a plan that run a service's hooks. Pure."""

from __future__ import annotations

from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.containers.steps.hooks import HookOf, RunHook, RunInitHook
from perry_ffi.stack.desired import Service
from perry_ffi.stack.observed import Replica


class HookSteps:
    """Adds them, for one container after the other."""

    def __init__(self, builder: PlanBuilder) -> None:
        self._builder = builder
        self._once: dict[tuple[str, int], int] = {}
        """The steps of hooks that are not per replica, by service and place."""

    def before_start(self, service: Service, name: str, needs: list[int]) -> list[int]:
        """The ``pre_start`` hooks, one after the other; those that are not per replica run once for the service."""
        for index, row in enumerate(service.tree.get("pre_start") or ()):
            once = (service.name, index)
            if row.get("per_replica") or once not in self._once:
                hook = HookOf(service.name, service.tree, "pre_start", index)
                step = self._builder.add(RunInitHook(name, service.name, hook), hook.which, needs)
                if row.get("per_replica"):
                    needs = [step]
                    continue
                self._once[once] = step
            needs = [*needs, self._once[once]]
        return needs

    def after_start(self, service: Service, name: str, last: int, ident: str | None) -> int:
        """The ``post_start`` hooks, after the step ``last``; the step after which they have run. ident: of a container that was
        there before.
        """
        for index in range(len(service.tree.get("post_start") or ())):
            hook = HookOf(service.name, service.tree, "post_start", index)
            last = self._builder.add(RunHook(name, service.name, hook, ident), hook.which, [last])
        return last

    def before_stop(self, service: Service, row: Replica, needs: list[int]) -> list[int]:
        """The ``pre_stop`` hooks of a container that goes for good, one after the other: where a command can run, in one that runs."""
        if row.status == "running":
            for index in range(len(service.tree.get("pre_stop") or ())):
                hook = HookOf(service.name, service.tree, "pre_stop", index)
                needs = [self._builder.add(RunHook(row.name, service.name, hook, row.id), hook.which, needs)]
        return needs
