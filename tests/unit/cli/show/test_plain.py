"""Progress as lines: each event once, waits every ten seconds."""

from __future__ import annotations

import pytest

from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show.plain import Plain
from perry_ffi.runtime.event_bus import EventBus
from tests.unit.cli.show.records import Record, Records, up_of_shop


class Told(Plain):
    """With the lines that it would write."""

    def __init__(self, ansi: str = "never") -> None:
        self.lines: list[str] = []
        self.now = 0.0
        super().__init__(Screen({}, ansi=ansi), self.lines.append, lambda: self.now)

    def hear(self, *records: Record) -> list[str]:
        before = len(self.lines)
        for record in records:
            self.heard(record)
            self.now = record["time"]
        return self.lines[before:]


def test_an_up_from_its_begin_to_its_end() -> None:
    assert Told().hear(*up_of_shop()) == [
        " ✔ created network shop_default in 0.1 s",
        " ✔ db: created shop-db-1 in 0.1 s",
        " ✔ db: started shop-db-1 in 0.1 s",
        " ✔ db: healthy after 4.0 s",
        " ✔ api: started shop-api-1 in 0.1 s",
        "shop: 2 started in 5.2 s (db healthy after 4.0 s), http://localhost:18080",
    ]


def test_a_pull_is_told_as_it_begins_and_what_is_quick_only_when_it_has_ended() -> None:
    plain, some = Told(), Records()
    assert plain.hear(some.step("started", "pull image", "nginx:1", "web")) == ["   web: pulling nginx:1"]
    assert plain.hear(some.pull("nginx:1", status="Downloading", id="a", current=1, total=2)) == []
    assert plain.hear(some.step("done", "pull image", "nginx:1", "web", after=3.0)) == [" ✔ web: pulled nginx:1 in 3.1 s"]


def test_what_a_build_says_is_told_line_by_line() -> None:
    """Lines may come in pieces; what moves a cursor or says nothing is left out, and how a base image is pulled, too."""
    plain, some = Told(), Records()
    plain.hear(some.step("started", "build image", "shop-web", "web"))
    base = some.record(
        "progress", operation="build", target="shop-web", service="web", detail={"status": "Downloading", "id": "a"}
    )
    pieces = [
        some.build("Step 1/2 : FROM a\n ---> Using cache\n ---> 0123456789ab\n\n"),
        base,
        some.build("Step 2/2 : RUN "),
        some.build("make\n\x1b[1mbu"),
        some.build("sy"),
    ]
    assert plain.hear(*pieces) == ["   web: Step 1/2 : FROM a", "   web: ---> Using cache", "   web: Step 2/2 : RUN make"]
    done = some.step("done", "build image", "shop-web", "web", after=2.0)
    assert plain.hear(done) == ["   web: busy", " ✔ web: built shop-web in 2.5 s"]


def test_what_takes_longer_than_a_second_says_that_it_began_once() -> None:
    plain, some = Told(), Records()
    plain.hear(some.step("started", "stop container", "shop-web-1", "web"))
    plain.look()
    assert plain.lines == []
    plain.now += 1.0
    plain.look()
    plain.look()
    assert plain.lines == ["   web: stopping shop-web-1"]


def test_a_long_wait_says_every_ten_seconds_for_what() -> None:
    plain, some = Told(), Records()
    plain.hear(
        some.step("started", "wait", "db healthy", "db", condition="healthy", waitedBy=["api", "web"]), some.wait("started")
    )
    plain.now += 1.0
    plain.look()
    assert plain.lines == ["   db: waiting for health; api, web wait for it"]
    probe = {"exitCode": 1, "output": "connection refused", "failed": 3, "retries": 10}
    plain.hear(some.wait("waiting", after=8.0, probe=probe, log="starting"))
    plain.now += 2.0
    plain.look()
    plain.look()
    assert plain.lines[1:] == ["   db: waiting for health, 10.0 s so far, 3 of 10 probes failed: connection refused"]
    plain.now += 10.0
    plain.look()
    assert plain.lines[2].startswith("   db: waiting for health, 20.0 s so far")
    plain.now += 5.0
    plain.look()
    assert len(plain.lines) == 3


def test_a_verb_that_is_done_although_something_failed_is_summed_up() -> None:
    plain, some = Told(), Records()
    plain.hear(some.verb("started", "pull"))
    for image, state in (("a", "failed"), ("b", "done")):
        plain.hear(
            some.step("started", "pull image", image, image), some.step(state, "pull image", image, image, error={"message": "x"})
        )
    assert plain.hear(some.verb("done", "pull")) == ["shop: 1 pulled in 0.5 s"]


def test_what_failed() -> None:
    plain, some = Told(), Records()
    plain.hear(
        some.step("started", "start container", "c", "web"),
        some.step("failed", "start container", "c", "web", error={"message": "x"}),
    )
    assert plain.lines == [" ✘ web: starting c failed after 0.1 s"]
    assert plain.hear(some.verb("failed")) == []


def test_warnings_and_rollbacks() -> None:
    plain, some = Told(), Records()
    assert plain.hear(some.record("warning", message="old")) == ["warning: old"]
    assert plain.hear(some.record("rollback", state="started", cause="x")) == ["putting back what was there"]
    assert plain.hear(some.record("rollback", state="done", cause="x")) == [], "the error tells it"
    assert plain.hear(some.record("rollback", state="done", cause="Cancelled")) == ["everything is as it was"]
    left = some.record("rollback", state="done", cause="Cancelled", leftOver=["network n: in use"])
    assert plain.hear(left) == ["not put back:\n  network n: in use"]


def test_colours_are_there_only_where_the_screen_has_them() -> None:
    some = Records()
    records = [some.step(state, "start container", "shop-db-1", "db") for state in ("started", "done")]
    [plain] = Told().hear(*records)
    [coloured] = Told("always").hear(*records)
    assert "\x1b" not in plain and "\x1b[32m✔\x1b[0m" in coloured


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "\u202e"])
def test_names_are_text(name: str) -> None:
    some = Records()
    lines = Told().hear(*(some.step(state, "start container", name, name) for state in ("started", "done")))
    assert len(lines) == 1 and "\x1b" not in lines[0] and "\n" not in lines[0] and "\u202e" not in lines[0]


@pytest.mark.anyio
@pytest.mark.parametrize("well", [True, False])
async def test_what_was_done_without_a_verb_is_summed_up_where_it_went_well(well: bool) -> None:
    plain, bus = Told(), EventBus()
    listener = bus.subscribe()
    for state in ("started", "done"):
        bus.tell("step", state=state, step=1, action="stop container", target="shop-web-1", service="web")
    bus.end()
    plain.went_well = well
    await plain.follow(listener)
    assert len(plain.lines) == 1 + well and (not well or "1 stopped in" in plain.lines[-1])
