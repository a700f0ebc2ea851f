"""Whose a sandbox is, and whether that process has ended."""

from __future__ import annotations

import subprocess
from pathlib import Path

from perry_ffi.sandbox.owner import is_dead, this_process


def test_this_process_is_alive() -> None:
    assert not is_dead(this_process())


def test_a_process_that_has_ended() -> None:
    boot, namespace, _, _ = this_process().split(".")
    child = subprocess.Popen(["sleep", "60"])
    started = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19]
    owner = f"{boot}.{namespace}.{child.pid}.{started}"
    assert not is_dead(owner)
    child.kill()
    while Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        continue
    assert is_dead(owner), "what is left of it looks after nothing"
    child.wait()
    assert is_dead(owner)


def test_a_number_that_somebody_else_has_now() -> None:
    boot, namespace, pid, started = this_process().split(".")
    assert is_dead(f"{boot}.{namespace}.{pid}.{int(started) + 1}")


def test_where_nobody_here_can_tell() -> None:
    boot, namespace, _, _ = this_process().split(".")
    for owner in (f"other.{namespace}.999999.1", f"{boot}.1.999999.1", "", "a.b", f"{boot}.{namespace}.x.1", "...."):
        assert not is_dead(owner)


def test_without_proc(tmp_path: Path) -> None:
    assert this_process(tmp_path).startswith("unknown.unknown.")
