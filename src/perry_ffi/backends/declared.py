"""What the engines of the table declare, by name: their rules, for the version of the API that is spoken."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache

from perry_ffi import drivers
from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.rules.rule import Rules, Version, declare


@lru_cache(maxsize=32)
def of_engine(name: str, api: Version | None = None) -> Capabilities:
    """What the engine ``name`` declares whose abilities are those of ``api`` (docker's API,
    podman's own release); without it what depends on the version is partial.

    Nothing is lacking of an engine whose row in the table has no rules.
    """
    module = drivers.of(name).rules
    rules: Rules = importlib.import_module(module).RULES if module else {}
    return declare(rules, api)


def of_names() -> Mapping[str, Capabilities]:
    """What every engine declares of which anything is known, before it is asked."""
    return {row.name: of_engine(row.name) for row in drivers.ROWS if row.rules}
