"""Small operations on plain trees of mappings, lists and scalars."""

from __future__ import annotations

from typing import Any


def copy_tree(value: Any) -> Any:
    """A deep copy of mappings and lists."""
    if type(value) is dict:
        return {key: copy_tree(item) for key, item in value.items()}
    if type(value) is list:
        return [copy_tree(item) for item in value]
    return value


def count_nodes(value: Any) -> int:
    """How many values a tree has, its mappings and lists counted too."""
    count, todo = 1, [value]
    while todo:
        node = todo.pop()
        below = node.values() if type(node) is dict else node if type(node) is list else ()
        count += len(below)
        todo += [item for item in below if type(item) in (dict, list)]
    return count


def delete_path(tree: Any, path: tuple[str, ...]) -> None:
    """Remove what stands at ``path`` in nested mappings, if it is there."""
    for key in path[:-1]:
        tree = tree.get(key) if type(tree) is dict else None
    if type(tree) is dict and path:
        tree.pop(path[-1], None)


def sorted_tree(value: Any) -> Any:
    """``value`` with the keys of every mapping sorted, as docker compose prints raw trees."""
    if type(value) is dict:
        return {key: sorted_tree(value[key]) for key in sorted(value)}
    if type(value) is list:
        return [sorted_tree(item) for item in value]
    return value


def null_lists(value: Any) -> Any:
    """``sorted_tree`` with null for empty lists: the JSON of docker compose knows none in extensions and raw trees."""
    if type(value) is dict:
        return {key: null_lists(value[key]) for key in sorted(value)}
    if type(value) is list:
        return [null_lists(item) for item in value] or None
    return value
