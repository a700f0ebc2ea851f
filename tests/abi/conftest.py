from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import library as lib


@pytest.fixture(scope="session")
def plain_host(tmp_path_factory: pytest.TempPathFactory) -> lib.Host:
    """C programs against the library as it is installed."""
    return lib.Host(lib.library(), tmp_path_factory.mktemp("programs"), sanitized=False)


@pytest.fixture(scope="session")
def sanitized_host(tmp_path_factory: pytest.TempPathFactory) -> lib.Host:
    """C programs and the library under AddressSanitizer and UBSan."""
    built = lib.build_sanitized(tmp_path_factory.mktemp("sanitized"))
    return lib.Host(built, tmp_path_factory.mktemp("programs"), sanitized=True)


@pytest.fixture(scope="session")
def plain_probe_host(plain_host: lib.Host, tmp_path_factory: pytest.TempPathFactory) -> lib.Host:
    """The same against a copy in which the volume operations are those of ``tests/support/probe.py``."""
    return plain_host.at(probed(plain_host.library, tmp_path_factory.mktemp("probe")))


@pytest.fixture(scope="session")
def sanitized_probe_host(sanitized_host: lib.Host, tmp_path_factory: pytest.TempPathFactory) -> lib.Host:
    return sanitized_host.at(probed(sanitized_host.library, tmp_path_factory.mktemp("probe")))


@pytest.fixture(scope="session", params=["plain", "sanitized"])
def host(request: pytest.FixtureRequest) -> lib.Host:
    """Both kinds in turn."""
    return request.getfixturevalue(f"{request.param}_host")


@pytest.fixture(scope="session", params=["plain", "sanitized"])
def probe_host(request: pytest.FixtureRequest) -> lib.Host:
    return request.getfixturevalue(f"{request.param}_probe_host")


def probed(library: Path, folder: Path) -> Path:
    text = (Path(lib.__file__).parent / "probe.py").read_text()
    return lib.copy_library(library, folder / "copy", replace={"api/volumes.py": text})
