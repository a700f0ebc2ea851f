"""What of /proc and /sys a sandbox does not see, or sees and cannot write."""

from __future__ import annotations

OWN_MASKS = ("/proc/interrupts", "/proc/kallsyms", "/sys/devices/virtual/powercap")
"""What engines leave readable, and a neighbour or the kernel can be watched by."""
MASKED = (
    "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi", "/sys/firmware", *OWN_MASKS,
)  # fmt: skip
"""All of it, where a list takes the place of the engine's own."""
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

INODES = 4096
"""Of a memory: without a bound a flood of empty files ends at the bound of memory, by a kill."""
PROCESSES_OF_A_USER = 4096
"""RLIMIT_NPROC counts what a uid has on the whole host, so among all sandboxes: it is no bound of one, but of all (setrlimit(2))."""


def limits(*, files: int, processes: int, file_size: int, seconds: int | None) -> list[tuple[str, int]]:
    """The resource limits of every process, soft and hard alike."""
    found = [("nofile", files), ("nproc", processes), ("core", 0), ("fsize", file_size)]
    return found if seconds is None else [*found, ("cpu", seconds)]


__all__ = ["INODES", "MASKED", "OWN_MASKS", "PROCESSES_OF_A_USER", "READ_ONLY", "limits"]
