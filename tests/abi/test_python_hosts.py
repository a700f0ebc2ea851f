"""Hosts that are Python programs: the library joins their interpreter, or refuses one it was not built for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.abi.conftest import probed
from tests.support import library as lib

pytestmark = pytest.mark.abi

SUPPORT = Path(lib.__file__).parent
# The Python below the tests' virtual environment: this project is not installed there, so the packages come from
# beside the shared object.
PYTHON = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def probe_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return probed(lib.library(), tmp_path_factory.mktemp("probe"))


def run_in(python: str, library: Path, body: str, *flags: str, mode: str = "DEFAULT_MODE", **env: str) -> lib.Ran:
    """Runs ``body`` in a Python process; ``native`` is the library there, loaded in a mode of ctypes."""
    script = f"import sys\nsys.path.insert(0, {str(SUPPORT)!r})\nfrom native import *\n"
    script += f"native = Native({str(library)!r}, ctypes.{mode})\n"
    return lib.run([python, *(flags or ("-I",)), "-c", script + body], lib.clean_environment(**env), timeout=120)


def answered(ran: lib.Ran) -> Any:
    assert (ran.status, ran.err) == (0, ""), ran
    return json.loads(ran.out)


ASK = """
spec = '{"image": "busybox", "unknown": 1}'
print(json.dumps([native.call("js_container_streamNext", 77).result(), native.call("js_container_run", spec).result()]))
"""


def pythons() -> list[tuple[str, str]]:
    """(path, minor) of the Pythons of this machine, one of each place."""
    places = [Path(sys.executable), Path(sys.base_prefix) / "bin/python3", Path("/usr/bin/python3")]
    places += sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3"))
    found = {}
    for place in places:
        if not place.exists():
            continue
        code = "import sys; print('%d.%d %s' % (*sys.version_info[:2], sys.prefix))"
        shown = subprocess.run([place, "-c", code], capture_output=True, text=True).stdout.split(maxsplit=1)
        if shown and tuple(map(int, shown[0].split("."))) >= (3, 8):
            found.setdefault(shown[1], (str(place), shown[0]))
    return list(found.values())


PYTHONS = pythons()


@pytest.mark.parametrize("python", [path for path, minor in PYTHONS if minor == MINOR])
def test_of_the_same_version(python: str) -> None:
    """The one of the tests, its base outside the virtual environment, the distribution's."""
    rows = answered(run_in(python, lib.library(), ASK, "-I" if python != sys.executable else "-q"))
    assert [row["code"] for row in rows] == [404, 400], rows


@pytest.mark.parametrize("python", [path for path, minor in PYTHONS if minor != MINOR])
def test_of_another_version(python: str) -> None:
    """Refused at once, with both versions in words; the host goes on."""
    lib.needs_packages_on_disk("it has an interpreter of its own")
    rows = answered(run_in(python, lib.library(), ASK, "-I"))
    for row in rows:
        assert (row["code"], row["kind"]) == (503, "BackendNotAvailable")
        assert re.search(rf"built for Python {re.escape(MINOR)}, but this process runs Python 3\.\d+", row["message"])


def test_callbacks_into_python(probe_library: Path) -> None:
    body = """
import threading
seen, done = [], threading.Event()
promises = [native.call("js_container_inspectVolume", "echo:%d" % i) for i in range(1000)]
for i, promise in enumerate(promises):
    def called(i=i):
        seen.append((i, threading.current_thread() is threading.main_thread()))
        if len(seen) == 1000:
            done.set()
    assert promise.then(called) == 0
assert done.wait(60)
assert [p.result() for p in promises] == [str(i) for i in range(1000)]
assert native.call("js_container_streamNext", 1).result()["code"] == 404
print(json.dumps([sorted(i for i, _ in seen) == list(range(1000)), any(main for _, main in seen)]))
"""
    assert answered(run_in(PYTHON, probe_library, body)) == [True, False]


def test_an_asyncio_host_pumps(probe_library: Path) -> None:
    """The host's loop and the library's run side by side; callbacks arrive on the host's thread, from its loop."""
    body = """
import asyncio, threading
async def main():
    loop = asyncio.get_running_loop()
    fd = native.lib.perry_container_pump_fd()
    loop.add_reader(fd, lambda: native.lib.perry_container_pump(0))
    async def ask(words):
        settled = loop.create_future()
        promise = native.call("js_container_inspectVolume", words)
        promise.then(lambda: settled.set_result(threading.current_thread() is threading.main_thread()))
        assert await asyncio.wait_for(settled, 60)
        return promise.result()
    process = await asyncio.create_subprocess_exec("true")
    results = await asyncio.gather(*(ask("echo:%d" % i) for i in range(300)), ask("sleep:0.05"), ask("spawn:0"))
    assert await process.wait() == 0
    print(json.dumps(results == [*map(str, range(300)), None, None]))
asyncio.run(main())
"""
    assert answered(run_in(PYTHON, probe_library, body)) is True


ENDS = {
    "at once": "",
    "while it sleeps": "native.call('js_container_inspectVolume', 'hang').wait(50)",
    "while it works": "native.call('js_container_inspectVolume', 'spin:5').wait(50)",
    "while a program runs": "native.call('js_container_inspectVolume', 'spawn:0.2').wait(100)",
    "with many in flight": "promises = [native.call('js_container_inspectVolume', 'sleep:0.01') for _ in range(3000)]",
    "with callbacks": "promises = [native.call('js_container_inspectVolume', 'sleep:0.001') for _ in range(500)]\n"
    "for p in promises: p.then(lambda: None)",
    "with callbacks that take longer than the end waits": "promises = [native.call('js_container_inspectVolume', 'echo:x') for _ in range(500)]\n"
    "for p in promises: p.then(lambda: sum(range(10**6)))",
    "after shutdown": "native.call('js_container_inspectVolume', 'hang').wait(50); native.lib.perry_container_shutdown(-1)",
    "by an exception": "native.call('js_container_inspectVolume', 'hang').wait(50); raise SystemExit(0)",
}


@pytest.mark.parametrize("way", ENDS)
def test_the_interpreter_ends_with_work_in_flight(probe_library: Path, way: str) -> None:
    body = f"native.call('js_container_inspectVolume', 'hang')\n{ENDS[way]}\n"
    for round_ in range(6):
        ran = run_in(PYTHON, probe_library, body)
        assert (ran.status, ran.out, ran.err) == (0, "", ""), f"round {round_}"


def test_the_main_thread_stays_the_main_thread(probe_library: Path) -> None:
    body = """
assert "threading" not in sys.modules, "the host must not have imported it"
native.call("js_container_inspectVolume", "echo:x").wait()
import threading
print(json.dumps(threading.current_thread() is threading.main_thread()))
"""
    assert answered(run_in(PYTHON, probe_library, body, "-S", "-I")) is True


def test_a_host_that_forks(probe_library: Path) -> None:
    body = """
import multiprocessing
native.call("js_container_inspectVolume", "echo:x").wait()
def child(_):
    return native.call("js_container_inspectVolume", "echo:x").result()["code"]
with multiprocessing.get_context("fork").Pool(3) as pool:
    codes = pool.map(child, range(12))
print(json.dumps([codes, native.call("js_container_inspectVolume", "echo:parent").result()]))
"""
    assert answered(run_in(PYTHON, probe_library, body)) == [[501] * 12, "parent"]


def test_the_interpreter_stays_the_host_s(probe_library: Path) -> None:
    """Its signals, its collector, its modules, its way to print; the library's packages come last on its path."""
    lib.needs_packages_on_disk("nothing is put on a host's path; tests/static has what stays")
    body = """
import gc, signal, warnings, os
before = [signal.getsignal(s) for s in range(1, 65)], gc.get_threshold(), os.getcwd(), list(sys.path), warnings.filters[:]
native.call("js_container_run", '{"image": "busybox", "unknown": 1}').wait()
after = [signal.getsignal(s) for s in range(1, 65)], gc.get_threshold(), os.getcwd(), list(sys.path), warnings.filters[:]
added = [place for place in after[3] if place not in before[3]]
assert after[3] == before[3] + added and len(added) == 1, after[3]
assert [b == a for b, a in zip(before, after)] == [True, True, True, False, True]
assert sys.modules.get("ssl", True) is not None
import pydantic_core
print(json.dumps("SchemaValidator" in vars(pydantic_core)))
"""
    assert answered(run_in(PYTHON, probe_library, body)) is True


def test_an_interrupt_reaches_the_host(probe_library: Path) -> None:
    body = """
import os, signal, time
native.call("js_container_inspectVolume", "hang").wait(50)
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(30)
except KeyboardInterrupt:
    print(json.dumps("interrupted"))
"""
    assert answered(run_in(PYTHON, probe_library, body)) == "interrupted"


def test_nothing_is_printed_in_development_mode(probe_library: Path) -> None:
    """Warnings shown, asyncio's debug mode on: requests that are cancelled before they begin leave no complaint."""
    body = """
import gc
promises = [native.call("js_container_inspectVolume", "hang") for _ in range(200)]
for promise in promises:
    promise.cancel()
codes = {promise.result()["code"] for promise in promises}
more = [native.call("js_container_inspectVolume", words) for words in ("die", "defect:x", "conflict:x", "unencodable")]
codes |= {promise.result()["code"] for promise in more}
pending = [native.call("js_container_inspectVolume", "hang") for _ in range(5)]
assert native.lib.perry_container_shutdown(-1) == 0
gc.collect()
print(json.dumps(sorted(codes)))
"""
    ran = run_in(PYTHON, probe_library, body, "-I", "-X", "dev")
    assert answered(ran) == [409, 499, 500]


def test_the_order_of_backends_is_the_same_in_c_and_in_python() -> None:
    """What is answered at once, before Python runs, is the rule of detection."""
    from perry_ffi.backends.choice import order_in_force
    from perry_ffi.settings import Settings

    orders: list[dict[str, str]] = [{}]
    orders += [
        {"PERRY_CONTAINER_BACKEND": names}
        for names in ("", "docker", " podman , docker", "apple/container,docker", ",,docker,", " ,")
    ]
    docker, podman = {"DOCKER_HOST": "unix:///d.sock"}, {"CONTAINER_HOST": "unix:///p.sock"}
    orders += [docker, podman, {**docker, **podman}, {"DOCKER_HOST": ""}]
    orders += [{"DOCKER_CONTEXT": "c"}, {"DOCKER_CONTEXT": "default"}, {"CONTAINER_CONNECTION": "default"}]
    for mode in ("server-first", "local-first"):
        orders += [{"PERRY_CONTAINER_MODE": mode, **more} for more in ({}, docker, {**docker, **podman})]
    for names in ("docker,podman", "podman,docker", "nerdctl"):
        forced = {"PERRY_CONTAINER_BACKEND": names, "PERRY_CONTAINER_MODE": "server-first"}
        orders += [{**docker, "PERRY_CONTAINER_BACKEND": names}, {**podman, **forced}, {**docker, **podman, **forced}]
    script = (
        f"import sys\nsys.path.insert(0, {str(SUPPORT)!r})\nfrom native import *\n"
        f"native = Native({str(lib.library())!r})\n"
        "print(native.text('js_container_getBackendPriority'))"
    )
    for env in orders:
        shown = lib.run([PYTHON, "-I", "-c", script], {"PATH": "/usr/bin:/bin", **env})
        assert answered(shown) == list(order_in_force(Settings.from_environ(env))), env
