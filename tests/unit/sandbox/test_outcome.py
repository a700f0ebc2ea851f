"""What is told of an end."""

from __future__ import annotations

import pytest

from perry_ffi.backends.contract.sandbox_records import SandboxSeen
from perry_ffi.model.capability_result import CapabilityResult
from perry_ffi.sandbox.life import Ended
from perry_ffi.sandbox.outcome import outcome
from perry_ffi.sandbox.output import Output
from tests.unit.sandbox.test_plan import planned


def told(
    code: int, *, stopped: bool = False, timed_out: bool = False, oom: bool | None = False, data: bytes = b""
) -> CapabilityResult:
    output = Output(100)
    output.add("stdout", data)
    seen = SandboxSeen("sha256:i", "r", "container", userns=False, oom_killed=oom)
    ended = Ended(output, seen, 12, code, timed_out=timed_out, stopped=stopped)
    return outcome(planned(), ended, encoding="utf-8", network="none", warnings=[])


@pytest.mark.parametrize(
    ("code", "stopped", "wanted"),
    [
        (0, False, (0, None)), (1, False, (1, None)), (137, False, (137, "SIGKILL")), (139, False, (139, "SIGSEGV")),
        (143, False, (143, "SIGTERM")), (255, False, (255, None)), (128, False, (128, None)),
        (137, True, (None, "SIGKILL")), (-1, True, (None, "SIGKILL")), (0, True, (0, None)),
    ],
)  # fmt: skip
def test_codes_and_signals(code: int, stopped: bool, wanted: tuple[int | None, str | None]) -> None:
    found = told(code, stopped=stopped)
    assert (found.exit_code, found.signal) == wanted


def test_ends_are_told_apart() -> None:
    assert told(137, oom=True).oom_killed is True and told(137, oom=None).oom_killed is None
    assert told(137, stopped=True, timed_out=True).timed_out
    shown = told(137, oom=None, stopped=True).model_dump(by_alias=True, exclude_none=True)
    assert "exitCode" not in shown and "oomKilled" not in shown and shown["durationMs"] == 12
    assert told(0, data=b"a\xff").stdout == "a�"
