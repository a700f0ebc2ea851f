"""Order of vertices, and what is reachable from some of them."""

from __future__ import annotations

from typing import Iterable, Mapping


def levels(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Vertices in waves: each wave points only to earlier ones, and is sorted by name.

    ``edges`` maps each vertex to those that must come before it; targets without
    a row are vertices too. Raises ValueError where the graph has a cycle. O(V log V + E).
    """
    waiting = {vertex: set(targets) for vertex, targets in edges.items()}
    for targets in edges.values():
        for target in targets:
            waiting.setdefault(target, set())
    followers: dict[str, list[str]] = {vertex: [] for vertex in waiting}
    for vertex, targets in waiting.items():
        for target in targets:
            followers[target].append(vertex)
    wave = [vertex for vertex, targets in waiting.items() if not targets]
    waves: list[list[str]] = []
    while wave:
        waves.append(sorted(wave))
        following: list[str] = []
        for vertex in wave:
            for follower in followers[vertex]:
                waiting[follower].discard(vertex)
                if not waiting[follower]:
                    following.append(follower)
        wave = following
    if sum(map(len, waves)) < len(waiting):
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
