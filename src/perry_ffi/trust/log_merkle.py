"""The Merkle tree of a log (RFC 6962 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that the audit path of leaf ``index`` in a tree of ``size`` leads to (RFC 9162 2.1.3.2).

    None where a path of this length cannot be one of such a tree.
    """
    if not 0 <= index < size:
        return None
    node, last, value = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            value = _parent(sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = _parent(value, sibling)
        node, last = node >> 1, last >> 1
    return value if last == 0 else None


def _parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()
