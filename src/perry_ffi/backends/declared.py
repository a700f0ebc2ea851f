"""What the engines of the table declare, by name: their rules, for the version of the API that is spoken."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache

from perry_ffi import drivers
from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.rules.rule import Rules, Version, declare


@lru_cache(maxsize=32)
def of_engine(name: str, api: Version | None = None, conditions: tuple[str, ...] = ()) -> Capabilities:
    """What the engine ``name`` declares whose abilities are those of ``api`` (docker's API,
    podman's own release); without it what depends on the version is partial.

    conditions: what it runs under that takes abilities from it, as its rules call it. Nothing is lacking of an engine whose
    row in the table has no rules.
    """
    name_of_rules = drivers.of(name).rules
    if not name_of_rules:
        return declare({}, api)
    module = importlib.import_module(name_of_rules)
    rules: Rules = module.RULES
    for condition in conditions:
        rules = {**rules, **module.CONDITIONS[condition]}
    return declare(rules, api)


def of_names() -> Mapping[str, Capabilities]:
    """What every engine declares of which anything is known, before it is asked."""
    return {row.name: of_engine(row.name) for row in drivers.ROWS if row.rules}
