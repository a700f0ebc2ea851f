"""A project on three real nodes beside ``docker stack deploy``: in turn, on the same swarm, in one run.

Five services, as the tests have them: a database that is healthy after a second, a job after it, three tasks after the job, two after
those, and one by itself; a secret, a config and a network. Each is measured until the same is seen from outside, whatever its
command says (the peer's does not wait, and with ``--detach=false``, where it knows that, waits for a job for ever): up until every
task of every service runs, is healthy where it has a check, and the job is done; down until no node has a container of it and the
network is unlisted. The peer knows no conditions and starts and ends everything at once: its file has no ``depends_on``.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cli import program as typed
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure, Unavailable, raising
from benchmarks.peers import Peer, docker_stack
from benchmarks.stacks import Library, Times, timed
from tests.engines.daemon import EngineMissing
from tests.engines.swarm.lab import Lab, swarm_lab, until

ROUNDS = 5
NAME = "benched"
RUNNING = {"db": 1, "api": 3, "web": 2, "side": 1}
JOB = "migrate"
VERBS = {
    "up of 5 services in a DAG on 3 nodes": "up",
    "up of 5 on 3 nodes again, nothing to do": "again",
    "down of 5 on 3 nodes": "down",
}
CONTESTANTS = {"library": "", "perry-compose": ", whole process of perry-compose"}


def project(image: str, folder: Path, *, ordered: bool) -> dict[str, Any]:
    """folder: of its files. ordered: with what services wait for, which the peer's format does not know."""

    def service(*command: str, **members: Any) -> dict[str, Any]:
        waits = {"depends_on": members.pop("depends_on")} if "depends_on" in members else {}
        deploy = {"endpoint_mode": "dnsrr", "update_config": {"monitor": "1s"}, **members.pop("deploy", {})}
        return {
            "image": image, "command": list(command or ("sleep", "600")), "stop_grace_period": "1s", "networks": ["net"],
            "deploy": deploy, **members, **(waits if ordered else {}),
        }  # fmt: skip

    check = {"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "500ms", "retries": 20}
    services = {
        "db": service("sh", "-c", "sleep 1; touch /tmp/ready; exec sleep 600", secrets=["password"], healthcheck=check),
        JOB: service(
            "cat", "/schema", configs=[{"source": "schema", "target": "/schema"}], deploy={"restart_policy": {"condition": "none"}},
            depends_on={"db": {"condition": "service_healthy"}},
        ),
        "api": service(deploy={"replicas": 3}, depends_on={JOB: {"condition": "service_completed_successfully"}}),
        "web": service(deploy={"replicas": 2}, depends_on={"api": {"condition": "service_started"}}),
        "side": service(),
    }  # fmt: skip
    files = {"configs": {"schema": {"file": f"{folder}/schema"}}, "secrets": {"password": {"file": f"{folder}/password"}}}
    return {"services": services, "networks": {"net": {}}, **files}


@dataclass
class Stand:
    """lab: what is measured on. folder: of the project's files."""

    lab: Lab
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def converged(self) -> bool:
        manager = self.lab.nodes[0]
        names = {row["ID"]: row["Spec"]["Name"].partition("_")[2] for row in manager.call("GET", "/services")}
        running, done = dict.fromkeys(RUNNING, 0), False
        for task in manager.call("GET", "/tasks"):
            name, state = names.get(task["ServiceID"], ""), task["Status"]["State"]
            done = done or (name == JOB and state == "complete")
            if name in running and state == task["DesiredState"] == "running":
                running[name] += 1
        return done and running == RUNNING

    def empty(self) -> bool:
        return not self.lab.leftovers(NAME)

    def until(self, work: Callable[[], object], seen: Callable[[], bool], what: str) -> tuple[float, float]:
        """Milliseconds of ``work``, and those until the same was seen from outside, too."""
        began = time.perf_counter()
        work()
        ended = time.perf_counter()
        until(seen, what, seconds=180)
        return (ended - began) * 1000, (time.perf_counter() - began) * 1000


def measures() -> Iterator[Measure]:
    names = tuple(f"{verb}{suffix}" for verb in VERBS for suffix in CONTESTANTS.values())
    with ExitStack() as stack:
        try:
            lab = stack.enter_context(swarm_lab(3, 1, heartbeat=5.0))
        except EngineMissing as error:
            yield Measure(names, raising(Unavailable(f"{error}; run it as root")))
            return
        yield Measure(names, partial(_beside, lab))


def _beside(lab: Lab) -> Iterator[Figure]:
    peer = docker_stack()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "schema").write_text("one\n")
        (folder / "password").write_text("hidden\n")
        times, told = _measure(lab, folder, peer)
    load = f"load {os.getloadavg()[0]:.1f}"
    for text, verb in VERBS.items():
        for who, suffix in CONTESTANTS.items():
            own = f"{number(median(times.rows[verb, who]) / 1000)} s"
            if isinstance(peer, str):
                yield Figure(f"{text}{suffix}", median(times.rows[verb, who]), "ms", f"alone: {peer}; {load}")
                continue
            ratio, _ = times.ratio(verb, who, "peer")
            theirs = f"{number(median(times.rows[verb, 'peer']) / 1000)} s"
            returned = f"of which its command {number(median(told.rows[verb, 'peer']) / 1000)} s"
            detail = f"{own} beside {theirs}, {returned}; {len(times.rows[verb, who])} rounds, {load}"
            yield Figure(f"{text}{suffix}", ratio, f"× {peer.name}", detail)


def _measure(lab: Lab, folder: Path, peer: Peer | str) -> tuple[Times, Times]:
    """Until all is seen from outside, and until the commands had ended; in turn, after one round that is not counted."""
    environ = {**os.environ, "DOCKER_HOST": f"unix://{lab.nodes[0].socket}", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
    # The program as it is typed, without PYTHONPATH: the modules that were stored for its start are of its own path.
    stand = Stand(lab, folder, {**environ, "PERRY_CONTAINER_BACKEND": "swarm"})
    ordered = {"name": NAME, **project(lab.image, folder, ordered=True)}
    (folder / "compose.yaml").write_text(json.dumps(ordered))
    (folder / "stack.yaml").write_text(json.dumps({"version": "3.8", **project(lab.image, folder, ordered=False)}))
    library = Library("swarm", stand.environ)
    times, told = Times({}), Times({})
    try:
        for round_ in range(ROUNDS + 1):
            counted = (times, told) if round_ else (Times({}), Times({}))
            turns = [
                partial(_library_round, stand, library, ordered, *counted),
                partial(_process_round, stand, "perry-compose", _own_words(), *counted),
            ]
            if isinstance(peer, Peer):
                turns.append(partial(_process_round, stand, "peer", _peer_words(peer), *counted))
            first = round_ % len(turns)
            for turn in turns[first:] + turns[:first]:
                turn()
    finally:
        library.close()
    return times, told


def _own_words() -> dict[str, list[str]]:
    own = [typed()]
    return {"up": [*own, "up", "-d"], "again": [*own, "up", "-d"], "down": [*own, "down"]}


def _peer_words(peer: Peer) -> dict[str, list[str]]:
    deploy = [*peer.command, "deploy", "--compose-file", "stack.yaml", NAME]
    return {"up": deploy, "again": deploy, "down": [*peer.command, "rm", NAME]}


def _process_round(stand: Stand, who: str, words: dict[str, list[str]], times: Times, told: Times) -> None:
    _round(stand, who, {verb: partial(timed, line, stand.environ, stand.folder) for verb, line in words.items()}, times, told)


def _library_round(stand: Stand, library: Library, project: dict[str, Any], times: Times, told: Times) -> None:
    handle: list[Any] = []

    def up() -> None:
        handle[:] = [library.call("js_compose_up", project, None)[1]]

    _round(stand, "library", {"up": up, "again": up, "down": lambda: library.call("js_compose_down", handle[0], {})}, times, told)


def _round(stand: Stand, who: str, verbs: dict[str, Callable[[], object]], times: Times, told: Times) -> None:
    for verb, work in verbs.items():
        seen, what = (stand.empty, "nothing is left") if verb == "down" else (stand.converged, "every task runs")
        ended, whole = stand.until(work, seen, f"{verb} of {who}: {what}")
        told.add(verb, who, ended)
        times.add(verb, who, whole)
