"""Hosts that are Python programs of any version: the static form brings an interpreter of its own, and theirs stays as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.abi.test_python_hosts import ASK, ENDS, PYTHONS, answered, run_in
from tests.support import library as lib

# How often each is done, by turns in the two modes of a load: PERRY_STATIC_ROUNDS=200 is the long form.
ROUNDS = int(os.environ.get("PERRY_STATIC_ROUNDS") or 2)
pytestmark = [pytest.mark.abi, pytest.mark.timeout(300 + 10 * ROUNDS)]
MODES = ("RTLD_LOCAL", "RTLD_GLOBAL")
EACH = pytest.mark.parametrize("python", [path for path, _ in PYTHONS], ids=[minor for _, minor in PYTHONS])


def in_rounds(python: str, library: Path, body: str) -> Iterator[tuple[lib.Ran, str]]:
    """``body`` in one process after another; how each ended, and which one it was."""
    for number in range(ROUNDS):
        mode = MODES[number % len(MODES)]
        yield run_in(python, library, body, mode=mode), f"round {number}, {mode}"


def answers_always(python: str, library: Path, body: str, expected: Any) -> None:
    for ran, which in in_rounds(python, library, body):
        assert answered(ran) == expected, which


@EACH
def test_it_answers_in_every_python(static_library: Path, python: str) -> None:
    for ran, which in in_rounds(python, static_library, ASK):
        rows = answered(ran)
        assert [row["code"] for row in rows] == [404, 400], (which, rows)


@EACH
def test_nothing_of_the_host_changes(static_library: Path, python: str) -> None:
    body = """
import atexit, gc, os, signal, threading, warnings
def look():
    return [
        [signal.getsignal(s) for s in range(1, 65)], gc.get_threshold(), os.getcwd(), list(sys.path), warnings.filters[:],
        sys.getswitchinterval(), list(sys.meta_path), sorted(sys.modules), dict(os.environ),
    ]
before = look()
native.call("js_container_run", '{"image": "busybox", "unknown": 1}').wait()
after = look()
print(json.dumps([[b == a for b, a in zip(before, after)], threading.current_thread() is threading.main_thread()]))
"""
    answers_always(python, static_library, body, [[True] * 9, True])


@EACH
@pytest.mark.parametrize("way", ENDS)
def test_the_host_ends_with_work_in_flight(static_probe: Path, python: str, way: str) -> None:
    body = f"native.call('js_container_inspectVolume', 'hang')\n{ENDS[way]}\n"
    for ran, which in in_rounds(python, static_probe, body):
        assert (ran.status, ran.out, ran.err) == (0, "", ""), which


@EACH
def test_threads_callbacks_and_a_fork(static_probe: Path, python: str) -> None:
    body = """
import os, threading, warnings
warnings.simplefilter("ignore")  # of forks where there are threads
native.call("js_container_inspectVolume", "echo:x").wait()
kept, results, seen, done = [], [], [], threading.Event()
def ask(base):
    for i in range(base, base + 100):
        promise = native.call("js_container_inspectVolume", "echo:%d" % i)
        kept.append(promise)
        promise.then(lambda: (seen.append(1), len(seen) == 400 and done.set()))
        results.append(promise.result())
threads = [threading.Thread(target=ask, args=(base,)) for base in (0, 100, 200, 300)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert done.wait(60)
child = os.fork()
if child == 0:
    os._exit(0 if native.call("js_container_inspectVolume", "echo:x").result()["code"] == 501 else 1)
status = os.waitpid(child, 0)[1]
print(json.dumps([sorted(map(int, results)) == list(range(400)), status, native.call("js_container_inspectVolume", "echo:y").result()]))
"""
    answers_always(python, static_probe, body, [True, 0, "y"])


@EACH
def test_a_loop_of_the_host_waits_for_promises(static_probe: Path, python: str) -> None:
    """Two loops of asyncio in one process, of two Pythons; callbacks come on the host's thread."""
    body = """
import asyncio, threading
async def ask(loop, word):
    settled, promise = loop.create_future(), native.call("js_container_inspectVolume", word)
    promise.then(lambda: settled.set_result(threading.current_thread() is threading.main_thread()))
    return await settled, promise.result()
async def main():
    loop = asyncio.get_running_loop()
    loop.add_reader(native.lib.perry_container_pump_fd(), native.lib.perry_container_pump, 0)
    return await asyncio.gather(*(ask(loop, "echo:%d" % i) for i in range(200)))
print(json.dumps(asyncio.run(main())))
"""
    answers_always(python, static_probe, body, [[True, str(i)] for i in range(200)])
