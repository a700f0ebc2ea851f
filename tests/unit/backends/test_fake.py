"""The engine in memory."""

from __future__ import annotations

from perry_ffi.backends.fake import FakeBackend, World


def test_the_engine_in_memory_keeps_the_whole_contract() -> None:
    assert FakeBackend.__abstractmethods__ == frozenset()
    assert FakeBackend(World()).parallel_calls > 0
