"""Pulls of a project, by its policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.stack import images
from tests.unit.stack.rig import Rig, project


@pytest.mark.anyio
async def test_a_pull_keeps_to_the_pull_policies(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    policies = ("never", "build", "missing", "if_not_present", "always")
    services = {f"s{index}": {"pull_policy": policy} for index, policy in enumerate(policies)}
    gone = {"gone": {"image": "gone", "pull_policy": "missing"}, "none": {}}
    rig.world.remote |= {"app", "gone"}
    report = await images.pull(rig.context, project(services), ["s0", "s1", "s2", "s3"], ignore=False)
    assert report.images == []
    report = await images.pull(rig.context, project({**services, **gone}), None, ignore=False)
    assert sorted(report.images) == ["app", "gone"]
