"""Labels as an engine is asked for them, and as they are looked at in its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Labels


def label_filters(labels: Labels | None, *, values_only: bool = False) -> dict[str, list[str]]:
    """The ``label`` filter for objects that carry all ``labels``; ``None`` stands for any value.

    values_only: leaves out what an engine can ask only by exact value; the caller looks at those (``carries``).
    """
    wanted = (labels or {}).items()
    found = [key if value is None else f"{key}={value}" for key, value in wanted if value or not values_only]
    return {"label": found} if found else {}


def label_filter(labels: Labels | None, **others: Sequence[str]) -> str | None:
    """The ``filters`` of a list: objects that carry all ``labels``."""
    filters = {**{name: list(values) for name, values in others.items()}, **label_filters(labels)}
    return json.dumps(filters) if filters else None


def carries(found: Mapping[str, str], labels: Labels | None) -> bool:
    """Whether ``found`` has all ``labels``. Podman takes ``key=`` for any value: its lists are looked at again."""
    return all(key in found and value in (None, found[key]) for key, value in (labels or {}).items())
