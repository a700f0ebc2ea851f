"""Results as they cross to the host: JSON text."""

from __future__ import annotations

import json


def encode(value: object) -> str:
    """The JSON of a result: of models, plain values, or lists of either."""
    if value is None or isinstance(value, (bool, int, str)):
        return json.dumps(value, ensure_ascii=False)
    from perry_ffi.model.base import encode

    return encode(value)
