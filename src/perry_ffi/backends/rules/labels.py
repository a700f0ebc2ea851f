"""Names of labels that an engine may read otherwise: those that hold a ``=``, and the empty one."""

from __future__ import annotations

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
