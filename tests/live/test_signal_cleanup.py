"""SIGINT and SIGTERM of a host that called js_container_module_init and brought a stack up, or ran a graph."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.abi.conftest import plain_host
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, environ, nothing_of, stacks
from tests.support.library import Host

__all__ = ["plain_host", "stacks"]

pytestmark = [pytest.mark.anyio, pytest.mark.abi]


def spec(stacks: Stacks, *, ready: bool = True) -> dict[str, Any]:
    """Two services on a network, one with a volume. ready: whether the first one's probe ever succeeds."""
    probe = {"test": ["CMD", "true" if ready else "false"], "interval": "1s", "retries": 600, "start_period": "600s"}
    services = {
        "store": {"volumes": ["data:/data"], "healthcheck": probe},
        "user": {"depends_on": {"store": {"condition": "service_healthy"}}},
    }
    return stacks.spec(services, volumes={"data": {}})


@contextmanager
def host_of(host: Host, stacks: Stacks, how: str, document: dict[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that brings the stack up, once it has said that it is ready; killed if the test leaves it."""
    env = {**environ(stacks.engine, stacks.folder), "LD_LIBRARY_PATH": str(host.library.parent)}
    command = [str(host.program("signals")), "brings_up", how, json.dumps(document)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            assert process.stdout is not None and process.stderr is not None
            said = process.stdout.readline()
            assert said == b"ready\n", process.stderr.read()
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None and process.stderr is not None
    status = process.wait(200)
    assert (process.stdout.read(), process.stderr.read()) == (b"", b"")
    return status


def soon(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def names(stacks: Stacks) -> set[str]:
    """What runs of the test, by name."""
    return {row[0] for row in stacks.held()["containers"].values() if row[1] == "running"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
async def test_stacks_are_taken_down_and_volumes_stay(plain_host: Host, stacks: Stacks, number: signal.Signals) -> None:
    with host_of(plain_host, stacks, "pause", spec(stacks)) as process:
        assert names(stacks) == {f"{stacks.prefix}-store-1", f"{stacks.prefix}-user-1"}
        process.send_signal(number)
        assert ended(process) == 128 + number
    found = stacks.held()
    assert (found["containers"], found["networks"]) == ({}, {})
    assert f"{stacks.prefix}_data" in found["volumes"]


async def test_an_up_that_is_under_way_is_rolled_back(plain_host: Host, stacks: Stacks) -> None:
    with host_of(plain_host, stacks, "begin", spec(stacks, ready=False)) as process:
        soon(lambda: names(stacks) == {f"{stacks.prefix}-store-1"})
        process.send_signal(signal.SIGTERM)
        assert ended(process) == 128 + signal.SIGTERM
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_a_host_that_leaves_main_meanwhile_leaves_no_stack(plain_host: Host, stacks: Stacks) -> None:
    document = spec(stacks)
    for service in document["services"].values():
        service.update(command=["sleep", "600"], stop_grace_period="2s")  # it does not listen, so that stopping takes time
    with host_of(plain_host, stacks, "return", document) as process:
        assert process.stdin is not None
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert ended(process) == 0
    assert not stacks.held()["containers"]


async def test_a_second_signal_leaves_the_rest_as_it_is(plain_host: Host, stacks: Stacks) -> None:
    document = spec(stacks)
    document["services"]["user"].update(command=["sleep", "600"], stop_grace_period="60s")
    with host_of(plain_host, stacks, "pause", document) as process:
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGINT)
        assert ended(process) == -signal.SIGINT
    assert f"{stacks.prefix}-store-1" in names(stacks)


async def test_without_module_init_a_stack_outlives_its_program(plain_host: Host, stacks: Stacks) -> None:
    with host_of(plain_host, stacks, "plain", spec(stacks)) as process:
        process.send_signal(signal.SIGTERM)
        assert ended(process) == -signal.SIGTERM
    assert names(stacks) == {f"{stacks.prefix}-store-1", f"{stacks.prefix}-user-1"}


def graph(stacks: Stacks, **jobs: str) -> dict[str, Any]:
    """A service with a volume, and jobs that wait for it, each with its script."""
    serve = [part.replace("$$", "$") for part in SERVE]
    nodes: dict[str, Any] = {"store": {"kind": "service", "cmd": serve, "volumes": ["data:/data"]}}
    nodes |= {name: {"kind": "job", "cmd": ["sh", "-c", script], "depends_on": ["store"]} for name, script in jobs.items()}
    filled = {name: {"image": IMAGE, "stop_timeout": 1, **node} for name, node in nodes.items()}
    return {"name": stacks.prefix, "nodes": filled, "volumes": {"data": {}}}


async def test_graphs_are_taken_down_and_volumes_stay(plain_host: Host, stacks: Stacks) -> None:
    with host_of(plain_host, stacks, "pause", graph(stacks, job="true")) as process:
        assert names(stacks) == {f"{stacks.prefix}-store-1"}
        process.send_signal(signal.SIGTERM)
        assert ended(process) == 128 + signal.SIGTERM
    found = stacks.held()
    assert (found["containers"], found["networks"]) == ({}, {})
    assert f"{stacks.prefix}_data" in found["volumes"]


@pytest.mark.parametrize("how", ["begin", "behind"])
async def test_a_run_that_is_under_way_is_rolled_back(plain_host: Host, stacks: Stacks, how: str) -> None:
    """Whether somebody waits for it or not."""
    with host_of(plain_host, stacks, how, graph(stacks, long="sleep 600")) as process:
        soon(lambda: names(stacks) == {f"{stacks.prefix}-store-1", f"{stacks.prefix}-long-1"})
        process.send_signal(signal.SIGINT)
        assert ended(process) == 128 + signal.SIGINT
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_without_module_init_a_graph_outlives_its_program(plain_host: Host, stacks: Stacks) -> None:
    with host_of(plain_host, stacks, "plain", graph(stacks)) as process:
        process.send_signal(signal.SIGTERM)
        assert ended(process) == -signal.SIGTERM
    assert names(stacks) == {f"{stacks.prefix}-store-1"}
