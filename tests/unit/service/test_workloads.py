from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.errors import Unsupported
from perry_ffi.service import workloads
from perry_ffi.service.client import Client
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


async def test_graphs_are_of_containers_and_a_cluster_says_so(tmp_path: Path) -> None:
    served = Served(tmp_path)
    client = Client({"XDG_RUNTIME_DIR": str(tmp_path)})
    client._active = served.backend
    with pytest.raises(Unsupported, match="the nodes of a workload graph are containers of one engine"):
        await workloads.attach(client, "g")
    assert not served.cluster.calls
