"""Each case of the C programs in a process of its own: it must succeed, and nothing may be printed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.library import PROGRAMS, Host

pytestmark = pytest.mark.abi


def cases() -> list[Any]:
    """(program, case) of every ``CASE`` of the programs whose cases need no arguments."""
    found = []
    for program in ("promises", "pump", "own_host", "threads", "life", "guest", "streams"):
        text = (PROGRAMS / f"{program}.c").read_text()
        names = re.findall(r"^CASE\((\w+)\)", text, re.M)
        found += [pytest.param(program, name, id=f"{program}-{name}") for name in names]
    return found


@pytest.mark.parametrize(("program", "case"), cases())
def test_case(probe_host: Host, program: str, case: str) -> None:
    probe_host.passes(program, case)


def test_memory_stays_flat(plain_probe_host: Host) -> None:
    """Not under AddressSanitizer, which keeps freed memory for a while."""
    plain_probe_host.passes("memory", "memory_stays_flat")


def test_no_thread_can_be_made(plain_probe_host: Host) -> None:
    """Not under AddressSanitizer, which needs the address space itself."""
    plain_probe_host.passes("scarce", "no_thread_can_be_made")
