"""Why a run has failed, and why a node is what it is: in words and as errors. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError, ServiceStartupFailed, Timeout
from perry_ffi.workload.runner import Result

if TYPE_CHECKING:
    from perry_ffi.model.workload_status import Phase
    from perry_ffi.workload.records import Record


def failed(error: ContainerError) -> Result:
    """A try that ended with an error."""
    code = error.details.get("exitCode")
    return Result("failed", code if isinstance(code, int) else None, error)


def reason(result: Result) -> str | None:
    if result.error is not None:
        return result.error.message
    return None if result.exit_code is None else f"it ended with exit code {result.exit_code}"


def has_become(phase: Phase) -> str:
    """Of a node that others wait for in vain."""
    return {"succeeded": "succeeded", "failed": "failed", "ready": "is ready"}.get(phase, f"was {phase}")


def of_node(record: Record, result: Result, phase: Phase, phases: Mapping[str, Phase]) -> ContainerError:
    """The failure of a run by one of a node. phase: in which it failed. It keeps its kind and its evidence."""
    error = result.error or ServiceStartupFailed(
        f"nodes.{record.node.name}: it ended with exit code {result.exit_code}", exitCode=result.exit_code
    )
    error.details.setdefault("node", record.node.name)
    error.details.setdefault("attempt", record.attempt)
    error.details.setdefault("phase", phase)
    error.details["nodes"] = dict(phases)
    return error


def of_time(graph: str, seconds: float | None, left: Iterable[str], phases: Mapping[str, Phase]) -> Timeout:
    """left: the nodes that are not settled."""
    message = f"the graph {graph} was not settled within {seconds:g} s"
    return Timeout(message, waitedFor=", ".join(sorted(left)), seconds=seconds, nodes=dict(phases))


__all__ = ["failed", "has_become", "of_node", "of_time", "reason"]
