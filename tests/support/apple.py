"""apple/container for tests: the little engine that stands in for it, with the image of the tests."""

from __future__ import annotations

import pytest

from tests.engines import image, namespaces
from tests.engines.apple.installed import install
from tests.engines.daemon import EngineMissing, need
from tests.engines.private import Engine
from tests.support.missing import missing


@pytest.fixture(scope="session")
def little_apple(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that leads to the program."""
    if not namespaces.can_isolate():
        missing("this user may have no namespaces")
    try:
        need("ip", "iproute2")
        return install(tmp_path_factory.mktemp("apple"), image.IMAGE, root=image.root())
    except EngineMissing as error:
        missing(str(error))


def apple_engine(request: pytest.FixtureRequest) -> Engine:
    """apple/container as an engine of the tests."""
    return Engine("apple/container", "", environ=request.getfixturevalue("little_apple"))
