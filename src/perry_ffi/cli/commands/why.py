"""``perry-compose why``: why ``up`` would make a service's containers anew, and why it is not ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import out, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.why import MemberChange, Waited, WhyContainer, WhyReport


class Arguments(table.Arguments):
    """The values of the options of ``why``."""

    service: list[str]
    format: str


COMMAND = Command(
    "why",
    "say why up would make services anew, and why they are not ready",
    (Flag("format", "form of the answer", kind=TEXT, default="table", words=("table", "json")),),
    (SERVICES,),
    more="Values that may be secret are not shown: that they changed is. Nothing is changed.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the reasons. Raises ContainerError."""
    from perry_ffi.cli.engine import load_project, with_engine
    from perry_ffi.service import reasons

    project = load_project(arguments, invocation, arguments.service)
    found = with_engine(invocation, lambda client: reasons.why(client, project, arguments.service), progress=False)
    if arguments.format == "json":
        import json

        out(json.dumps(found, indent=2) + "\n")
    else:
        out("".join(f"{plain(line)}\n" for report in found for line in lines(report)))
    return 0


def lines(report: WhyReport) -> Iterator[str]:
    """A report as a person reads it."""
    name = report["service"]
    if report["asItShouldBe"]:
        yield f"{name}: as it should be"
        return
    if report["error"]:
        yield f"{name}: nothing can be planned: {report['error']}"
    if not report["containers"]:
        yield f"{name}: it has no container"
    told = False
    for container in report["containers"]:
        for line in _container(name, container):
            told = True
            yield line
    for waited in report["waitsFor"]:
        yield from _waited(name, waited)
    if report["steps"] and not (told and all(one["recreate"] for one in report["containers"])):
        yield f"{name}: up would do:"
        yield from (f"  {step['action']} {step['target']} ({step['cause']})" for step in report["steps"])


def _container(service: str, one: WhyContainer) -> Iterator[str]:
    if one["recreate"]:
        yield f"{service}: up would make {one['name']} anew: {one['recreate']}"
        width = max((len(change["path"]) for change in one["changes"]), default=0)
        yield from (f"  {change['path']:<{width}}  {_change(change)}" for change in one["changes"])
        if one["unknown"]:
            yield f"  not known: {one['unknown']}"
    if one["notReady"]:
        yield from _evidence(f"{service}: {one['name']} is not ready: {one['notReady']}", one["evidence"])


def _change(change: MemberChange) -> str:
    if change["hidden"]:
        return f"{change['change']} (hidden)"
    old = "(not set)" if change["change"] == "added" else change["old"] if change["old"] is not None else "(not known)"
    new = "(not set)" if change["change"] == "removed" else change["new"]
    return f"{_shown(old)} → {_shown(new)}"


def _shown(value: str | None) -> str:
    return '""' if value == "" else str(value)


def _waited(service: str, one: Waited) -> Iterator[str]:
    if one["why"]:
        what = f"{service} waits for {one['service']} ({one['condition']}): {one['why']}"
        yield from _evidence(what if one["required"] else f"{what}; it is not required", one["evidence"])


def _evidence(title: str, evidence: dict[str, Any]) -> Iterator[str]:
    """The title, and below it what an error with this evidence would show."""
    from perry_ffi.cli.explain import explain
    from perry_ffi.errors import ServiceStartupFailed

    yield title
    if evidence.get("oomKilled"):
        yield "  it was out of memory"
    if limit := evidence.get("memoryLimit"):
        yield f"  nobody stopped it, and its memory is limited to {limit / 1024**2:.4g} MiB: it may have wanted more"
    if evidence.get("restarts"):
        yield f"  started again {evidence['restarts']} times"
    known = {name: evidence[name] for name in ("exitCode", "logs", "probe") if name in evidence}
    yield from explain(ServiceStartupFailed(title, **known)).splitlines()[1:]
