"""Finding a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def find_cycle(edges: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A cycle as its names in order, the first repeated last; None if there is none.

    ``edges`` maps each vertex to those it points to; a vertex without a row has
    no edges. Vertices are tried in sorted order and edges in the order given, so
    that the same graph always yields the same cycle. O(V log V + E).
    """
    finished: set[str] = set()
    for start in sorted(edges):
        if start not in finished:
            cycle = _search(start, edges, finished)
            if cycle:
                return cycle
    return None


def _search(start: str, edges: Mapping[str, Iterable[str]], finished: set[str]) -> list[str] | None:
    """A cycle on the way from ``start``; every vertex that leads to none is added to ``finished``."""
    trail: dict[str, Iterator[str]] = {start: iter(edges.get(start, ()))}
    while trail:
        vertex = next(reversed(trail))
        step = next(trail[vertex], None)
        if step is None:
            trail.popitem()
            finished.add(vertex)
        elif step in trail:
            names = list(trail)
            return [*names[names.index(step) :], step]
        elif step not in finished:
            trail[step] = iter(edges.get(step, ()))
    return None
