"""``perry-compose stats``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import flush, out

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.service.client import Client
    from perry_ffi.service.samples import Sample


class Arguments(table.Arguments):
    """The values of the options of ``stats``."""

    service: list[str]
    all: bool
    all_projects: bool
    aggregate: bool
    no_stream: bool
    no_trunc: bool
    format: str


COMMAND = Command(
    "stats",
    "show what containers use",
    (
        Flag("all", "also those that do not run", "a"),
        Flag("all-projects", "containers of all projects"),
        Flag("aggregate", "a row for each project, the sums of its containers"),
        Flag("no-stream", "one sample, and no more"),
        Flag("no-trunc", "whole ids and lines"),
        Flag("format", "table, json (an object a line), or a Go template", kind=TEXT, default="table", value="FORM"),
    ),
    (SERVICES,),
)
INTERVAL = 1.0
"""Seconds between two samples, beside the time that the engine takes for one."""
_HEADS = {
    "ID": "CONTAINER ID", "Container": "CONTAINER", "CPUPerc": "CPU %", "MemUsage": "MEM USAGE / LIMIT", "MemPerc": "MEM %",
    "NetIO": "NET I/O", "BlockIO": "BLOCK I/O",
}  # fmt: skip
_OF_CONTAINERS = ("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
_OF_PROJECTS = ("Project", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
_SUMS = ("Project", "Containers", "CPUPerc", "MemUsage", "NetIO", "BlockIO", "PIDs")
_GIVES = {"BlockIO": 1, "ID": 2, "NetIO": 3, "MemPerc": 4}
_MEMBERS = ("BlockIO", "CPUPerc", "Container", "ID", "MemPerc", "MemUsage", "Name", "NetIO", "PIDs")
_NOTHING = "--"
_CLEAR = "\x1b[H\x1b[J"


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print what containers use, again and again until it is interrupted. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.show.rows import Column, Form
    from perry_ffi.errors import ValidationError

    if arguments.all_projects and arguments.service:
        raise ValidationError("--all-projects: it goes with no service", path="all-projects", expected="no services")
    form = Form(arguments.format, heads=_HEADS)
    name, known = None, list[str]()
    if not arguments.all_projects:
        name, project = read.project(arguments, invocation, model=bool(arguments.service))
        known = read.services_of(project)
    shown = _SUMS if arguments.aggregate else _OF_PROJECTS if arguments.all_projects else _OF_CONTAINERS
    columns = [Column(_HEADS.get(member, member.upper()), member, gives=_GIVES.get(member, 0)) for member in shown]

    async def work(client: Client) -> None:
        import asyncio

        from perry_ffi.service.samples import samples

        while True:
            found = await samples(client, name, arguments.service, known, all=arguments.all)
            _write(found, form, columns, arguments, invocation)
            if arguments.no_stream:
                return
            await asyncio.sleep(INTERVAL)

    with_engine(invocation, work, progress=False)
    return 0


def _write(found: Sequence[Sample], form: Form, columns: Sequence[Column], arguments: Arguments, invocation: Invocation) -> None:
    if arguments.aggregate:
        names = dict.fromkeys(sample.project for sample in found)
        rows = [_sum(name, [sample for sample in found if sample.project == name]) for name in names]
    else:
        rows = [_row(sample, of_all=arguments.all_projects) for sample in found]
    width = invocation.screen.width
    moves = invocation.screen.moves and form.table and not arguments.no_stream
    shown = rows if arguments.no_trunc else [{**row, **({"ID": row["ID"][:12]} if "ID" in row else {})} for row in rows]
    members = _MEMBERS if columns[0].member == "ID" else [column.member for column in columns]
    text = form.text(shown, columns, None if arguments.no_trunc else width, known=members)
    out(_CLEAR + text if moves else text)
    flush()


def _row(sample: Sample, *, of_all: bool) -> dict[str, Any]:
    """Docker has texts alone, and numbers of processes where it shows several projects."""
    from perry_ffi.cli.show.units import memory, percent, size

    info, stats = sample.container, sample.stats
    used: dict[str, Any] = dict.fromkeys(("BlockIO", "MemUsage", "NetIO"), f"{_NOTHING} / {_NOTHING}")
    used |= dict.fromkeys(("CPUPerc", "MemPerc", "PIDs"), _NOTHING)
    if stats is not None:
        used = {
            "BlockIO": f"{size(stats.block_read)} / {size(stats.block_write)}",
            "CPUPerc": percent(stats.cpu_percent),
            "MemPerc": percent(stats.memory_percent),
            "MemUsage": f"{memory(stats.memory_usage)} / {memory(stats.memory_limit)}",
            "NetIO": f"{size(stats.network_rx)} / {size(stats.network_tx)}",
            "PIDs": stats.pids if of_all else str(stats.pids),
        }
    if of_all:
        return {"Project": sample.project, "Name": info.name, **{name: used[name] for name in _OF_PROJECTS[2:]}}
    row = {**used, "Container": info.id, "ID": info.id, "Name": info.name}
    return {name: row[name] for name in _MEMBERS}


def _sum(project: str, found: Sequence[Sample]) -> dict[str, Any]:
    from perry_ffi.cli.show.units import memory, percent, size

    stats = [sample.stats for sample in found if sample.stats is not None]
    return {
        "Project": project,
        "Containers": len(found),
        "CPUPerc": percent(sum(one.cpu_percent for one in stats)),
        "MemUsage": memory(sum(one.memory_usage for one in stats)),
        "NetIO": f"{size(sum(one.network_rx for one in stats))} / {size(sum(one.network_tx for one in stats))}",
        "BlockIO": f"{size(sum(one.block_read for one in stats))} / {size(sum(one.block_write for one in stats))}",
        "PIDs": sum(one.pids for one in stats),
    }
