"""Specs are refused by name for what a runtime lacks, by its declared rules, before a command is made of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.rules.evaluation import Shortfall, refusal
from perry_ffi.errors import Unsupported
from perry_ffi.model.values import is_plain_label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.backends.rules.evaluation import Evaluator
    from perry_ffi.backends.rules.member import Members
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.service import ServiceSpec


def _tables() -> dict[str, Members[Any]]:
    """By what they are of. Loaded with the first request."""
    from perry_ffi.backends.rules.alone import ALONE
    from perry_ffi.backends.rules.machines import MACHINE_CONTAINER
    from perry_ffi.backends.rules.programs import PROGRAM_CONTAINER
    from perry_ffi.backends.rules.service import SERVICE

    own = {**ALONE["ContainerSpec"], **MACHINE_CONTAINER, **PROGRAM_CONTAINER}
    return {**ALONE, "ContainerSpec": own, "ServiceSpec": SERVICE}


@lru_cache(maxsize=64)
def _evaluator(kind: str, backend: str) -> Evaluator[Any]:
    from perry_ffi.backends.rules.evaluation import Evaluator

    return Evaluator(_tables()[kind], of_engine(_ruled_by(backend)), backend)


def _ruled_by(backend: str) -> str:
    """Whose rules these are: of a product whose machine holds containerd those of the nerdctl in it."""
    from perry_ffi.backends.machines import products

    return "nerdctl" if products.of(backend) is not None else backend


def refuse_lacking(model: str, spec: Any, backend: str) -> None:
    """Raises Unsupported for the first member of a ``model`` that is asked for by itself and that the runtime lacks."""
    _evaluator(model, backend).refuse(spec, model)


def refuse_container(spec: ContainerSpec, backend: str) -> None:
    """The same, of a container and of each of its parts."""
    refuse_lacking("ContainerSpec", spec, backend)
    _evaluator("dns", backend).refuse(spec, "ContainerSpec")
    for item in spec.networks:
        _evaluator("attachment", backend).refuse(item, f"ContainerSpec.networks.{item.name}")
    for index, mount in enumerate(spec.volumes):
        _evaluator("mount", backend).refuse(mount, f"ContainerSpec.volumes[{index}]")
    for path, options in spec.tmpfs.items():
        _evaluator("tmpfs", backend).refuse(options, f"ContainerSpec.tmpfs.{path}")


def of_service(spec: ServiceSpec, backend: str) -> ServiceSpec:
    """A service less what is left out of it. Raises Unsupported for what cannot be; what is left out was warned of before."""
    rules = _evaluator("ServiceSpec", backend)
    rules.warnings(spec)
    found: ServiceSpec = rules.without(spec)
    return found


def refuse_odd_labels(labels: Mapping[str, str], model: str, backend: str) -> None:
    """Raises Unsupported for a label's name that would not come back as it is."""
    for name in labels:
        if not is_plain_label(name):
            refuse(f"{model}.labels", backend, "it parts a label at its first =, and takes none without a name")


def refuse(member: str, backend: str, reason: str) -> None:
    """Raises Unsupported for ``member``."""
    raise refusal(Shortfall(member, backend, reason), in_project=False)


__all__ = ["Unsupported", "of_service", "refuse", "refuse_container", "refuse_lacking", "refuse_odd_labels"]
