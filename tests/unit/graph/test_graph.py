"""Order, reachability and cycles."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.graph import find_cycle, levels, reachable

vertices = st.integers(0, 8).map(str)
graphs = st.dictionaries(vertices, st.lists(vertices, max_size=4), max_size=8)


@pytest.mark.parametrize(
    ("edges", "cycle"),
    [
        ({}, None),
        ({"a": []}, None),
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["b"], "b": ["c"], "c": ["b"]}, ["b", "c", "b"]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, None),
        ({"z": ["y"], "y": ["z"], "b": ["a"], "a": ["b"]}, ["a", "b", "a"]),
        ({"a": ["unknown"]}, None),
    ],
)
def test_a_cycle_is_named_in_order(edges, cycle):
    assert find_cycle(edges) == cycle


@given(graphs)
def test_a_found_cycle_is_one_and_without_cycle_there_is_an_order(edges):
    cycle = find_cycle(edges)
    if cycle is None:
        placed: set[str] = set()
        for wave in levels(edges):
            assert all(set(edges.get(vertex, ())) <= placed for vertex in wave)
            placed |= set(wave)
        assert placed >= set(edges)
    else:
        assert cycle[0] == cycle[-1]
        assert all(after in edges[before] for before, after in pairwise(cycle))
        with pytest.raises(ValueError, match="cycle"):
            levels(edges)


@given(graphs, st.lists(vertices, max_size=3))
def test_reachable_is_closed_and_begins_with_its_starts(edges, starts):
    found = reachable(edges, starts)
    assert len(found) == len(set(found))
    assert found[: len(set(starts))] == list(dict.fromkeys(starts))
    assert all(target in found for vertex in found for target in edges.get(vertex, ()))


def test_levels_are_waves():
    assert levels({"web": ["api", "db"], "api": ["db"], "cache": []}) == [["cache", "db"], ["api"], ["web"]]


def test_deep_and_wide_graphs_need_no_recursion():
    chain = {str(n): [str(n + 1)] for n in range(50_000)}
    lattice = {str(n): [str(m) for m in range(max(0, n - 3), n)] for n in range(5_000)}
    assert find_cycle(chain) is None
    assert len(levels(chain)) == 50_001
    assert find_cycle(lattice) is None
    assert find_cycle({**chain, "50000": ["0"]}) == [*map(str, range(50_001)), "0"]
