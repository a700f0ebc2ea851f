"""Events and the ends that are read from them, against an engine that says anything."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.engine_client import carries
from perry_ffi.backends.engine_api.resources.events import Recent, parse_event
from perry_ffi.errors import BackendError, NotFound, Timeout
from perry_ffi.model.jsontext import dump as encode
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, line, query

pytestmark = pytest.mark.anyio
ID = "ab" * 32
OTHER = "cd" * 32
NOW = time.time_ns() + 3600 * 10**9
"""Later than the start of every stream here."""


def docker(action: str, attributes: dict[str, str] | None = None, kind: str = "container", ident: str = ID) -> Any:
    return {
        "status": action, "id": ident, "Type": kind, "Action": action, "scope": "local", "time": NOW // 10**9,
        "timeNano": NOW, "Actor": {"ID": ident, "Attributes": {"image": "bb", "name": "web", **(attributes or {})}},
    }  # fmt: skip


def podman(action: str, attributes: dict[str, str] | None = None, kind: str = "container", ident: str = ID) -> Any:
    extra = {"containerExitCode": "0", "podId": "", **(attributes or {})}
    return docker(action, extra, kind, ident)


@pytest.mark.parametrize(
    ("told", "action", "members"),
    [
        (docker("create"), "create", {"id": ID, "name": "web"}),
        (docker("exec_create: sh -c secret: 1"), "exec_create", {}),
        (docker("exec_start: sh"), "exec_start", {}),
        (docker("exec_die", {"exitCode": "3"}), "exec_die", {"exit_code": 3}),
        (docker("die", {"exitCode": "137"}), "die", {"exit_code": 137}),
        (docker("health_status: unhealthy"), "health_status", {"health": "unhealthy"}),
        (docker("health_status: surprising"), "health_status", {"health": None}),
        (docker("destroy"), "destroy", {}),
        (docker("create", {}, "volume", "data"), "create", {"id": "data", "kind": "volume"}),
        (docker("untag", {}, "image", f"sha256:{ID}"), "untag", {"id": f"sha256:{ID}"}),
        (podman("die", {"exitCode": "7", "containerExitCode": "7"}), "die", {"exit_code": 7}),
        (podman("died", {"containerExitCode": "7"}), "die", {"exit_code": 7}),
        (podman("start"), "start", {"exit_code": None}),
        (podman("remove"), "destroy", {}),
        (podman("exec"), "exec_start", {"exit_code": None}),
        (podman("exec_died", {"containerExitCode": "3"}), "exec_die", {"exit_code": 3}),
        (podman("health_status"), "health_status", {"health": None}),
        (podman("init"), "init", {}),
        (podman("remove", {"name": "data"}, "volume", ""), "destroy", {"id": "data", "name": "data"}),
        (podman("remove", {"name": "a:1"}, "image"), "delete", {"id": f"sha256:{ID}", "name": "a:1"}),
    ],
)
def test_both_engines_in_one_vocabulary(told: Any, action: str, members: dict[str, Any]) -> None:
    event = parse_event(told)
    assert event is not None and event.action == action and event.time == NOW
    assert {name: getattr(event, name) for name in members} == members


def test_the_container_of_a_network_s_event() -> None:
    first = parse_event(docker("connect", {"container": ID, "name": "net"}, "network", OTHER))
    second = parse_event(podman("connect", {"name": "web"}, "network", ID))
    assert first is not None and second is not None
    assert (first.id, first.name, first.attributes["container"]) == (OTHER, "net", ID)
    assert (second.id, second.name, second.attributes["container"]) == ("", "", ID)


def test_the_old_name_has_no_slash() -> None:
    event = parse_event(docker("rename", {"oldName": "/ev1"}))
    assert event is not None and event.attributes["oldName"] == "ev1"


def test_the_command_of_an_exec_is_told_to_nobody() -> None:
    event = parse_event(docker("exec_create: mysql -psecret"))
    assert event is not None and "secret" not in encode(event)


def test_kinds_of_no_interest_are_passed_over() -> None:
    assert parse_event(docker("reload", {}, "daemon")) is None
    assert parse_event({}) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["Type", "Action", "Actor", "time", "timeNano"]), json_values), json_values)
def test_a_damaged_event_is_a_coded_error(members: dict[str, Any], actor: Any) -> None:
    for damaged in (members, {**docker("die"), **members}, {**docker("die"), "Actor": actor}):
        try:
            parse_event(damaged)
        except BackendError as error:
            assert "an event" in error.message


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4), st.data())
def test_what_carries_labels(found: dict[str, str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(sorted(found)), unique=True)) if found else []
    assert carries(found, {key: data.draw(st.sampled_from([None, found[key]])) for key in some})
    assert not carries(found, {"not there": None}) and carries(found, None)
    for key in some:
        assert not carries(found, {key: found[key] + "x"})


# -- the stream -------------------------------------------------------------------------------------


def telling(*pieces: bytes, then: str = "hang") -> Any:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED)
        for piece in pieces:
            await stream.send(piece)
        if then == "hang":
            await anyio.sleep_forever()
        if then == "end":
            await stream.send(b"0\r\n\r\n")
        await stream.aclose()

    return answer


@pytest.mark.parametrize("flavour", ["docker", "podman"])
async def test_what_the_engine_is_asked(tmp_path: Path, flavour: str) -> None:
    async with backend_with(tmp_path, flavour, {"GET /events": telling()}) as (backend, engine):
        before = time.time()
        await backend.events({"a": "1", "key": None, "empty": ""})
        asked = query(engine.asked[-1])
        exact = ["a=1"] if flavour == "podman" else ["a=1", "key", "empty="]
        assert json.loads(asked["filters"]) == {"label": exact, "type": ["container", "image"]}
        assert before <= float(asked["since"]) <= time.time()
        await backend.events(since=12.5)
        assert float(query(engine.asked[-1])["since"]) == pytest.approx(12.5, abs=1e-5)
        assert "filters" not in query(engine.asked[-1])


def happened(seconds: float) -> bytes:
    row = {"Type": "container", "Action": "start", "Actor": {"ID": "a" * 64, "Attributes": {}}, "timeNano": int(seconds * 10**9)}
    return json.dumps(row).encode() + b"\n"


def piece(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@pytest.mark.parametrize("flavour", ["docker", "podman"])
@pytest.mark.parametrize("since", [50, None])
async def test_up_to_a_moment_that_has_passed(tmp_path: Path, flavour: str, since: float | None) -> None:
    """Podman tells nothing where it is told an end: it is asked for what there is. Without a beginning it is all that is remembered."""
    told = telling(piece(happened(100) + happened(300)), then="end")
    async with backend_with(tmp_path, flavour, {"GET /events": told}) as (backend, engine):
        stream = await backend.events(since=since, until=200)
        asked = query(engine.asked[-1])
        assert float(str(asked["since"])) == pytest.approx(since or 0, abs=0.001)
        assert ("until" in asked, asked.get("stream")) == ((True, None) if flavour == "docker" else (False, "0"))
        batch = await stream.next()
        assert batch is not None and [event.time for event in batch] == [100 * 10**9]
        assert await stream.next() is None
        await stream.aclose()


async def test_up_to_a_moment_that_comes(tmp_path: Path) -> None:
    """Podman's stream is left then."""
    async with backend_with(tmp_path, "podman", {"GET /events": telling()}) as (backend, engine):
        stream = await backend.events(until=time.time() + 0.2)
        asked = query(engine.asked[-1])
        assert "until" not in asked and "stream" not in asked
        assert await stream.next() is None
        await stream.aclose()


async def test_the_clock_of_a_remote_engine_counts(tmp_path: Path) -> None:
    ping = b"HTTP/1.1 200 OK\r\nDate: Tue, 15 Nov 1994 08:12:31 GMT\r\nContent-Length: 2\r\n\r\nOK"
    async with backend_with(tmp_path, "docker", {"GET /_ping": ping, "GET /events": telling()}) as (backend, engine):
        await backend.events()
        assert query(engine.asked[-1])["since"] == "784887151.000000000"


@pytest.mark.parametrize(
    ("said", "since"),
    [
        ("2020-01-01T00:00:05.500000000Z", "1577836805.499999"), ("2020-01-01T02:00:05.5+02:00", "1577836805.499999"),
        ("soon", "1577836800.000000"), (None, "1577836800.000000"), (7, "1577836800.000000"),
    ],
)  # fmt: skip
async def test_an_engine_elsewhere_tells_its_clock_to_the_nanosecond(tmp_path: Path, said: Any, since: str) -> None:
    """So that what happened within the same second before is not told again."""
    ping = document("OK", headers="Date: Wed, 01 Jan 2020 00:00:00 GMT\r\n")
    routes = {"GET /_ping": ping, "GET /info": document({"SystemTime": said}), "GET /events": telling()}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        await (await backend.events()).aclose()
    assert f"since={since}" in next(asked.target for asked in engine.asked if "/events" in asked.target)


async def test_what_does_not_carry_the_labels_or_came_before_is_left_out(tmp_path: Path) -> None:
    early = {**docker("create", {"key": "v"}), "timeNano": 5}
    lines = [line(docker("start")), line(early), line(docker("die", {"key": "v", "exitCode": "0"}))]
    async with backend_with(tmp_path, "podman", {"GET /events": telling(*lines)}) as (backend, _):
        stream = await backend.events({"key": None})
        assert [event.action for event in await stream.next() or ()] == ["die"]


async def test_a_cancelled_read_loses_no_event(tmp_path: Path) -> None:
    whole = json.dumps(docker("start")).encode() + b"\n"
    go = anyio.Event()

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED + chunk(whole[:40]))
        await go.wait()
        await stream.send(chunk(whole[40:]))
        await anyio.sleep_forever()

    async with backend_with(tmp_path, "docker", {"GET /events": answer}) as (backend, _):
        stream = await backend.events()
        for _ in range(3):
            with anyio.move_on_after(0.02):
                await stream.next()
        go.set()
        assert [event.action for event in await stream.next() or ()] == ["start"]


@pytest.mark.parametrize("then", ["end", "close"])
async def test_a_break_is_a_coded_error(tmp_path: Path, then: str) -> None:
    async with backend_with(tmp_path, "docker", {"GET /events": telling(line(docker("start")), then=then)}) as (
        backend,
        _,
    ):
        stream = await backend.events()
        assert len(await stream.next() or ()) == 1
        with pytest.raises(BackendError):
            await stream.next()
        await stream.aclose()
        assert await stream.next() is None


def event_at(seconds: float, action: str = "start") -> Any:
    return {**podman(action), "timeNano": NOW + int(seconds * 10**9)}


async def test_podman_s_shortened_log_ends_nothing(tmp_path: Path) -> None:
    """It ends the stream when it rewrites its log; what it tells again is told once, and late ones are not lost."""
    first, second = (
        [event_at(10), event_at(20), event_at(19)],
        [event_at(19), event_at(18.5), event_at(20), event_at(21)],
    )
    replies = [first, [], second]

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await telling(*map(line, replies.pop(0)), then="end" if replies else "hang")(asked, stream)

    async with backend_with(tmp_path, "podman", {"GET /events": answer}) as (backend, engine):
        stream = await backend.events()
        times: list[float] = []
        while len(times) < 5:
            times += [(event.time - NOW) / 10**9 for event in await stream.next() or ()]
        assert times == [10, 20, 19, 18.5, 21]
        again = [float(query(asked)["since"]) for asked in engine.asked if "/events" in asked.target][1:]
        assert again == [pytest.approx(NOW / 10**9 + 15)] * 2
        await stream.aclose()


async def test_what_podman_5_does_not_tell_when_it_shortens_its_log_is_read_anew(tmp_path: Path) -> None:
    """Its stream goes on behind the word that it leaves in the log; what came just before is in the log alone."""
    word = {"Type": "system", "Action": "log-rotation", "Actor": {"ID": "", "Attributes": {}}, "timeNano": NOW + 3 * 10**9}
    replies = [
        [event_at(1), word, event_at(4)],
        [event_at(1), event_at(2), word, event_at(4), event_at(5)],
    ]

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await telling(*map(line, replies.pop(0)), then="hang")(asked, stream)

    async with backend_with(tmp_path, "podman", {"GET /events": answer}) as (backend, _):
        stream = await backend.events()
        times: list[float] = []
        while len(times) < 4:
            times += [(event.time - NOW) / 10**9 for event in await stream.next() or ()]
        assert times == [1, 2, 4, 5] and not replies
        await stream.aclose()


async def test_a_podman_that_only_ends_the_stream_is_not_asked_for_ever(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "podman", {"GET /events": telling(then="end")}) as (backend, engine):
        stream = await backend.events()
        with pytest.raises(BackendError):
            await stream.next()
        assert len(engine.asked) < 10
        assert backend._client.pool.open_connections <= 1


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from("ab")), max_size=60))
def test_each_event_is_new_once(told: list[tuple[int, str]]) -> None:
    recent, seen = Recent(), set()
    for seconds, action in told:
        event = parse_event({**docker(action), "timeNano": seconds * 10**9})
        assert event is not None and recent.is_new(event) is ((seconds, action) not in seen)
        seen.add((seconds, action))
    assert recent.newest == max((seconds for seconds, _ in told), default=0) * 10**9


def test_what_was_seen_is_forgotten_in_time() -> None:
    recent = Recent()
    for second in range(20_000):
        event = parse_event({**docker("start"), "timeNano": second * 10**9})
        assert event is not None and recent.is_new(event)
    assert len(recent._times) < 3000


async def test_garbage_is_a_coded_error(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {"GET /events": telling(chunk(b"hello\n"))}) as (backend, _):
        stream = await backend.events()
        with pytest.raises(BackendError):
            await stream.next()


async def test_a_silent_engine_is_asked_whether_it_lives(tmp_path: Path) -> None:
    """Silence is normal on this stream; a dead engine ends it all the same."""
    pings = 0

    async def ping(asked: Asked, stream: SocketStream) -> None:
        nonlocal pings
        pings += 1
        if pings > 3:
            await anyio.sleep_forever()
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

    routes = {"GET /_ping": ping, "GET /events": telling()}
    async with backend_with(tmp_path, "docker", routes, timeout=0.1) as (backend, _):
        stream = await backend.events()
        with pytest.raises(Timeout):
            await stream.next()
        assert pings == 4


# -- exits ----------------------------------------------------------------------------------------------


INSPECTED = document(
    {
        "Id": ID,
        "Name": "/web",
        "Image": "sha256:1",
        "Created": "2026-01-01T00:00:00Z",
        "Config": {"Image": "bb"},
        "State": {"Status": "created", "ExitCode": 0},
    }
)


async def test_the_code_comes_from_this_container_s_end(tmp_path: Path) -> None:
    told = [
        docker("die", {"exitCode": "1"}, ident=OTHER), docker("start"), docker("die", {"exitCode": "4"}),
        docker("destroy"), docker("die", {"exitCode": "9"}),
    ]  # fmt: skip
    routes = {"GET /containers/web/json": INSPECTED, "GET /events": telling(*map(line, told))}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        watch = await backend.wait_exit("web")
        assert json.loads(query(engine.asked[-1])["filters"]) == {"container": [ID], "type": ["container"]}
        assert [await watch.exit_code(), await watch.exit_code()] == [4, 4]
        assert backend._client.pool.open_connections <= 1


async def test_a_container_that_is_removed_without_having_run(tmp_path: Path) -> None:
    routes = {"GET /containers/web/json": INSPECTED, "GET /events": telling(line(podman("remove")))}
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        watch = await backend.wait_exit("web")
        with pytest.raises(NotFound):
            await watch.exit_code()


async def test_a_watch_that_the_engine_breaks(tmp_path: Path) -> None:
    routes = {"GET /containers/web/json": INSPECTED, "GET /events": telling(then="close")}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        watch = await backend.wait_exit("web")
        with pytest.raises(BackendError):
            await watch.exit_code()


async def test_a_watch_outlives_its_timeouts(tmp_path: Path) -> None:
    go = anyio.Event()

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED)
        await go.wait()
        await stream.send(line(docker("die", {"exitCode": "2"})))
        await anyio.sleep_forever()

    routes = {"GET /containers/web/json": INSPECTED, "GET /events": answer}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        watch = await backend.wait_exit("web")
        for _ in range(2):
            with pytest.raises(Timeout):
                await watch.exit_code(0.02)
        go.set()
        assert await watch.exit_code(5) == 2
        await watch.aclose()


@pytest.mark.parametrize(("release", "filtered"), [("4.3.1", True), ("5.4.2", False)])
async def test_podman_5_is_asked_for_all_events(tmp_path: Path, release: str, filtered: bool) -> None:
    """No filter lets the word pass that it has shortened its log; what was not asked for is left out here."""
    other = {**event_at(2), "Actor": {"ID": "o" * 64, "Attributes": {"name": "other"}}}
    mine = {**event_at(3), "Actor": {"ID": "m" * 64, "Attributes": {"name": "mine", "a": "b"}}}
    routes = {"GET /events": telling(line(other), line(mine), then="hang")}
    async with backend_with(tmp_path, "podman", routes) as (backend, engine):
        backend.version = replace(backend.version, version=release)
        stream = await backend.events({"a": "b"})
        assert [event.name for event in await stream.next() or ()] == ["mine"]
        (asked,) = [asked for asked in engine.asked if "/events" in asked.target]
        assert ("filters" in query(asked)) is filtered
        await stream.aclose()
