"""Modules that load at the first look into them, and what is told of them before."""

from __future__ import annotations

import functools
import inspect
import subprocess
from typing import Any

import pytest

from perry_ffi.interpreter import late
from tests.unit.interpreter.support import run
from tests.unit.interpreter.test_openssl import OWN

LATE = """
from perry_ffi.interpreter.late import _Late
print(sorted(name for name in ("ast", "inspect", "subprocess", "typing_extensions") if type(sys.modules[name]) is _Late))
"""
ALL = "['ast', 'inspect', 'subprocess', 'typing_extensions']\n"


def test_what_carries_a_plan_out_loads_none_of_them() -> None:
    work = """
import anyio, asyncio, anyio.to_thread, dataclasses, signal
from perry_ffi.stack.containers import down, up
from perry_ffi.backends.engine_api import engine
@dataclasses.dataclass
class Undocumented:
    one: int
def main_is_done(): ...
async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main_is_done)
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
        with anyio.move_on_after(1):
            await anyio.sleep(0)
    await anyio.to_thread.run_sync(Undocumented, 1)
asyncio.run(main())
"""
    assert run(OWN + work + LATE) == ALL


def test_a_look_loads_one_in_its_place() -> None:
    looks = """
import ast, inspect, subprocess, typing_extensions
before = [ast, inspect, subprocess, typing_extensions]
print(inspect.PIPE if hasattr(inspect, "PIPE") else "none", inspect.signature(lambda a: 0), ast.literal_eval("1"))
print(subprocess.run(["echo", "a"], capture_output=True).stdout, subprocess.PIPE, typing_extensions.Self is not None)
print([module is sys.modules[module.__name__] for module in before], inspect.getsource is inspect.__dict__["getsource"])
"""
    assert run(OWN + looks + LATE) == "none (a) 1\nb'a\\n' -1 True\n[True, True, True, True] True\n[]\n"


def test_what_connects_by_tcp_is_loaded_where_something_does() -> None:
    work = """
import anyio, asyncio
async def main():
    await anyio.sleep(0)
    sockets = sys.modules["anyio._core._sockets"]
    print(type(sockets) is type(sys), sockets is anyio._core._sockets)
    convert = sockets.convert_ipv6_sockaddr
    print(convert(("::1", 80, 0, 0)), convert is not sockets.convert_ipv6_sockaddr, type(sockets) is type(sys))
    listeners = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listeners.extra(anyio.abc.SocketAttribute.local_port)
    async with await anyio.connect_tcp("127.0.0.1", port), listeners:
        print(sockets.__spec__.loader is sockets.__loader__, type(sockets) is type(sys))
asyncio.run(main())
"""
    assert run(OWN + work) == "False True\n('::1', 80) True True\nTrue True\n"


def test_a_traceback_is_printed_as_ever() -> None:
    work = """
import asyncio, logging, traceback
before = type(traceback) is type(sys)
try: 1 / 0
except ZeroDivisionError: print(before, traceback.format_exc().splitlines()[-1], type(traceback) is type(sys))
"""
    assert run(OWN + work) == "False ZeroDivisionError: division by zero True\n"


def test_a_cancelled_task_group_ends_as_ever() -> None:
    work = """
import anyio, asyncio
async def main():
    with anyio.move_on_after(0.01) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 5)
            await anyio.sleep(5)
    print(scope.cancelled_caught)
asyncio.run(main())
"""
    assert run(OWN + work) == "True\n"


class Callable:
    def __call__(self) -> None: ...

    async def method(self) -> None: ...

    def plain(self) -> None: ...


class Asynchronous:
    async def __call__(self) -> None: ...


async def coroutine() -> None: ...


THINGS: list[Any] = [
    coroutine, Callable(), Callable().method, Callable().plain, Callable.method, Asynchronous(), print, int, 5, None, lambda: None,
    functools.partial(coroutine), functools.partial(print), functools.partial(functools.partial(coroutine), 1),
]  # fmt: skip


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_told_of_a_function_is_what_inspect_says(thing: Any) -> None:
    told: Any = late._HELPERS["inspect"]["iscoroutinefunction"]
    assert told(thing) is inspect.iscoroutinefunction(thing)


def test_members_that_are_told_are_those_of_the_modules() -> None:
    helpers: Any = late._HELPERS
    one, other = coroutine(), coroutine()
    assert helpers["inspect"]["iscoroutine"](one) and not helpers["inspect"]["iscoroutine"](coroutine)
    assert helpers["inspect"]["getcoroutinestate"](one) == inspect.CORO_CREATED
    for name in ("CORO_RUNNING", "CORO_SUSPENDED"):
        assert helpers["inspect"][name] == getattr(inspect, name)
    assert helpers["subprocess"] == {name: getattr(subprocess, name) for name in ("PIPE", "STDOUT", "DEVNULL")}
    for thing in (late, late.put_off):
        assert helpers["inspect"]["getsource"](thing) == inspect.getsource(thing)
    import sys

    with pytest.raises(OSError):
        helpers["inspect"]["getsource"](sys)
    one.close()
    other.close()


def test_a_module_that_is_there_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    late.put_off("inspect", lambda name: 1)
    late.put_off("no such module", lambda name: 1)
    import sys

    assert sys.modules["inspect"] is inspect and "no such module" not in sys.modules
