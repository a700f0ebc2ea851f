"""Which painter a screen has, and what the quiet one says."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show.jsonlines import JsonLines
from perry_ffi.cli.show.live import Live
from perry_ffi.cli.show.painter import Painter, painter_of, verified
from perry_ffi.cli.show.plain import Plain
from perry_ffi.runtime.event_bus import EventBus
from tests.unit.cli.show.records import Records, up_of_shop


@pytest.mark.parametrize(
    ("progress", "kind"),
    [("tty", Live), ("plain", Plain), ("json", JsonLines), ("quiet", Painter), (None, Plain), ("odd", Plain)],
)
def test_the_screen_says_which(progress: str | None, kind: type[Painter]) -> None:
    assert type(painter_of(Screen({}, progress))) is kind


def test_work_that_is_not_to_be_seen_has_a_quiet_one() -> None:
    assert type(painter_of(Screen({}, "tty"), False)) is Painter


def test_a_quiet_one_warns(capsys: pytest.CaptureFixture[str]) -> None:
    some, painter = Records(), Painter()
    for record in [*up_of_shop(), some.record("warning", message="old")]:
        painter.heard(record)
    assert capsys.readouterr().err == "warning: old\n"


def test_one_line_an_image() -> None:
    verification = {
        "verified": True, "source": "store", "signatures": [{"signer": {"key": "sha256:1"}, "signedAt": "2020-01-01T00:00:00Z"}],
    }  # fmt: skip
    record = {"kind": "verified", "service": "web", "image": "acme/web:1", "verification": verification}
    line = verified(record)
    assert line.startswith(" ✔ web  acme/web:1  signed by key sha256:1, ") and line.endswith("ago, from the store")
    unverified = {**record, "verification": {"verified": False, "why": "no signature", "source": "registry"}}
    assert verified(unverified) == " ! web  acme/web:1  not verified (no signature)"
    pinned = {**record, "verification": {"verified": True, "source": "pin", "signatures": []}}
    assert verified(pinned) == " ✔ web  acme/web:1  its digest is the policy's"


@pytest.mark.parametrize("progress", ["plain", "json", "quiet"])
def test_rich_is_loaded_for_live_progress_alone(progress: str) -> None:
    program = f"""
import sys
from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show.painter import painter_of
from tests.unit.cli.show.records import up_of_shop
painter = painter_of(Screen({{}}, {progress!r}))
for record in up_of_shop():
    painter.heard(record)
import perry_ffi.cli.engine
found = [name for name in sys.modules if name.partition('.')[0] in ('rich', 'pygments', 'markdown_it')]
assert not found, found
"""
    subprocess.run([sys.executable, "-c", program], check=True, stderr=subprocess.DEVNULL, timeout=60)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_is_not_to_be_seen_is_not_heard() -> None:
    heard: list[str] = []

    class Hears(Painter):
        def heard(self, record: Any) -> None:
            heard.append(record.get("operation", record["kind"]))

    bus = EventBus()
    records = bus.subscribe()
    for operation in ("pull", "build"):
        bus.tell("progress", operation=operation)
    bus.tell("step")
    bus.end()
    painter = Hears()
    painter.unseen = frozenset({"pull"})
    await painter.follow(records)
    assert heard == ["build", "step"]
