"""The one line that is left."""

from __future__ import annotations

from perry_ffi.cli.show.state import State
from perry_ffi.cli.show.summary import summary
from tests.unit.cli.show.records import Records, up_of_shop


def counted(**counts: int) -> State:
    state = State()
    state.began, state.project = 10.0, "shop"
    state.counts = {name.replace("_", " "): count for name, count in counts.items()}
    return state


def test_of_an_up() -> None:
    state = State()
    for record in up_of_shop():
        state.add(record)
    found = summary(state, state.began + 6.2, {"api": ["0.0.0.0:18080->80/tcp", "[::]:18080->80/tcp"]})
    assert found == "shop: 2 started in 6.2 s (db healthy after 4.0 s), http://localhost:18080"


def test_a_wait_that_took_no_time_is_not_told_of() -> None:
    state = counted(start_container=1)
    state.ready = {"db": ("healthy", 0.01), "api": ("healthy", 2.0)}
    assert summary(state, 13.0, {}) == "shop: 1 started in 3.0 s (api healthy after 2.0 s)"


def test_what_goes_without_saying_is_not_said() -> None:
    up = counted(create_container=3, start_container=3, remove_container=1, stop_container=1)
    assert summary(up, 11.0, {}) == "shop: 3 started in 1.0 s"
    assert summary(counted(stop_container=2, remove_container=2), 11.0, {}) == "shop: 2 removed in 1.0 s"
    assert summary(counted(stop_container=2), 11.0, {}) == "shop: 2 stopped in 1.0 s"
    assert summary(counted(create_container=2), 11.0, {}) == "shop: 2 created in 1.0 s"
    assert summary(counted(create_network=1), 11.0, {}) == "" and summary(State(), 1.0, {}) == ""


def test_addresses() -> None:
    up = counted(start_container=1)
    published = {"db": ["127.0.0.1:5432->5432/tcp", "0.0.0.0:53->53/udp", "80/tcp"], "web": ["10.0.0.1:444->443/tcp", "x->y"]}
    assert summary(up, 11.0, published).endswith(", localhost:5432, https://10.0.0.1:444")
    many = {"web": [f"0.0.0.0:{port}->80/tcp" for port in range(8000, 8009)]}
    assert summary(up, 11.0, many).endswith("http://localhost:8002, …")


def test_of_an_unknown_project() -> None:
    state, some = State(), Records()
    for told in ("started", "done"):
        state.add(some.step(told, "pull image", "a:1", "web"))
    assert summary(state, state.began + 2.0, {}) == "1 pulled in 2.0 s"
