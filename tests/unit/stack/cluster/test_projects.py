from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import Conflict
from perry_ffi.model.network import NetworkSpec
from perry_ffi.stack import identity
from perry_ffi.stack.cluster.projects import names
from perry_ffi.stack.options import Down
from perry_ffi.stack.project_lookup import find_model
from perry_ffi.stack.projects import down_all
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


async def test_projects_are_told_by_services_and_by_what_is_left_without_any(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web")
    await served.serve("web", project="q")
    await served.services.create_file("config", "r_c", b"x", {identity.PROJECT: "r"})
    await served.services.create_network("s_n", NetworkSpec(labels={identity.PROJECT: "s"}))
    await served.services.create_network("foreign", NetworkSpec())
    assert await names(served.services) == {"p", "q", "r", "s"}
    report = await down_all(served.context, Down())
    assert report.errors == []
    assert await names(served.services) == set()


async def test_a_model_is_looked_for_where_the_labels_of_services_say(tmp_path: Path) -> None:
    served = Served(tmp_path)
    await served.serve("web", 0)
    with pytest.raises(Conflict, match="not brought up from files"):
        await find_model(served.context, "p", {})
