"""Path patterns: one table a pass, compiled to a trie and walked beside the tree.

A pattern is a dotted path such as ``services.*.ports.*``; ``*`` stands for any
key of a mapping and for any index of a list. Walking trie and tree together
visits only branches that some rule names, so a pass costs what it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_WILDCARD = "*"


class Node(Generic[T]):
    """One step of the compiled patterns: the rule that ends here, and the steps below."""

    __slots__ = ("rule", "steps")

    def __init__(self) -> None:
        self.rule: T | None = None
        self.steps: dict[str, Node[T]] = {}

    def step(self, key: str) -> Node[T] | None:
        """The node below for a mapping key (an exact name before the wildcard)."""
        steps = self.steps
        return steps.get(key) or steps.get(_WILDCARD)

    def at(self, path: Iterable[str]) -> Node[T] | None:
        """The node for a whole path, or None where no pattern leads."""
        node: Node[T] | None = self
        for key in path:
            if node is None:
                return None
            node = node.step(key)
        return node


def compile_rules(table: dict[str, T]) -> Node[T]:
    """The trie for a table of pattern → rule. No pattern may be given twice in one table."""
    root: Node[T] = Node()
    for pattern, rule in table.items():
        node = root
        for part in pattern.split("."):
            node = node.steps.setdefault(part, Node())
        node.rule = rule
    return root


def rewrite(value: Any, node: Node[Callable[..., Any]], path: str, *context: Any) -> Any:
    """``value`` with every rule applied where its pattern leads, in place and top-down.

    A rule is called as ``rule(value, path, *context)`` and returns the new value;
    ``path`` is the place in the document, as errors print it (``services.web.ports[0]``).
    Rules below a rewritten value see its new form.
    """
    if node.rule is not None:
        value = node.rule(value, path, *context)
    if not node.steps:
        return value
    if type(value) is dict:
        for key, item in value.items():
            below = node.step(key)
            if below is not None:
                value[key] = rewrite(item, below, f"{path}.{key}" if path else key, *context)
    elif type(value) is list:
        below = node.steps.get(_WILDCARD)
        if below is not None:
            for index, item in enumerate(value):
                value[index] = rewrite(item, below, f"{path}[{index}]", *context)
    return value


def visit(value: Any, node: Node[Callable[..., Any]], path: str) -> None:
    """Call every rule as ``rule(value, path)`` where its pattern leads; the tree stays as it is."""
    if node.rule is not None:
        node.rule(value, path)
    if not node.steps:
        return
    if type(value) is dict:
        for key, item in value.items():
            below = node.step(key)
            if below is not None:
                visit(item, below, f"{path}.{key}" if path else key)
    elif type(value) is list:
        below = node.steps.get(_WILDCARD)
        if below is not None:
            for index, item in enumerate(value):
                visit(item, below, f"{path}[{index}]")
