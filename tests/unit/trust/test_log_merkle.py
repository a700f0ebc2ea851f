"""Paths in the tree of a log: each leaf of each small tree, and every path that is another one."""

from __future__ import annotations

import hashlib

import pytest

from perry_ffi.trust.log_merkle import root_of
from tests.support.sigstore.transparency import Tree


def tree_of(size: int) -> Tree:
    tree = Tree()
    for number in range(size):
        tree.add(b"%d" % number)
    return tree


@pytest.mark.parametrize("size", range(1, 34))
def test_the_path_of_each_leaf_leads_to_the_root(size: int) -> None:
    tree = tree_of(size)
    for index, leaf in enumerate(tree.leaves):
        path = tree.path(index)
        assert root_of(leaf, index, size, path) == tree.root()
        for other in {0, index - 1, index + 1, size - 1, size, index + size} - {index}:
            assert root_of(leaf, other, size, path) != tree.root()
        assert root_of(leaf, index, size, [*path, b"\0" * 32]) != tree.root()
        if path:
            assert root_of(leaf, index, size, path[:-1]) != tree.root()
            assert root_of(leaf, index, size, [b"\0" * 32, *path[1:]]) != tree.root()


def test_a_node_is_no_leaf() -> None:
    """The two halves of a tree, offered as an entry: leaves and nodes are hashed apart (RFC 6962 2.1)."""
    tree = tree_of(2)
    body = b"\1" + tree.leaves[0] + tree.leaves[1]
    assert root_of(hashlib.sha256(b"\0" + body).digest(), 0, 1, []) != tree.root()


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 4), (2**63, 2**63)])
def test_a_place_that_the_tree_has_not(index: int, size: int) -> None:
    assert root_of(b"\0" * 32, index, size, []) is None


def test_a_large_tree() -> None:
    """No path of 64 hashes takes long, and none that is too short for its tree counts."""
    assert root_of(b"\0" * 32, 2**62, 2**63 - 1, [b"\0" * 32] * 62) is None
    assert root_of(b"\0" * 32, 2**62, 2**63 - 1, [b"\0" * 32] * 63) is not None
