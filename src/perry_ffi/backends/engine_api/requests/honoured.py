"""Specs are refused by name for what the engine lacks, before anything is made of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.flavour import DEFAULT_API, ApiVersion, Flavour
from perry_ffi.backends.rules.build import BUILD_ALONE
from perry_ffi.backends.rules.container import ATTACHMENT, CONTAINER, DNS, MOUNT, SECURITY_OPTIONS, TMPFS
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.member import Members
from perry_ffi.backends.rules.network import NETWORK_ALONE
from perry_ffi.backends.rules.volume import VOLUME_ALONE

_TABLES: dict[str, Members[Any]] = {
    "ContainerSpec": CONTAINER,
    "NetworkSpec": NETWORK_ALONE,
    "VolumeSpec": VOLUME_ALONE,
    "BuildSpec": BUILD_ALONE,
    "attachment": ATTACHMENT,
    "mount": MOUNT,
    "tmpfs": TMPFS,
    "dns": DNS,
}


@lru_cache(maxsize=64)
def _evaluator(model: str, flavour: Flavour, api: ApiVersion) -> Evaluator[Any]:
    return Evaluator(_TABLES[model], of_engine(flavour, api), flavour)


def refuse_lacking(model: str, spec: Any, flavour: Flavour, api: ApiVersion = DEFAULT_API) -> None:
    """Raises Unsupported for the first member of a ``model`` that an engine lacks which speaks ``api``."""
    _evaluator(model, flavour, api).refuse(spec, model)


def refuse_part(kind: str, part: Any, where: str, flavour: Flavour, api: ApiVersion = DEFAULT_API) -> None:
    """As ``refuse_lacking``, of a part of a container (see the table): an attachment, a mount, options of a tmpfs; where: its path."""
    _evaluator(kind, flavour, api).refuse(part, where)


def has_security_option(key: str, flavour: Flavour) -> bool:
    """Whether the engine has a security option that not every engine has."""
    name = f"ContainerSpec.security_opt.{key}"
    return key in SECURITY_OPTIONS and of_engine(flavour, DEFAULT_API).of(name).support is Support.NATIVE
