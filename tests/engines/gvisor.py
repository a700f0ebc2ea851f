"""gVisor's runtime beside the engines: where it is, and how engines are told of it."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import Daemon, EngineMissing, answers, need
from tests.engines.private import Engine, Engines, podman_environ

FLAGS = ("--platform=ptrace", "--network=none")
"""What works on any kernel, without virtualisation and without rights on networks."""


def runsc() -> str | None:
    """The program: unpacked by scripts/gvisor.sh, or installed; None where it is not there."""
    cache = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")
    return shutil.which("runsc", path=f"{cache}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextmanager
def podman_with_gvisor(engines: Engines) -> Iterator[Engine]:
    """A podman whose service runs everything with it, on storage of its own: its API cannot choose."""
    podman, program = need("podman", "podman"), runsc()
    if program is None:
        raise EngineMissing("runsc is not there (scripts/gvisor.sh gets it)")
    folder = engines.folder / f"podman-gvisor-{secrets.token_hex(4)}"
    environ = podman_environ(folder, 3)
    conf = folder / "containers.conf"
    conf.write_text(conf.read_text().replace("[containers]", f'[engine.runtimes]\nrunsc = ["{program}"]\n[containers]'))
    path = str(folder / "p.sock")
    flags = [word for flag in FLAGS for word in ("--runtime-flag", flag.removeprefix("--"))]
    daemon = Daemon(
        "podman", [podman, "--runtime", "runsc", *flags, "system", "service", "--time=0", f"unix://{path}"], folder,
        {**os.environ, **environ},
    )  # fmt: skip
    try:
        daemon.start(lambda: answers(path))
        image.build(path)
        yield Engine("podman", path, daemon, before=image.objects(path))
    finally:
        daemon.stop()


__all__ = ["FLAGS", "podman_with_gvisor", "runsc"]
