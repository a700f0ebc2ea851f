"""Order of vertices, and what is reachable from some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def levels(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Vertices in waves: each wave points only to earlier ones, and is sorted by name.

    ``edges`` maps each vertex to those that must come before it; targets without
    a row are vertices too. Raises ValueError where the graph has a cycle. O(V log V + E).
    """
    left = dict.fromkeys(edges, 0)
    """How many of those before it are still to come, by vertex."""
    followers: dict[str, list[str]] = {}
    for vertex, targets in edges.items():
        before = set(targets)
        left[vertex] = len(before)
        for target in before:
            followers.setdefault(target, []).append(vertex)
    for target in followers:
        left.setdefault(target, 0)
    wave = [vertex for vertex, count in left.items() if not count]
    waves: list[list[str]] = []
    while wave:
        waves.append(sorted(wave))
        following: list[str] = []
        for vertex in wave:
            for follower in followers.get(vertex, ()):
                left[follower] -= 1
                if not left[follower]:
                    following.append(follower)
        wave = following
    if sum(map(len, waves)) < len(left):
        raise ValueError("the graph has a cycle")
    return waves


def reachable(edges: Mapping[str, Iterable[str]], starts: Iterable[str]) -> list[str]:
    """``starts`` and every vertex that they lead to, each once, in the order in which they are met. O(V + E)."""
    seen = dict.fromkeys(starts)
    todo = list(seen)
    while todo:
        for target in edges.get(todo.pop(), ()):
            if target not in seen:
                seen[target] = None
                todo.append(target)
    return list(seen)
