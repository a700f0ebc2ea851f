"""Specs are refused by name for what the engine lacks, before anything is made of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.drivers.common_rules import SECURITY_OPTIONS
from perry_ffi.backends.engine_api.flavour import DEFAULT_API, ApiVersion, Flavour

if TYPE_CHECKING:
    from perry_ffi.backends.rules.evaluation import Evaluator


@lru_cache(maxsize=64)
def _evaluator(model: str, flavour: Flavour, api: ApiVersion, conditions: tuple[str, ...] = ()) -> Evaluator[Any]:
    from perry_ffi.backends.rules.alone import ALONE  # With the first request.
    from perry_ffi.backends.rules.evaluation import Evaluator

    return Evaluator(ALONE[model], of_engine(flavour, api, conditions), flavour)


def refuse_lacking(model: str, spec: Any, flavour: Flavour, api: ApiVersion = DEFAULT_API) -> None:
    """Raises Unsupported for the first member of a ``model`` that an engine lacks which speaks ``api``."""
    _evaluator(model, flavour, api).refuse(spec, model)


def refuse_under(model: str, spec: Any, flavour: Flavour, api: ApiVersion, conditions: tuple[str, ...]) -> None:
    """As ``refuse_lacking``, of an engine that runs under ``conditions``."""
    _evaluator(model, flavour, api, conditions).refuse(spec, model)


def refuse_part(kind: str, part: Any, where: str, flavour: Flavour, api: ApiVersion = DEFAULT_API) -> None:
    """As ``refuse_lacking``, of an attachment, a mount or the options of a tmpfs, or of the servers of names; where: its path."""
    _evaluator(kind, flavour, api).refuse(part, where)


def has_security_option(key: str, flavour: Flavour) -> bool:
    """Whether the engine has a security option that not every engine has."""
    name = f"ContainerSpec.security_opt.{key}"
    return key in SECURITY_OPTIONS and of_engine(flavour, DEFAULT_API).of(name).support is Support.NATIVE
