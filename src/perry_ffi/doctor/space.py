"""What is left on the disk of an engine: as its socket tells it, else its program."""

from __future__ import annotations

from perry_ffi.doctor import podman_info
from perry_ffi.doctor.facts import Facts
from perry_ffi.doctor.symptoms import podman


def free_bytes(facts: Facts, runtime: str) -> int | None:
    """Bytes, where that can be told."""
    told = [socket.answer.free for socket in facts.of(runtime, "listening") if socket.answer is not None]
    if told:
        return told[0]
    return podman_info.free_bytes(facts.said.get(podman.KEY)) if runtime == "podman" else None
