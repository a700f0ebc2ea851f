from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import NotFound
from perry_ffi.stack.ends import ends
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


async def test_in_the_order_in_which_they_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path, slow=Behaviour(exit_code=3, seconds=0.3), quick=Behaviour(exit_code=4, seconds=0.1), stays=Behaviour())
    await rig.up(project({"slow": {}, "quick": {}, "stays": {}}))
    found = [(row.service, code) async for row, code in ends(rig.context, "p", ["slow", "quick"])]
    assert found == [("quick", 4), ("slow", 3)]
    # What has ended by now tells its code at once.
    again = [(row.service, code) async for row, code in ends(rig.context, "p", ["slow", "quick"])]
    assert sorted(again) == [("quick", 4), ("slow", 3)]
    async for row, code in ends(rig.context, "p", ["slow", "stays"]):
        assert (row.service, code) == ("slow", 3)
        break


async def test_what_never_ran_has_no_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"slow": {}, "quick": {}}), start=False)
    with pytest.raises(NotFound, match="no container of slow, quick runs or has ended"):
        [row async for row in ends(rig.context, "p", ["slow", "quick"])]


async def test_whoever_needs_no_more_leaves(tmp_path: Path) -> None:
    rig = Rig(tmp_path, quick=Behaviour(exit_code=4, seconds=0.1), stays=Behaviour())
    await rig.up(project({"quick": {}, "stays": {}}))
    async for row, code in ends(rig.context, "p", ["quick", "stays"]):
        assert (row.service, code) == ("quick", 4)
        break
