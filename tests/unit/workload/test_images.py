"""Images of nodes: fetched once, and created is what was verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import NotFound, ValidationError, VerificationFailed
from tests.support.sigstore.signing import REPOSITORY, Signer
from tests.support.trusting import Registry, digest_of, signed, trust
from tests.unit.workload.rig import GraphRig, graph

pytestmark = pytest.mark.anyio
GOOD, OTHER = Signer(), Signer()
IMAGE, DIGEST = f"{REPOSITORY}:1.4", digest_of("a")


def trusting(tmp_path: Path) -> GraphRig:
    """An engine whose registry has ``IMAGE`` with a good signature; it is not in the engine."""
    rig = GraphRig(tmp_path)
    registry = Registry({IMAGE: DIGEST}, {DIGEST: [signed(GOOD, DIGEST)]})
    rig.context = replace(rig.context, trust=trust(tmp_path, registry))
    name = f"{REPOSITORY}@{DIGEST}"
    rig.world.remote.update((IMAGE, name))
    rig.world.published.update({IMAGE: name, name: name})
    return rig


def verified(signer: Signer, **more: Any) -> dict[str, Any]:
    return {"image": IMAGE, "verify": {"keys": [signer.pem.decode()]}, **more}


async def test_created_is_what_was_verified(tmp_path: Path) -> None:
    rig = trusting(tmp_path)
    await rig.run(graph({"a": verified(GOOD), "b": verified(GOOD)}))
    assert rig.box("g-a-1").spec.image.endswith(f"@{DIGEST}") and rig.box("g-b-1").spec.image.endswith(f"@{DIGEST}")
    assert [call.method for call in rig.backend.calls].count("pull_image") == 1
    assert {row["image"] for row in await rig.told("verified")} == {IMAGE}


async def test_what_is_not_signed_so_is_never_created(tmp_path: Path) -> None:
    rig = trusting(tmp_path)
    with pytest.raises(VerificationFailed) as caught:
        await rig.run(graph({"a": verified(OTHER)}))
    assert caught.value.details["node"] == "a" and not rig.world.boxes
    assert "pull_image" not in {call.method for call in rig.backend.calls}


async def test_the_policy_of_pulls(rig: GraphRig) -> None:
    rig.world.remote.update(("app", "far:1"))
    with pytest.raises(NotFound, match="not to be pulled"):
        await rig.run(graph({"a": {"image": "far:1", "pull_policy": "never"}}))
    await rig.run(graph({"a": {}, "b": {"pull_policy": "never"}}), pull="always")
    assert [call.subject for call in rig.backend.calls if call.method == "pull_image"] == ["app"]


async def test_a_health_check_that_is_waited_for_has_to_be_there(rig: GraphRig) -> None:
    wanted = graph({"db": {}, "api": {"depends_on": {"db": {"condition": "healthy"}}}})
    with pytest.raises(ValidationError, match=r"nodes.db.healthcheck"):
        await rig.run(wanted)
    await rig.run(graph({"db": {"healthcheck": {"test": "true"}}, "api": {"depends_on": {"db": {"condition": "healthy"}}}}))
    assert rig.box("g-db-1").health == "healthy"
