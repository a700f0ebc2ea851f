from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack.inside import Wanted, container_of, containers_of, running_container
from perry_ffi.stack.one_off import run
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
WEB = project({"web": {"scale": 3}})


async def test_which_container(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(WEB)
    assert (await running_container(rig.context, "p", Wanted("web"))).name == "p-web-1"
    assert (await running_container(rig.context, "p", Wanted("web", 2))).name == "p-web-2"
    await rig.backend.stop_container("p-web-1")
    assert (await running_container(rig.context, "p", Wanted("web"))).name == "p-web-2"
    assert [row.number for row in await containers_of(rig.context, "p", Wanted("web"))] == [1, 2, 3]
    with pytest.raises(Conflict, match="p-web-1 does not run"):
        await running_container(rig.context, "p", Wanted("web", 1))
    assert (await container_of(rig.context, "p", Wanted("web", 1))).name == "p-web-1"


async def test_there_is_none(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(WEB)
    with pytest.raises(NotFound, match="web: it has no container 9"):
        await container_of(rig.context, "p", Wanted("web", 9))
    with pytest.raises(NotFound, match="no such service: other"):
        await container_of(rig.context, "p", Wanted("other"))
    with pytest.raises(NotFound, match="other: it has no container"):
        await container_of(rig.context, "p", Wanted("other", known={"other"}))


async def test_those_of_run_count_where_they_are_asked_for(tmp_path: Path) -> None:
    from perry_ffi.backends.fake import Behaviour

    rig = Rig(tmp_path, web=Behaviour(exit_code=0))
    await run(rig.context, WEB, "web", validate(RunOptions, {"rm": False}))
    with pytest.raises(NotFound):
        await containers_of(rig.context, "p", Wanted("web"))
    assert len(await containers_of(rig.context, "p", Wanted("web", one_offs=True))) == 1
