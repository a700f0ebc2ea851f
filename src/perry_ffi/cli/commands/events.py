"""``perry-compose events``."""

from __future__ import annotations

from perry_ffi.cli import table
from perry_ffi.cli.table import SERVICES, TEXT, Command, Flag
from perry_ffi.cli.terminal import flush, out, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.event import EngineEvent
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``events``."""

    service: list[str]
    json: bool
    since: str | None
    until: str | None


COMMAND = Command(
    "events",
    "show what happens to the containers, as it happens",
    (
        Flag("json", "an object a line"),
        Flag("since", "also what happened from a time on, or since a duration ago", kind=TEXT, value="TIME"),
        Flag("until", "only what happens up to a time, or up to a duration ago", kind=TEXT, value="TIME"),
    ),
    (SERVICES,),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print events until ``--until``, or until it is interrupted. Raises ContainerError."""
    from perry_ffi.cli import read
    from perry_ffi.cli.engine import with_engine

    since, until = _seconds(arguments.since, "since"), _seconds(arguments.until, "until")
    name, project = read.project(arguments, invocation, model=bool(arguments.service))
    known = read.services_of(project)

    async def work(client: Client) -> None:
        from perry_ffi.service.project_containers import containers, of_services
        from perry_ffi.service.project_events import events
        from perry_ffi.service.reader import ClientReader

        if arguments.service:
            of_services(await containers(await ClientReader(client).open(), name), arguments.service, known)
        async for event in events(client, name, arguments.service, since, until):
            out(_json(event) if arguments.json else _line(event))
            flush()

    with_engine(invocation, work, progress=False)
    return 0


def _seconds(text: str | None, flag: str) -> float | None:
    """Seconds since 1970 of what a flag says. Raises ValidationError."""
    if not text:
        return None
    import time

    from perry_ffi.errors import ValidationError
    from perry_ffi.model.container_values import moment

    try:
        return float(moment(text).epoch(time.time_ns()))
    except ValidationError as error:
        raise ValidationError(f"--{flag}: {error.message.removeprefix('value: ')}", **{**error.details, "path": flag}) from None


def _members(event: EngineEvent) -> dict[str, Any]:
    from perry_ffi.service.project_events import own_attributes, service_of

    action = f"{event.action}: {event.health}" if event.health else event.action
    return {
        "action": action, "attributes": own_attributes(event), "id": event.id, "service": service_of(event),
        "time": _moment(event.time, "T", 9).rstrip("0").rstrip(".") + "Z", "type": event.kind,
    }  # fmt: skip


def _json(event: EngineEvent) -> str:
    import json

    return json.dumps(_members(event), ensure_ascii=False, separators=(",", ":")) + "\n"


def _line(event: EngineEvent) -> str:
    row = _members(event)
    attributes = ", ".join(f"{name}={text}" for name, text in sorted(row["attributes"].items()))
    return plain(f"{_moment(event.time, ' ', 6)} {row['type']} {row['action']} {event.id} ({attributes})") + "\n"


def _moment(nanoseconds: int, between: str, digits: int) -> str:
    """In UTC where it is for programs, else in the zone of this machine."""
    import time

    whole, rest = divmod(nanoseconds, 10**9)
    parts = time.gmtime(whole) if between == "T" else time.localtime(whole)
    return f"{time.strftime(f'%Y-%m-%d{between}%H:%M:%S', parts)}.{f'{rest:09d}'[:digits]}"
