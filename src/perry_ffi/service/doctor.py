"""What keeps this machine's engines from work: a report, and what mends it as choices; one of them is run where that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.doctor import mend
from perry_ffi.doctor.diagnosis import diagnose
from perry_ffi.doctor.finding import Finding, words
from perry_ffi.doctor.offers import mending, offers, offers_of
from perry_ffi.doctor.read.gather import gather
from perry_ffi.doctor.space import free_bytes
from perry_ffi.drivers import NOT_DRIVEN
from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.answer import whole_text
from perry_ffi.model.doctor_report import (
    DoctorMachine,
    DoctorReport,
    DoctorRuntime,
    DoctorSymptom,
    InstallOption,
    InstallOptions,
    InstallRun,
)
from perry_ffi.service.doctor_trial import attempt

if TYPE_CHECKING:
    from perry_ffi.doctor.facts import Facts, Machine
    from perry_ffi.doctor.finding import Remedy
    from perry_ffi.doctor.offers import Offer
    from perry_ffi.model.backend import BackendInfo
    from perry_ffi.service.client import Client


@dataclass
class _Choice:
    """What would be used, and why."""

    name: str | None = None
    where: str | None = None
    why: str = ""


async def doctor(client: Client, directory: str = "", image: str | None = None) -> DoctorReport:
    """Looks at everything, side by side, and changes nothing; none becomes active.

    directory: of the project in mind, an absolute path. image: of a container that is tried on the engine that would be used,
    which becomes active by that. Raises ValidationError for an environment that cannot be meant.
    """
    from perry_ffi.backends.choice import named_server
    from perry_ffi.backends.detect import KNOWN, detect

    settings = client.settings
    facts: list[Facts] = []
    rows: list[BackendInfo] = []
    choice = _Choice()

    async def look() -> None:
        facts.append(await gather(settings, directory))

    async def probe() -> None:
        rows.extend(await detect(settings, KNOWN))

    async with anyio.create_task_group() as group:
        group.start_soon(look)
        group.start_soon(probe)
        group.start_soon(_choose, client, choice)
    found = diagnose(facts[0])
    found += _unexplained([row for row in rows if row.name in client.order], found)
    trial = await attempt(client, image) if image and choice.name else None
    if trial is not None and not trial.ok and choice.name:
        evidence = f"a container of {trial.image} does not do its turn: {trial.reason}"
        found.append(Finding(choice.name, "trial", evidence, words("see what the engine says, and whether it has the image")))
    server = named_server(settings) if client.own_order is None else None
    return DoctorReport(
        healthy=choice.name is not None and (trial is None or trial.ok),
        chosen=choice.name,
        where=whole_text(choice.where) if choice.where else None,
        why=whole_text(choice.why),
        order=client.order,
        server=server.variable if server else None,
        context=whole_text(facts[0].configuration.context) or None,
        machine=_machine(facts[0].machine),
        runtimes=[_runtime(row, facts[0]) for row in rows],
        symptoms=[_symptom(one) for one in found],
        trial=trial,
    )


async def install(
    client: Client,
    run: str | None = None,
    timeout: float = mend.SECONDS,
    tell: Callable[[str], None] | None = None,
    platform: str | None = None,
) -> InstallOptions:
    """What can be done here. run: the id of the one that is run; tell: hears its output as it comes. platform: of another system
    than this one, where nothing is run.

    Raises NotFound for an id that is not among them, Unsupported for one that the library does not run: it needs root, say.
    """
    if platform is not None and platform != client.settings.platform:
        if run is not None:
            raise ValidationError(
                f"run: nothing is run for {platform} on this system", path="run", expected="no run beside another platform"
            )
        return InstallOptions(platform=platform, options=[_option(offer) for offer in offers_of(platform)])
    facts = await gather(client.settings)
    found = [*mending(diagnose(facts)), *offers(facts)]
    ran = None
    if run is not None:
        chosen = next((offer for offer in found if offer.id == run), None)
        if chosen is None:
            known = ", ".join(dict.fromkeys(offer.id for offer in found))
            raise NotFound(f"run: there is no option {run!r} on this machine", path="run", expected=known or "none")
        ran = await _run(client, chosen, timeout, tell)
    return InstallOptions(platform=facts.machine.platform, options=[_option(offer) for offer in found], ran=ran)


async def run_remedy(client: Client, symptom: DoctorSymptom, tell: Callable[[str], None]) -> int:
    """Runs what mends a symptom of a report, which is ``runnable``; its exit code. Raises as ``mend.run``."""
    commands = [tuple(argv) for argv in symptom.commands]
    return (await mend.run(client.settings, commands, tell=tell)).exit_code


async def _run(client: Client, offer: Offer, timeout: float, tell: Callable[[str], None] | None) -> InstallRun:
    remedy = offer.remedy
    if not remedy.runnable:
        why = "it needs root" if remedy.root else "it is to be done by hand"
        raise Unsupported(
            f"run: {offer.id}: {why}: {remedy.text}", member="run", operation="install", remedy=remedy.text,
            commands=[list(argv) for argv in remedy.commands],
        )  # fmt: skip
    ran = await mend.run(client.settings, remedy.commands, timeout, **({"tell": tell} if tell else {}))
    return InstallRun(id=offer.id, exit_code=ran.exit_code, output=ran.output)


# -- what would be chosen -----------------------------------------------------------------------------


async def _choose(client: Client, choice: _Choice) -> None:
    from perry_ffi.backends.detect import choose

    if client.active is not None:
        choice.name, choice.where, choice.why = client.active.name, client.active.address, client.reason or "it is in use"
        return
    try:
        found = await choose(client.settings, client.own_order)
    except ContainerError as error:
        choice.why = error.message
        return
    choice.name, choice.where, choice.why = found.backend.name, found.backend.address, found.reason
    if found.warning:
        choice.why += f"; {found.warning}"
    await found.backend.aclose()


# -- rows ---------------------------------------------------------------------------------------------


def _unexplained(rows: list[BackendInfo], found: list[Finding]) -> list[Finding]:
    """Of the engines that are there, and cannot be used for a reason that is no symptom's: what their probes say."""
    told = {one.runtime for one in found if one.weight == "error"}
    return [
        Finding(row.name, "probe", row.reason, words(row.remedy or ""), row.state)
        for row in rows
        if not row.available and row.reason != NOT_DRIVEN and (_is_far(row) or (row.name not in told and row.state != "absent"))
    ]


def _is_far(row: BackendInfo) -> bool:
    """Whether a server is named that is behind a network: no symptom is of one."""
    return (row.where or "").startswith(("tcp://", "ssh://"))


def _machine(machine: Machine) -> DoctorMachine:
    return DoctorMachine(
        platform=machine.platform, release=machine.release, arch=machine.arch, user=whole_text(machine.user),
        distribution=list(machine.distribution), systemd=machine.systemd, container=machine.container, wsl=machine.wsl,
        cgroup_version=machine.cgroup or None,
    )  # fmt: skip


def _runtime(row: BackendInfo, facts: Facts) -> DoctorRuntime:
    answer = next((socket.answer for socket in facts.of(row.name, "listening") if socket.answer), None)
    return DoctorRuntime(
        name=row.name, state=row.state, where=row.where, reason=row.reason, remedy=row.remedy, version=row.version, api=row.api,
        rootless=row.rootless, cgroup_version=row.cgroup_version, storage_driver=row.storage_driver, same_as=row.same_as,
        clock_skew=round(answer.skew, 1) if answer else None, free_bytes=free_bytes(facts, row.name),
    )  # fmt: skip


def _symptom(one: Finding) -> DoctorSymptom:
    remedy = one.remedy
    return DoctorSymptom(
        id=one.id, runtime=one.runtime, symptom=one.symptom, weight=one.weight, evidence=whole_text(one.evidence),
        commands=_commands(remedy), remedy=whole_text(remedy.text), advice=whole_text(remedy.advice) if remedy.commands else "",
        changes=whole_text(remedy.changes), needs_root=remedy.root, runnable=remedy.runnable,
    )  # fmt: skip


def _option(offer: Offer) -> InstallOption:
    remedy = offer.remedy
    return InstallOption(
        id=offer.id, kind=offer.kind, runtime=offer.runtime, title=whole_text(offer.title), commands=_commands(remedy),
        text=whole_text(remedy.text), advice=whole_text(remedy.advice) if remedy.commands else "", changes=whole_text(remedy.changes),
        needs_root=remedy.root, runnable=remedy.runnable, installed=offer.installed,
    )  # fmt: skip


def _commands(remedy: Remedy) -> list[list[str]]:
    return [[whole_text(word) for word in argv] for argv in remedy.commands]
