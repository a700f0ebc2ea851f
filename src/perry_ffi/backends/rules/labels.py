"""Names of labels that an engine may read otherwise, those that hold a ``=`` and the empty one, or may not take at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.rules.member import Member
from perry_ffi.model.values import is_plain_label


def plain(labels: Mapping[str, str]) -> dict[str, str]:
    """Those of ``labels`` that every engine reads alike."""
    return {name: text for name, text in labels.items() if is_plain_label(name)}


LABELS: Member[Any] = Member(
    lambda spec: ["labels"] if not all(map(is_plain_label, spec.labels)) else [],
    lambda spec: spec.model_copy(update={"labels": plain(spec.labels)}),
)
"""Of any model with labels."""

_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_SMALL = re.compile(rf"{_PART}(?:[./]{_PART})*\Z")
_LONGEST = 128


def is_small_label(name: str) -> bool:
    """Whether a name is of small letters, digits and ``.-/``, as reversed domains are."""
    return len(name) <= _LONGEST and _SMALL.match(name) is not None


SMALL_LABELS: Member[Any] = Member(
    lambda spec: [f"labels.{name}" for name in spec.labels if not is_small_label(name)],
    lambda spec: spec.model_copy(update={"labels": {name: text for name, text in spec.labels.items() if is_small_label(name)}}),
)
"""Of a model whose labels an engine takes only with such names."""
