"""What is put back, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.stack import identity
from tests.unit.stack.rig import Rig, project

anyio_test = pytest.mark.anyio


@anyio_test
async def test_what_is_new_goes_then_names_come_back_then_what_ran_runs(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"a": {}, "b": {}}))
    a, b = rig.box("p-a-1").id, rig.box("p-b-1").id
    undo = UndoLog(rig.backend, "t", identity.TRANSACTION)
    for ident, name in ((a, "p-a-1"), (b, "p-b-1")):
        with undo.stopped(ident, name).asked():
            await rig.backend.stop_container(ident)
    undo.renamed(a, "p-a-1")
    await rig.backend.rename_container(a, "away")
    since = len(rig.backend.writes)
    assert len(undo) == 3
    assert await undo.roll_back() == []
    did = [(call.method, call.subject) for call in rig.backend.writes[since:]]
    assert did == [("rename_container", a), ("start_container", a), ("start_container", b)]


@anyio_test
async def test_a_stop_without_an_answer_is_joined_before_the_start(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"a": {}}))
    ident = rig.box("p-a-1").id
    undo = UndoLog(rig.backend, "t", identity.TRANSACTION)
    undo.stopped(ident, "p-a-1")
    since = len(rig.backend.writes)
    await undo.roll_back()
    assert [call.method for call in rig.backend.writes[since:]] == ["stop_container", "start_container"]
    assert rig.names() == {"p-a-1": "running"}
