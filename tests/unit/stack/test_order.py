"""The order of services by what they depend on."""

from __future__ import annotations

from perry_ffi.stack.order import waves


def test_order_and_a_cycle_that_only_foreign_labels_can_make() -> None:
    assert waves({"a": {"b"}, "b": {"c"}, "d": set()}, ["a", "b", "d"]) == [["b", "d"], ["a"]]
    assert waves({"a": {"b"}, "b": {"a"}}, ["a", "b"]) == [["a", "b"]]
