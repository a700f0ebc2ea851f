"""Records become rows: what each service does, for how long, and for whom it waits."""

from __future__ import annotations

from perry_ffi.cli.show.state import DONE, FAILED, PENDING, WAITING, WORKING, State
from tests.unit.cli.show.records import Record, Records, up_of_shop


def rows(records: list[Record], now: float | None = None) -> dict[str, tuple[str, str]]:
    state = State()
    for record in records:
        state.add(record)
    return {row.name: (row.state, row.text) for row in state.shown(now or records[-1]["time"])}


def test_a_row_a_service_through_an_up() -> None:
    all_of_it = up_of_shop()
    assert rows(all_of_it[:2]) == {"network": (WORKING, "creating shop_default")}
    assert rows(all_of_it[:3]) == {}
    assert rows(all_of_it[:4]) == {"db": (WORKING, "creating")}
    waiting = rows(all_of_it[:10])
    assert waiting["db"] == (WORKING, "waiting for health, 2 of 5 probes failed: refused")
    assert waiting["api"] == (WAITING, "waits for db to be healthy")
    assert rows(all_of_it) == {"db": (DONE, "healthy"), "api": (DONE, "started")}


def test_the_last_line_of_what_is_waited_for() -> None:
    state = State()
    for record in up_of_shop()[:10]:
        state.add(record)
    assert [row.below for row in state.shown(2000.0)] == ["recovering", ""]


def test_how_long_it_takes() -> None:
    state, some = State(), Records()
    state.add(some.step("started", "start container", "shop-db-1", "db"))
    [row] = state.shown(some.now + 2.5)
    assert row.seconds == 2.5


def test_a_plan_tells_what_has_not_begun_and_what_it_waits_for() -> None:
    some = Records()
    steps = [
        {"step": 1, "action": "start container", "target": "shop-db-1", "service": "db", "after": []},
        {"step": 2, "action": "wait", "target": "db healthy", "service": "db", "condition": "healthy", "after": [1]},
        {"step": 3, "action": "start container", "target": "shop-api-1", "service": "api", "after": [2]},
        {"step": 4, "action": "start container", "target": "shop-web-1", "service": "web", "after": [3]},
        {"step": 5, "action": "start container", "target": "shop-lone-1", "service": "lone", "after": []},
    ]
    found = rows([some.record("plan", project="shop", steps=steps)])
    assert found["api"] == (WAITING, "waits for db to be healthy")
    assert found["web"] == (WAITING, "waits for api to start") and found["lone"][0] == PENDING
    started = [some.step(state, "start container", "shop-api-1", "api", 3) for state in ("started", "done")]
    assert rows([some.record("plan", project="shop", steps=steps), *started])["web"][0] == PENDING


def test_what_failed_stays_to_be_seen() -> None:
    some = Records()
    records = [
        some.step("started", "pull image", "nope:1", "web"),
        some.step("failed", "pull image", "nope:1", "web", error={"message": "not found"}),
    ]
    assert rows(records) == {"web": (FAILED, "not found")}


def test_why_a_pull_failed_stands_at_once() -> None:
    """What it was is in the row already; in eighty columns there is no room for it twice."""
    some, image = Records(), "127.0.0.1:5000/team/app:1"
    error = {"message": f"pull {image}: manifest unknown"}
    records = [some.step("started", "pull image", image, "web"), some.step("failed", "pull image", image, "web", error=error)]
    assert rows(records) == {"web": (FAILED, "manifest unknown")}


def test_several_at_once() -> None:
    some = Records()
    assert rows([some.step("started", "create container", f"shop-web-{n}", "web", n) for n in (1, 2, 3)]) == {
        "web": (WORKING, "creating 3 at once")
    }


def test_pulls_and_builds_say_how_far_they_are() -> None:
    some = Records()
    pull = [
        some.step("started", "pull image", "db:1", "db"),
        some.pull("db:1", status="Downloading", id="a", current=1000, total=5000),
    ]
    assert rows(pull)["db"] == (WORKING, "pulling db:1  1.0 kB of 5.0 kB")
    long = "registry.example:5000/team/with/folders/some-app:1.2.3"
    pull = [
        some.step("started", "pull image", long, "web"),
        some.pull(long, "web", status="Downloading", id="a", current=1, total=5),
    ]
    assert rows(pull)["web"] == (WORKING, "pulling …/some-app:1.2.3  1 B of 5 B")
    build = [some.step("started", "build image", "shop-web", "web"), some.build("Step 2/3 : RUN make\n"), some.build("cc\n")]
    assert rows(build)["web"] == (WORKING, "building shop-web, step 2 of 3: RUN make")


def test_what_is_counted_for_the_summary() -> None:
    state = State()
    for record in up_of_shop():
        state.add(record)
    assert state.counts["start container"] == 2 and state.ready == {"db": ("healthy", 4.0)} and not state.failed
    assert state.idle and state.project == "shop"


def test_names_from_files_move_no_cursor() -> None:
    some = Records()
    [(name, (_, text))] = rows([some.step("started", "pull image", "a\x1b[2Jb", "w\x1b[1mx")]).items()
    assert "\x1b" not in name and "\x1b" not in text
