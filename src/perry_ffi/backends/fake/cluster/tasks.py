"""How a task goes: from new to its end, what follows it in its place, and what moves it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

from perry_ffi.backends.contract.service_records import ENDED, TaskKind
from perry_ffi.backends.fake.cluster.clock import MOMENT
from perry_ffi.backends.fake.cluster.records import Desired, Key, Node, Service, Task, TaskScript
from perry_ffi.backends.fake.cluster.scheduler import choose, host_ports, needs
from perry_ffi.backends.fake.cluster.world import ClusterWorld

DELAY = 5.0
"""Seconds before a task is started again, where its definition says none."""
GRACE = 10.0
REMEMBERED = 5
"""Tasks of one place, the present one among them."""
_NEW, _START, _NEVER_RAN, _AGAIN = 0.05, 0.2, 0.02, 0.1
UNHEALTHY = "dockerexec: unhealthy container"


class TaskLife:
    """Carries tasks through their states, as their scripts say."""

    def __init__(self, world: ClusterWorld) -> None:
        self.world = world
        self._looking = False

    # -- beginnings -----------------------------------------------------------------------------------

    def start(self, service: Service, key: Key, desired: Desired = "running") -> Task:
        """A new task of ``service`` as it is now; one that is ``ready`` is prepared and waits for its turn."""
        world, now = self.world, self.world.clock.stamp()
        task = Task(
            world.ident(), world.number(), service, key, service.definition, service.forced, now, now, desired=desired
        )  # fmt: skip
        world.tasks[task.id] = task
        service.places.setdefault(key, []).append(task)
        self._then(task, _NEW, self._place)
        return task

    def turn(self, task: Task) -> None:
        """It is the turn of a task that was ready."""
        if task.desired == "ready":
            task.desired = "running"
            if task.prepared:
                self._begin(task)

    def _place(self, task: Task) -> None:
        if not self._address(task):
            return
        node, why = choose(task, self.world.nodes.values())
        if node is None:
            self.world.pending[task.id] = task
            self._become(task, "pending", why)
            return
        self.world.pending.pop(task.id, None)
        self._assign(task, node)
        task.script = self.world.script(task)
        self._become(task, "preparing")
        self._then(task, task.script.prepares, self._prepared)

    def _address(self, task: Task) -> bool:
        """Takes an address on each of its networks; without one it stays new, and nobody says why."""
        if task.addressed:
            return True
        nets = [self.world.resources[use.network] for use in task.definition.networks if use.network in self.world.resources]
        for net in nets:
            if net.room and net.ends >= net.room:
                net.waiting[task.id] = task
                return False
        for net in nets:
            net.ends += 1
        task.addressed = True
        return True

    def _assign(self, task: Task, node: Node) -> None:
        task.node, task.counted = node, True
        node.tasks[task.id] = task
        task.service.on_node[node.id] = task.service.on_node.get(node.id, 0) + 1
        node.ports.update(host_ports(task.definition))
        for name, amount in needs(task.definition).items():
            node.reserved[name] = node.reserved.get(name, 0.0) + amount

    def _prepared(self, task: Task) -> None:
        script = _script(task)
        image = task.definition.container.image
        if task.node and _is_missing(image, task.node):
            self.end(task, "rejected", f"No such image: {image}")
        elif script.rejected:
            self.end(task, "rejected", script.rejected)
        else:
            task.prepared = True
            if task.desired == "running":
                self._begin(task)

    def _begin(self, task: Task) -> None:
        task.container = hashlib.sha256(task.id.encode()).hexdigest()
        self._become(task, "starting")
        self._then(task, _START, self._started)

    def _started(self, task: Task) -> None:
        script = _script(task)
        if script.start_error:
            self.end(task, "failed", f"starting container failed: {script.start_error}")
            return
        self.world.say(task, script.stdout, script.stderr)
        if not task.has_check:
            self._run(task)
        elif script.exit_code is not None and (script.healthy_after is None or script.seconds <= script.healthy_after):
            self._then(task, script.seconds, self._exit)
        elif script.healthy_after is None:
            self._then(task, script.gives_up, self._sicken)
        else:
            self._then(task, script.healthy_after, self._run)

    def _run(self, task: Task) -> None:
        script = _script(task)
        task.began = self.world.clock.now
        task.service.running += 1
        self._become(task, "running")
        if task.service.rollout:
            task.service.rollout.saw(task)
        if script.exit_code is not None:
            healthy = script.healthy_after or 0.0 if task.has_check else 0.0
            self._then(task, script.seconds - healthy, self._exit)
        elif script.sickens_after is not None and task.has_check:
            self._then(task, script.sickens_after, self._sicken)

    # -- ends -----------------------------------------------------------------------------------------

    def _exit(self, task: Task) -> None:
        code = _script(task).exit_code or 0
        self.end(task, "failed" if code else "complete", f"task: non-zero exit ({code})" if code else "", code)

    def _sicken(self, task: Task) -> None:
        self.end(task, "failed", UNHEALTHY)

    def end(self, task: Task, state: TaskKind, error: str = "", code: int | None = None) -> None:
        """``task`` has ended; another one follows where its definition says so."""
        if task.state == "running":
            task.service.running -= 1
        self._release(task)
        task.exit_code = code
        self._become(task, state, error)
        self._no_more_waiting(task)
        if task.service.rollout:
            task.service.rollout.saw(task)
        if task.desired == "remove":
            self.forget(task)
            return
        if task.wanted:
            self.world.clock.after(MOMENT, partial(self._follow, task))
        self._trim(task)

    def shut_down(self, task: Task, *, remove: bool = False) -> None:
        """Has ``task`` end; with ``remove`` nothing of it is remembered then."""
        task.desired = "remove" if remove else "shutdown"
        self._uncount(task)
        if task.state in ENDED:
            if remove:
                self.forget(task)
        elif task.node and task.node.silent:
            self._no_more_waiting(task)
        elif task.container and task.state in ("starting", "running"):
            grace = task.definition.container.stop_timeout
            wait = min(_script(task).stops_after, GRACE if grace is None else float(grace))
            self._then(task, wait, partial(self.end, state="stopped"))
        else:
            self._then(task, _NEVER_RAN, partial(self.end, state="stopped"))

    def forget(self, task: Task) -> None:
        self.world.tasks.pop(task.id, None)
        places, key = task.service.places, task.key
        if key in places:
            places[key] = [other for other in places[key] if other is not task]
            if not places[key]:
                del places[key]
        if task.service.removed and not places:
            self.world.leaving.pop(task.service.id, None)
            self.world.said.pop(task.service.id, None)

    def _follow(self, task: Task) -> None:
        """What comes into the place of a task that ended though it should run; until then it is told as one that shall."""
        if not task.wanted:
            return
        task.desired = "shutdown"
        if self.is_restarted(task):
            delay = task.definition.restart.delay
            new = self._again(task)
            self.world.clock.after(DELAY if delay is None else delay, partial(self.turn, new))
        self._trim(task)

    def _again(self, task: Task) -> Task:
        if task.definition.restart.max_attempts:
            task.service.lookback.setdefault(task.key, []).append((task.service.definition, self.world.clock.now))
        return self.start(task.service, task.key, "ready")

    def is_restarted(self, task: Task) -> bool:
        """Whether another one follows when ``task`` has ended as it has, or is where it is."""
        rule, service = task.definition.restart, task.service
        if service.removed or rule.condition == "none" or (rule.condition == "on-failure" and task.state == "complete"):
            return False
        if not rule.max_attempts:
            return True
        since = self.world.clock.now - rule.window if rule.window else float("-inf")
        again = [made for made, at in service.lookback.get(task.key, ()) if made is task.definition and at > since]
        return len(again) < rule.max_attempts

    # -- moves ----------------------------------------------------------------------------------------

    def move(self, task: Task) -> None:
        """``task`` cannot stay on its node: it ends there, and one that may follow it starts elsewhere."""
        again = not task.service.everywhere and self.is_restarted(task)
        self.shut_down(task)
        if again:
            self.after_end(task, partial(self.turn, self._again(task)))

    def after_end(self, task: Task, what: Callable[[], None]) -> None:
        """Calls ``what`` when ``task`` has ended or cannot be waited for."""
        if task.state in ENDED or (task.node and task.node.silent):
            self.world.clock.after(0, what)
        else:
            task.at_end = [*(task.at_end or ()), what]

    def look_again(self) -> None:
        """Nodes may fit now that did not: whoever waits for one is placed anew."""
        if self.world.pending and not self._looking:
            self._looking = True
            self.world.clock.after(_AGAIN, self._look)

    def _look(self) -> None:
        self._looking = False
        for task in list(self.world.pending.values()):
            if task.wanted:
                self._place(task)

    # -- bookkeeping ----------------------------------------------------------------------------------

    def _then(self, task: Task, seconds: float, what: Callable[[Task], None]) -> None:
        if task.step:
            task.step.cancel()
        task.step = None
        if not (task.node and task.node.silent):
            task.step = self.world.clock.after(seconds, partial(what, task))

    def _become(self, task: Task, state: TaskKind, error: str = "") -> None:
        if (task.state, task.error) != (state, error):
            task.state, task.error = state, error
            task.changed = self.world.clock.stamp()
            task.service.view = None

    def _no_more_waiting(self, task: Task) -> None:
        waiting, task.at_end = task.at_end, None
        for what in waiting or ():
            what()

    def _uncount(self, task: Task) -> None:
        if task.counted and task.node:
            task.counted = False
            task.service.on_node[task.node.id] -= 1

    def _release(self, task: Task) -> None:
        """Gives back what it has: its step, its node's ports and resources, its addresses."""
        if task.step:
            task.step.cancel()
        task.step = None
        self._uncount(task)
        self.world.pending.pop(task.id, None)
        if task.node and task.node.tasks.pop(task.id, None):
            task.node.ports.difference_update(host_ports(task.definition))
            for name, amount in needs(task.definition).items():
                task.node.reserved[name] -= amount
            self.look_again()
        self._give_back_addresses(task)

    def _give_back_addresses(self, task: Task) -> None:
        for use in task.definition.networks:
            net = self.world.resources.get(use.network)
            if net is None:
                continue
            net.waiting.pop(task.id, None)
            if task.addressed:
                net.ends -= 1
                if net.going and not net.ends:
                    del self.world.resources[net.id]
                elif net.waiting:
                    _, other = next(iter(net.waiting.items()))
                    del net.waiting[other.id]
                    self._then(other, 0, self._place)
        task.addressed = False

    def _trim(self, task: Task) -> None:
        place = task.service.places.get(task.key, [])
        for old in place[: max(0, len(place) - REMEMBERED)]:
            if old.state in ENDED and not old.wanted:
                self.forget(old)


def _script(task: Task) -> TaskScript:
    return task.script or TaskScript()


def _is_missing(image: str, node: Node) -> bool:
    return image in node.missing or image.partition("@")[0] in node.missing


__all__ = ["DELAY", "REMEMBERED", "UNHEALTHY", "TaskLife"]
