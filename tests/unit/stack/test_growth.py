"""Plans, specs, states and warnings grow with services and edges, and no faster: counted in instructions, not in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, Box
from perry_ffi.compose import Project, load
from perry_ffi.errors import BackendError
from perry_ffi.model.container_facts import PublishedPort
from perry_ffi.runtime.plan import Plan
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.stack import identity
from perry_ffi.stack.containers.reconcile import plan_up
from perry_ffi.stack.containers.up import _observe, _project_run, _work
from perry_ffi.stack.desired import desired
from perry_ffi.stack.down import down
from perry_ffi.stack.lifecycle import Lifecycle
from perry_ffi.stack.observed import Observed, Replica
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.status import graph, ps, status
from perry_ffi.stack.translate.warn import warnings
from perry_ffi.stack.up import plan, up
from tests.support.instructions import growth
from tests.support.shapes import SHAPES, compose_file
from tests.support.standing import Standing
from tests.unit.stack.rig import project

LINEAR = 1.02
"""A part that grows with the square shows in this from one instruction a pair on."""

Work = Callable[[], object]


def loaded(folder: Path, shape: str, services: int, **more: Any) -> Project:
    file = folder / f"{shape}-{services}.yaml"
    file.write_text(compose_file(shape, services, images=5, volumes=5, **more))
    return load([file], env={}, working_directory=folder)


def planned(folder: Path, shape: str, services: int, *, stands: bool, links: bool = False, **options: Any) -> Work:
    wanted, engine = loaded(folder, shape, services, links=links), Standing(folder)
    if stands:
        engine.stand(wanted)
    return lambda: asyncio.run(plan(engine.context, wanted, Up(**options)))


PLANS: dict[str, dict[str, Any]] = {
    "create": {"stands": False},
    "nothing to do": {"stands": True},
    "all replaced": {"stands": True, "force_recreate": True},
    "all replaced, with links": {"stands": True, "force_recreate": True, "links": True},
}


@pytest.mark.parametrize("case", PLANS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_plan_grows_with_services_and_edges(tmp_path: Path, shape: str, case: str) -> None:
    assert growth(lambda services: planned(tmp_path, shape, services, **PLANS[case])) < LINEAR


def specs(folder: Path, shape: str, services: int) -> Work:
    """The specs of all containers, as an ``up`` makes them, links included."""
    wanted, engine = loaded(folder, shape, services, links=True), Standing(folder)

    def work() -> None:
        work = asyncio.run(_work(engine.context, wanted, Up()))
        specs = _project_run(work, asyncio.run(_observe(work)), UndoLog(engine.backend, "t", identity.TRANSACTION)).specs
        for service in work.wanted.services.values():
            for number in range(1, service.replicas + 1):
                specs.container_spec(service.name, number, service.name_of(wanted.name, number))

    return work


def told(folder: Path, shape: str, services: int) -> Work:
    """State and graph, by the model and by labels alone."""
    wanted, engine = loaded(folder, shape, services), Standing(folder)
    engine.stand(wanted)

    async def work() -> None:
        for known in (wanted, None):
            await status(engine.context, wanted.name, known, {})
            await graph(engine.context, wanted.name, known)
        await ps(engine.context, wanted.name)

    return lambda: asyncio.run(work())


def warned(folder: Path, shape: str, services: int) -> Work:
    wanted, engine = loaded(folder, shape, services, links=True), Standing(folder)
    return lambda: warnings(wanted.to_dict(), engine.backend.capabilities)


@pytest.mark.parametrize("prepare", [specs, told, warned])
@pytest.mark.parametrize("shape", SHAPES)
def test_specs_states_and_warnings_do_too(tmp_path: Path, shape: str, prepare: Callable[[Path, str, int], Work]) -> None:
    assert growth(lambda services: prepare(tmp_path, shape, services)) < LINEAR


# -- verbs, carried out on the engine in memory ----------------------------------------------------------


def brought_up(folder: Path, shape: str, services: int, *, stands: bool = False, fails: bool = False, **options: Any) -> Work:
    """fails: the last one cannot be started, so that all is put back."""
    wanted, engine = loaded(folder, shape, services), Standing(folder)
    if stands:
        engine.stand(wanted)
    error = "no such file" if fails else ""

    def behave(box: Box) -> Behaviour:
        last = box.spec.labels[identity.SERVICE] == f"s{services - 1}" and not box.starts
        return Behaviour(start_error=error if last else "")

    async def work() -> None:
        try:
            await up(engine.context, wanted, Up(**options))
            assert not fails
        except BackendError as problem:
            assert fails and problem.details["rolledBack"]

    engine.world.behave = behave
    return lambda: asyncio.run(work())


def taken_down(folder: Path, shape: str, services: int) -> Work:
    wanted, engine = loaded(folder, shape, services), Standing(folder)
    engine.stand(wanted)
    return lambda: asyncio.run(down(engine.context, wanted.name, wanted, Down(volumes=True)))


def lifecycle(folder: Path, shape: str, services: int, *, verb: str, ended: bool = False) -> Work:
    """ended: all have ended well, and the engine does not remember how."""
    wanted, engine = loaded(folder, shape, services), Standing(folder)
    engine.stand(wanted)

    async def unknown(ident: str) -> None:
        return None

    if ended:
        engine.backend.was_stopped = unknown  # type: ignore[method-assign]
        for box in engine.world.boxes.values():
            box.status, box.exit_code = "exited", 0
    return lambda: asyncio.run(getattr(Lifecycle(engine.context, wanted.name, wanted), verb)(None))


VERBS: dict[str, Callable[[Path, str, int], Work]] = {
    "up": partial(brought_up, wait=True),
    "up of what changed": partial(brought_up, stands=True, force_recreate=True),
    "up that fails": partial(brought_up, fails=True),
    "up of what changed that fails": partial(brought_up, stands=True, force_recreate=True, fails=True),
    "down": taken_down,
    "stop": partial(lifecycle, verb="stop"),
    "start": partial(lifecycle, verb="start", ended=True),
    "restart": partial(lifecycle, verb="restart"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("shape", ["flat", "layers"])
def test_a_verb_grows_with_services_and_edges(tmp_path: Path, shape: str, verb: str) -> None:
    assert growth(lambda services: VERBS[verb](tmp_path, shape, services)) < LINEAR


def test_what_an_engine_told_of_is_looked_for_once_in_a_rollback(tmp_path: Path) -> None:
    """Not once for each container that is put back."""
    wanted, engine = loaded(tmp_path, "flat", 20), Standing(tmp_path)
    engine.world.behave = lambda box: Behaviour(start_error="no such file" if box.name == "p-s19-2" else "")
    with pytest.raises(BackendError):
        asyncio.run(up(engine.context, wanted, Up()))
    begun = next(number for number, call in enumerate(engine.backend.calls) if call.method == "remove_container")
    assert [call.method for call in engine.backend.calls[begun:]].count("list_containers") <= engine.backend.parallel_calls
    assert not engine.world.boxes


# -- containers that others stand in the way of ----------------------------------------------------------


def row(name: str, number: int = 1, **members: Any) -> Replica:
    """A container of a service that runs, with another configuration than is asked for."""
    members = {"status": "running", "config_hash": "old", **members}
    return Replica(f"id-{name}-{number}", f"p-{name}-{number}", name, number, **members)


def replanned(services: dict[str, Any], rows: list[Replica], **options: Any) -> Work:
    wanted = desired(project(services, networks={"n": {"name": "n"}}), Up(), {})
    found = Observed(tuple(rows), images={"app": "sha256:1"})
    return lambda: plan_up(wanted, found, Up(**options))


def ports(services: int) -> Work:
    """Each wants the port that the next one holds."""
    names = [f"s{number}" for number in range(services)]
    rows = [row(name, published=(PublishedPort("0.0.0.0", 9000 + number, "tcp"),)) for number, name in enumerate(names)]
    return replanned({name: {"ports": [f"{9001 + number}:80"]} for number, name in enumerate(names)}, rows)


def addresses_of_ports(services: int) -> Work:
    """The same port on an address of its own, each that of the next one."""
    rows = [row(f"s{number}", published=(PublishedPort(f"127.0.0.{number}", 80, "tcp"),)) for number in range(services)]
    return replanned({f"s{number}": {"ports": [f"127.0.0.{number + 1}:80:80"]} for number in range(services)}, rows)


def a_range(services: int) -> Work:
    """Containers of one service, each with a port of a range."""
    rows = [row("a", number, published=(PublishedPort("0.0.0.0", 9000 + number, "tcp"),)) for number in range(1, services + 1)]
    return replanned({"a": {"ports": [f"9000-{9000 + services}:80"], "scale": services}}, rows)


def addresses(services: int) -> Work:
    rows = [row(f"s{number}", addresses=frozenset({("n", f"10.0.0.{number}")})) for number in range(services)]
    wanted = {f"s{number}": {"networks": {"n": {"ipv4_address": f"10.0.0.{number + 1}"}}} for number in range(services)}
    return replanned(wanted, rows)


def names(services: int) -> Work:
    """Each takes the name of the next one, and left-over containers have those of new ones."""
    rows = [row(f"s{number}", joined=frozenset()) for number in range(services)]
    rows += [row("gone", number) for number in range(services)]
    return replanned({f"s{n}": {"container_name": f"p-s{n + 1}-1"} for n in range(services)}, rows)


def namespaces(services: int) -> Work:
    """Each is in the namespaces of the one before, which is replaced."""
    wanted: dict[str, Any] = {"s0": {}}
    wanted |= {f"s{number}": {"pid": f"service:s{number - 1}"} for number in range(1, services)}
    rows = [row(f"s{n}", joined=frozenset({f"id-s{n - 1}-1"} if n else ())) for n in range(services)]
    return replanned(wanted, rows)


def ended(services: int) -> Work:
    """All have ended, and nobody knows how; each waits for the one before to have ended well."""
    needs = {f"s{n}": {f"s{n - 1}": {"condition": "service_completed_successfully"}} for n in range(1, services)}
    rows = [row(f"s{n}", status="exited", exit_code=0, completed=None) for n in range(services)]
    return replanned({"s0": {}, **{n: {"depends_on": need} for n, need in needs.items()}}, rows, no_recreate=True)


def fewer(services: int) -> Work:
    """Most of one service are too many."""
    return replanned({"a": {"scale": 1}}, [row("a", number) for number in range(1, services + 1)])


def orphans(services: int) -> Work:
    """Nothing of what is there is in the file any more."""
    rows = [row(f"s{n}", depends_on=f"s{n - 1}:service_started:false" if n else "") for n in range(services)]
    return replanned({}, rows, remove_orphans=True)


CASES = (ports, addresses_of_ports, a_range, addresses, names, namespaces, ended, fewer, orphans)


@pytest.mark.parametrize("case", CASES)
def test_who_stands_in_whose_way_is_looked_up(case: Callable[[int], Work]) -> None:
    assert growth(case) < LINEAR


def test_a_long_chain_of_namespaces_is_planned() -> None:
    """Of thousands, more than a call may be nested in calls."""
    found = namespaces(3000)()
    assert (
        isinstance(found, Plan)
        and [step.target for step in found.steps if step.action.name == "stop container"][0] == "p-s2999-1"
    )


def test_followers_of_followers_are_found_in_one_walk() -> None:
    def prepare(services: int) -> Work:
        document = project({"s0": {}, **{f"s{n}": {"pid": f"service:s{n - 1}"} for n in range(1, services)}})
        return lambda: desired(document, Up(services=("s0",), dependencies=False), {})

    assert growth(prepare) < LINEAR
