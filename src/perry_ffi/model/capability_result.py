"""What a program hears of a hardened run. A code other than 0, a time that was up and output that was cut are results."""

from perry_ffi.model.answer import Answer, Count, told


class Truncated(Answer):
    """Which stream said more than its bound: what came before it is there."""

    stdout: bool
    stderr: bool


class IsolationUsed(Answer):
    """What the run was really isolated by, read from the container that was made."""

    level: str
    """``container``, ``gvisor`` or ``microvm``, by the class of the runtime."""
    runtime: str
    seccomp: str
    """``strict``, ``default``, ``sha256:…`` of a profile of one's own; ``none`` where the runtime's kernel knows no profiles."""
    userns: bool
    """Whether its users are other ones on the host."""
    network: str
    """``none``, ``default``, or the name of a network."""


class CapabilityResult(Answer):
    stdout: str
    stderr: str
    exit_code: int | None = told(default=None, json="exitCode")
    """Absent where the run was ended: at its time, or at the bound of its output."""
    signal: str | None = None
    """What ended it, where that was a signal: ``SIGKILL``."""
    timed_out: bool = told(json="timedOut")
    oom_killed: bool | None = told(default=None, json="oomKilled")
    """Whether the kernel killed for want of memory; absent where the engine does not tell."""
    truncated: Truncated
    duration_ms: Count = told(json="durationMs")
    """From the start to the end of the command."""
    image: str
    """What ran: pinned to the digest or id that was verified."""
    digest: str
    isolation: IsolationUsed
    warnings: list[str] = []
