"""A sandbox for the tests of bodies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from perry_ffi.backends.contract.sandbox_records import Bind, SandboxSpec

SPEC = SandboxSpec(
    name="perry-cap-x", image="r/i@sha256:d", argv=("prog", "arg"), env={"HOME": "/tmp", "A": "b"}, workdir="/tmp", user=(65534, 65533),
    network=None, seconds=30, memory=128 << 20, cpus=1.5, pids=64, files=256, tmp=64 << 20, shm=1 << 20, covers=("/tmp", "/data"),
    inputs=("/in",), binds=(Bind("/here", "/there"),), stdin=True, seccomp='{"x":1}', runtime="runc", level="container",
    labels={"perry.capability": "x"},
)  # fmt: skip


def spec(**members: Any) -> SandboxSpec:
    return replace(SPEC, **members)
