"""Files out of a container, as they come from the program."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from perry_ffi.backends.command_line.invocation import CommandLine
from perry_ffi.backends.nerdctl.archives import LAST
from perry_ffi.backends.nerdctl.engine import NerdctlBackend
from perry_ffi.backends.nerdctl.sayings import TABLE, failure
from perry_ffi.errors import NotFound
from perry_ffi.settings import Settings

pytestmark = pytest.mark.anyio
MANY = 40 << 20
"""Bytes that the program says beside the files."""
SAYS = f"""#!/bin/sh
printf tar
head -c {MANY} /dev/zero | tr '\\0' 'x' >&2
echo 'time="2026-01-01T00:00:00Z" level=fatal msg="no such container: web"' >&2
exit 1
"""


async def test_what_is_said_beside_the_files_is_kept_to_a_bound(tmp_path: Path) -> None:
    """The end of it, which says why it failed."""
    program = tmp_path / "nerdctl"
    program.write_text(SAYS)
    program.chmod(0o755)
    line = CommandLine(str(program), (), {"PATH": "/usr/bin:/bin"}, "nerdctl", 30.0, TABLE, failure)
    backend = NerdctlBackend(line, Settings.from_environ({}), identity="", address="")
    taken = await backend.get_archive("web", "/a")
    tracemalloc.start()
    try:
        assert list(await taken.next() or ()) == [b"tar"]
        with pytest.raises(NotFound) as caught:
            await taken.next()
        assert tracemalloc.get_traced_memory()[1] < 16 * LAST
    finally:
        tracemalloc.stop()
        await taken.aclose()
    assert "no such container" in caught.value.message and len(caught.value.message) < 2 * LAST
