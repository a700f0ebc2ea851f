"""LeakSanitizer over the C sources: nothing that they, or the test's host, allocated is lost."""

from __future__ import annotations

import re

import pytest

from tests.support.library import Host

pytestmark = pytest.mark.abi

# Python's own allocations are lost at exit by design; ours are those whose first frame below malloc is in our sources.
OURS = re.compile(r"#1 0x\w+ in (\w+) \S*(?:abi/c|codegen_tables|tests/abi/c)/\S+")


def lost(host: Host, case: str) -> set[str]:
    """The functions of ours whose allocations LeakSanitizer reports as lost."""
    options = "detect_leaks=1:exitcode=0:fast_unwind_on_malloc=1:detect_stack_use_after_return=0"
    ran = host.run("leaks", case, ASAN_OPTIONS=options, PYTHONMALLOC="malloc", timeout=240)
    assert ran.status == 0, ran.err[-3000:]
    assert "LeakSanitizer has encountered a fatal error" not in ran.err, ran.err
    blocks = re.split(r"\n(?=(?:Direct|Indirect) leak)", ran.err)
    return {found[1] for block in blocks[1:] if (found := OURS.search(block))}


@pytest.mark.parametrize("case", ["frees_all", "frees_all_where_the_loop_died"])
def test_nothing_is_lost(sanitized_probe_host: Host, case: str) -> None:
    assert lost(sanitized_probe_host, case) == set()


def test_a_leak_is_noticed(sanitized_probe_host: Host) -> None:
    assert "plain_new" in lost(sanitized_probe_host, "frees_all_but_one")
