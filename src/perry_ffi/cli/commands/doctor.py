"""``perry-compose doctor``: what keeps each engine from work, with the evidence and one command that mends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.table import TEXT, Command, Flag
from perry_ffi.cli.terminal import flush, folded, out, plain, say

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.model.doctor_report import DoctorReport, DoctorRuntime, DoctorSymptom, InstallOption
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``doctor``."""

    fix: bool
    yes: bool
    format: str
    try_image: str | None


COMMAND = Command(
    "doctor",
    "say what keeps each engine from work, and what mends it",
    (
        Flag("fix", "run what needs no root, after asking; print the rest"),
        Flag("yes", "with --fix: do not ask", "y"),
        Flag("try", "create, start and remove a container of it, too", kind=TEXT, value="IMAGE", member="try_image"),
        Flag("format", "form of the answer", kind=TEXT, default="table", words=("table", "json")),
    ),
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Print the report; 1 where no engine would work. Raises ContainerError."""
    from perry_ffi.cli.engine import with_engine
    from perry_ffi.errors import ValidationError

    if arguments.yes and not arguments.fix:
        raise ValidationError("--yes: it goes with --fix", path="yes", expected="--fix")
    if arguments.fix and not arguments.yes and not invocation.screen.reads:
        raise ValidationError(
            "--fix: it asks before it runs anything, and nobody can be asked here", path="fix", expected="a terminal, or --yes"
        )

    if arguments.dry_run and (arguments.fix or arguments.try_image):
        say("nothing is run, and nothing tried: --dry-run")
        arguments.fix, arguments.try_image = False, None

    async def work(client: Client) -> int:
        return await _work(arguments, invocation, client)

    return with_engine(invocation, work, progress=False)


async def _work(arguments: Arguments, invocation: Invocation, client: Client) -> int:
    from perry_ffi.service import doctor

    report = await doctor.doctor(client, invocation.working_directory, arguments.try_image)
    nothing = not report.healthy and not any(one.weight != "note" for one in report.symptoms)
    options = (await doctor.install(client)).options if nothing else []
    if not arguments.fix or arguments.format == "table":
        _show(arguments, report, options, invocation.screen.width)
    if arguments.fix:
        if await _mend(client, report.symptoms, ask=not arguments.yes):
            report = await doctor.doctor(client, invocation.working_directory, arguments.try_image)
            _show(arguments, report, [], invocation.screen.width)
        elif arguments.format == "json":
            _show(arguments, report, [], invocation.screen.width)
    return 0 if report.healthy else 1


def _show(arguments: Arguments, report: DoctorReport, options: list[InstallOption], columns: int | None) -> None:
    if arguments.format == "json":
        import json

        out(json.dumps(report.model_dump(by_alias=True, exclude_none=True), indent=2) + "\n")
    else:
        out("".join(f"{line}\n" for line in lines(report, options, columns)))
    flush()


# -- words --------------------------------------------------------------------------------------------


def lines(report: DoctorReport, options: list[InstallOption], columns: int | None = None) -> list[str]:
    """The report as a person reads it, in so many columns; commands stay whole, for they are to be pasted."""
    from perry_ffi.cli.engine import table

    rows = [{"engine": row.name, "state": row.state, "version": row.version, "what": _what(row)} for row in report.runtimes]
    head, *body = table(rows, ("engine", "state", "version", "what")).splitlines()
    told = [*folded(_one_line(_system(report)), columns, 4), "", head]
    told += [part for line in body for part in folded(line, columns, head.index("WHAT"))]
    told += ["", *folded(_chosen(report), columns, 4)]
    if report.trial is not None and report.trial.ok:
        told.append(
            f"a container of {plain(report.trial.image)} was created, started and removed in {report.trial.seconds:.1f} s"
        )
    for one in report.symptoms:
        told += ["", *_told(one, columns)]
    if options:
        told += ["", "No engine is installed. What can be:", *(f"  {plain(row.title)}: {plain(row.text)}" for row in options)]
    return told


def _system(report: DoctorReport) -> str:
    machine = report.machine
    kind = {1: "WSL 1", 2: "WSL 2"}.get(machine.wsl, "in a container" if machine.container else "")
    cgroups = f"cgroups {machine.cgroup_version}" if machine.cgroup_version else ""
    systemd = ("systemd" if machine.systemd else "no systemd") if machine.platform == "linux" else ""
    name = f"{machine.platform} {machine.release} {machine.arch}".strip()
    user = f"user {machine.user}" if machine.user else ""
    return ", ".join(filter(None, [name, "/".join(machine.distribution[:1]), kind, cgroups, systemd, user]))


def _what(row: DoctorRuntime) -> str:
    """Of an engine that works, what it says of itself; of another one why it does not."""
    if row.state != "ready":
        return _one_line(row.reason)
    rootless = {True: "rootless", False: "as root"}.get(row.rootless) if row.rootless is not None else None
    skew = f"clock {row.clock_skew:+.0f} s" if row.clock_skew is not None and abs(row.clock_skew) >= 2 else None
    told = [
        f"API {row.api}" if row.api else None,
        rootless,
        f"cgroups {row.cgroup_version}" if row.cgroup_version else None,
        row.storage_driver,
        f"{row.free_bytes / 1024**3:.0f} GiB free" if row.free_bytes is not None else None,
        skew,
        row.where,
    ]
    return _one_line(", ".join(filter(None, told)))


def _chosen(report: DoctorReport) -> str:
    context = f" (context: {report.context})" if report.context else ""
    if report.chosen is None and report.server is None and len(report.order) > 1:
        return _one_line(f"no engine would be used: none of {', '.join(report.order)} answers{context}")
    if report.chosen is None:
        return _one_line(f"no engine would be used: {report.why}{context}")
    where = f" at {report.where}" if report.where else ""
    return _one_line(f"{report.chosen}{where} is used: {report.why}{context}")


_MARKS = {"error": "✘", "warning": "!", "note": "·"}


def _told(one: DoctorSymptom, columns: int | None) -> list[str]:
    """What is seen, what mends it, what that changes."""
    remedy = f"    {_one_line(one.remedy)}"
    rows = folded(f"{_MARKS[one.weight]} {one.runtime}: {_one_line(one.evidence)}", columns, 2)
    rows += [remedy] if one.commands else folded(remedy, columns, 4)
    return rows + [part for text in (one.changes, one.advice) if text for part in folded(f"    ({_one_line(text)})", columns, 5)]


def _one_line(text: str) -> str:
    return plain(" ".join(text.splitlines()))


# -- mending ------------------------------------------------------------------------------------------


async def _mend(client: Client, symptoms: list[DoctorSymptom], *, ask: bool) -> bool:
    """Runs what may be run, each after it was asked for; whether any was."""
    from perry_ffi.errors import ContainerError
    from perry_ffi.service import doctor

    ran = False
    told = {one.remedy: one for one in symptoms if one.weight != "note" and one.commands}
    for one in told.values():
        if not one.runnable:
            say(f"to be run by hand: {one.remedy}")
        elif not ask or await _agreed(one):
            ran = True
            say(f"running {one.remedy}")
            try:
                code = await doctor.run_remedy(client, one, _hear)
            except ContainerError as error:
                say(f"failed: {error.message}")
                continue
            say("done" if code == 0 else f"failed: exit code {code}")
    return ran


def _hear(text: str) -> None:
    """A program's words as they come, without what would move a cursor."""
    from perry_ffi.cli.explain import without_sequences

    for line in without_sequences(text).replace("\r", "\n").splitlines():
        if line.strip():
            say(line)


async def _agreed(one: DoctorSymptom) -> bool:
    import anyio.to_thread

    changes = f" ({one.changes})" if one.changes else ""
    say(f"run {one.remedy}{changes}? [y/N]")
    answer = await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True)
    return answer.strip().lower() in ("y", "yes")
