"""What is told about what keeps people from an engine."""

from typing import Literal

from perry_ffi.model.answer import Answer, told
from perry_ffi.model.backend import BackendState


class DoctorMachine(Answer):
    """The system that was looked at."""

    platform: str
    """``linux``, ``darwin`` or ``win32``."""
    release: str = ""
    arch: str = ""
    user: str = ""
    distribution: list[str] = []
    """Of a Linux, what it is and what it is like, the nearest first."""
    systemd: bool = False
    container: bool = False
    """This process is in one."""
    wsl: int = 0
    """1 or 2 in the Windows Subsystem for Linux of that version."""
    cgroup_version: str | None = told(default=None, json="cgroupVersion")
    """``1``, ``2`` or ``hybrid``."""


class DoctorRuntime(Answer):
    """One engine, as it was found."""

    name: str
    state: BackendState
    where: str | None = None
    """Where it answers, or was last looked for."""
    reason: str = ""
    """Why it cannot be used; empty where it can."""
    remedy: str | None = None
    same_as: str | None = told(default=None, json="sameAs")
    """The name before this one that is the same engine."""
    version: str | None = None
    api: str | None = None
    """The version of its API that is spoken."""
    rootless: bool | None = None
    cgroup_version: str | None = told(default=None, json="cgroupVersion")
    storage_driver: str | None = told(default=None, json="storageDriver")
    clock_skew: float | None = told(default=None, json="clockSkew")
    """Seconds that its clock is ahead of this one, known to a second."""
    free_bytes: int | None = told(default=None, json="freeBytes")
    """Left where it keeps images and volumes, if that is on this machine."""


class DoctorSymptom(Answer):
    """What is wrong, and what mends it."""

    id: str
    """What the option to mend it is called among those to install."""
    runtime: str
    symptom: str
    """Its name, the same in every version: ``not-in-group``."""
    weight: Literal["error", "warning", "note"]
    """Whether the runtime cannot be used for it, or something will go wrong, or nothing has to be done."""
    evidence: str
    """What was looked at, and what was seen."""
    commands: list[list[str]] = []
    """What mends it, one after the other, each a program and its arguments; empty where no command does."""
    remedy: str
    """The commands as one line for a shell, or in words what to do."""
    advice: str = ""
    """What is to be done besides."""
    changes: str = ""
    """What is different afterwards."""
    needs_root: bool = told(default=False, json="needsRoot")
    runnable: bool = False
    """Whether the library runs it where it is told to: it needs no root, opens no shell, destroys nothing."""


class DoctorTrial(Answer):
    """A container that was created, started and removed again."""

    image: str
    ok: bool
    seconds: float
    reason: str = ""
    """Why it did not work; empty where it did."""


class DoctorReport(Answer):
    """All of it."""

    healthy: bool
    """An engine would be chosen, it answers, and the container that was tried, if one was, did its turn."""
    chosen: str | None = None
    """The engine that would be used."""
    where: str | None = None
    """Its address."""
    why: str
    """Why that one, or why none."""
    order: list[str]
    """The names in the order in which they are tried."""
    server: str | None = None
    """The variable of the environment that names the server, which comes before the order."""
    context: str | None = None
    """docker's context in force, if it is not the default one."""
    machine: DoctorMachine
    runtimes: list[DoctorRuntime]
    symptoms: list[DoctorSymptom]
    trial: DoctorTrial | None = None
    """Absent where none was asked for, or no engine answers."""


class InstallOption(Answer):
    """One choice of a dialogue."""

    id: str
    kind: Literal["mend", "install"]
    runtime: str
    title: str
    commands: list[list[str]] = []
    """What it runs, one after the other; empty where it is to be done by hand."""
    text: str
    """The commands as one line for a shell, or in words what to do."""
    advice: str = ""
    changes: str = ""
    needs_root: bool = told(default=False, json="needsRoot")
    runnable: bool = False
    """Whether the library runs it where it is told to."""
    installed: bool = False
    """What it would install is there already."""


class InstallRun(Answer):
    """What was run."""

    id: str
    exit_code: int = told(json="exitCode")
    """Of the last command; 0 where all of them did their work."""
    output: str
    """Of all of them, at most the last 65536 bytes."""


class InstallOptions(Answer):
    """What can be done on this system: first what mends, then what can be installed."""

    platform: str
    options: list[InstallOption]
    ran: InstallRun | None = None
    """Absent where nothing was to be run."""
