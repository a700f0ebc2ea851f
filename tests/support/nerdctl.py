"""nerdctl for tests: the one of this machine with PERRY_TEST_NERDCTL=1, and else the little engine that stands in for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.engines import image, namespaces
from tests.engines.daemon import EngineMissing
from tests.engines.nerdctl import install
from tests.engines.nerdctl.objects import load_image
from tests.engines.nerdctl.record import load
from tests.engines.nerdctl.store import Store
from tests.engines.private import Engine
from tests.support.missing import missing

REAL = bool(os.environ.get("PERRY_TEST_NERDCTL"))


@pytest.fixture(scope="session")
def little_nerdctl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the program is that stands in for nerdctl, with the image of the tests."""
    return of_its_own(tmp_path_factory.mktemp("nerdctl"))


def of_its_own(folder: Path) -> Path:
    """A stand-in that nobody else uses, in a folder that is there; gives where its program is. It has the image of the tests."""
    if not namespaces.can_isolate():
        missing("this user may have no namespaces")
    binaries = install(folder)
    try:
        load_image(Store(folder / "state"), image.IMAGE, image.root())
    except EngineMissing as error:
        missing(str(error))
    return binaries


@pytest.fixture(scope="session")
def loaded_nerdctl() -> Path:
    """Where this machine's nerdctl is, with the image of the tests."""
    program = shutil.which("nerdctl")
    if program is None:
        pytest.fail("PERRY_TEST_NERDCTL is set, and no nerdctl is on PATH")
    load(program, os.environ)
    return Path(program).parent


def nerdctl_path(request: pytest.FixtureRequest) -> str:
    """A search path with nerdctl, or the little engine that stands in for it."""
    folder = request.getfixturevalue("loaded_nerdctl" if REAL else "little_nerdctl")
    return f"{folder}:{os.environ['PATH']}"


def nerdctl_environ() -> dict[str, str]:
    """What leads a nerdctl of this machine to its containerd; nothing of it where another stands in."""
    names = ("CONTAINERD_ADDRESS", "CONTAINERD_NAMESPACE", "CNI_PATH", "NETCONFPATH", "BUILDKIT_HOST", "NERDCTL_TOML")
    return {name: os.environ[name] for name in names if name in os.environ} if REAL else {}


def nerdctl_engine(request: pytest.FixtureRequest) -> Engine:
    """nerdctl as an engine of the tests."""
    return Engine("nerdctl", "", private=not REAL, environ={**nerdctl_environ(), "PATH": nerdctl_path(request)})
