"""The networks and volumes of a graph: as a Compose document has them, and held to the same schema. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ValidationError
from perry_ffi.model.bounds import MAX_DEPTH
from perry_ffi.model.container_values import is_built_in
from perry_ffi.model.jsontext import join
from perry_ffi.model.values import clean
from perry_ffi.workload.faults import ROOT, fault, place, unknown

if TYPE_CHECKING:
    from perry_ffi.model.workload import WorkloadGraph, WorkloadNode

DEFAULT, INNER = "default", "inner"
"""The networks that a graph has unasked."""
Rows = Mapping[str, Mapping[str, Any]]


def sections(graph: WorkloadGraph) -> tuple[Rows, Rows]:
    """Networks and volumes with every short form in its long one. Raises ValidationError with the path."""
    written = {name: rows for name, rows in (("networks", graph.networks), ("volumes", graph.volumes)) if rows}
    if not written:
        return {}, {}
    from perry_ffi.compose.canonical import canonical
    from perry_ffi.compose.check import check
    from perry_ffi.compose.fields import to_model
    from perry_ffi.compose.schema import validate

    tree = _copied(written, ROOT, 0)
    try:
        validate(tree)
        tree = canonical(tree, _unheard)
        check(tree)
        model = to_model(tree)
    except ValidationError as error:
        raise _below_root(error) from None
    return model["networks"], model["volumes"]


class _Unheard:
    def __call__(self, *_: object) -> None: ...


_unheard: Any = _Unheard()


def _below_root(error: ValidationError) -> ValidationError:
    path = error.details.get("path")
    if not path:
        return ValidationError(f"{ROOT}: {error.message}", **{**error.details, "path": ROOT})
    return ValidationError(f"{ROOT}.{error.message}", **{**error.details, "path": f"{ROOT}.{path}"})


def _copied(value: Any, path: str, depth: int) -> Any:
    """A copy of plain values, for what reads it changes it in place."""
    if depth > MAX_DEPTH:
        raise fault(path, "values that are nested less deeply")
    if isinstance(value, Mapping):
        return {_text(key, path): _copied(row, join(path, str(key)), depth + 1) for key, row in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(row, join(path, index), depth + 1) for index, row in enumerate(value)]
    return _text(value, path) if isinstance(value, str) else _number(value, path)


def _text(value: Any, path: str) -> str:
    try:
        return clean(value)
    except ValidationError as error:
        raise fault(path, str(error.details["expected"])) from None


def _number(value: Any, path: str) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    raise fault(path, "a value of JSON")


def check_places(graph: WorkloadGraph) -> None:
    """Raises ValidationError for a node on a network, or with a volume, that the graph does not have."""
    for name, node in graph.nodes.items():
        for index, one in enumerate(node.networks):
            if one.name != DEFAULT and one.name not in graph.networks:
                raise _undeclared("networks", one.name, graph.networks, name, "networks", index)
        if node.network and not is_built_in(node.network) and node.network not in graph.networks:
            raise _undeclared("networks", node.network, graph.networks, name, "network")
        for at, source in _volumes(node):
            if source not in graph.volumes:
                raise _undeclared("volumes", source, graph.volumes, name, "volumes", at)


def _volumes(node: WorkloadNode) -> Iterable[tuple[int, str]]:
    """The named volumes of a node; of those without a name each container has its own."""
    return ((index, mount.source) for index, mount in enumerate(node.volumes) if mount.type == "volume" and mount.source)


def _undeclared(section: str, name: str, known: Iterable[str], *steps: str | int) -> ValidationError:
    return unknown(place("nodes", *steps), f"a {section[:-1]}", name, known, f"declare it in {section} of the graph")


__all__ = ["DEFAULT", "INNER", "check_places", "sections"]
