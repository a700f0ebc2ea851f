"""The engine in memory keeps the rules of the real ones: the tests are those of the live engines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from perry_ffi.backends.fake import Behaviour, Box, FakeBackend, World
from tests.engines.private import Engine
from tests.live import test_containers as containers
from tests.live import test_objects as objects
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio

RULES = [
    containers.test_life_of_a_container,
    containers.test_labels_select,
    containers.test_a_name_that_is_taken,
    containers.test_wait_has_a_bound_and_needs_a_start,
    containers.test_a_start_that_fails_leaves_nothing,
    containers.test_an_image_that_is_not_there,
    objects.test_networks,
    objects.test_a_network_that_is_not_there,
    objects.test_anonymous_volumes_go_with_their_container,
]


def behave(box: Box) -> Behaviour:
    """What the commands of those tests do."""
    words = " ".join(box.spec.cmd or [])
    if words.startswith("/no/such"):
        return Behaviour(start_error="no such file or directory")
    if code := re.search(r"exit (\d+)", words):
        return Behaviour(exit_code=int(code[1]))
    return Behaviour(exit_code=None if words.startswith("sleep") else 0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    world = World(behave)
    world.make_image(IMAGE)
    backend = FakeBackend(world)
    # Its refusals name the backend, as a live one's do.
    found = Bench(backend, Engine(backend.name, ""), "pt")
    yield found
    await found.clean()
    await backend.aclose()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("test_"))
async def test_it_keeps_the_rule(bench: Bench, rule: object) -> None:
    await rule(bench)  # type: ignore[operator]


@pytest.mark.parametrize("ident", ["nothing-has-this-name", "-rf", "../../images/json", "a\nb", ".."])
async def test_what_is_not_there(bench: Bench, ident: str) -> None:
    await containers.test_what_is_not_there_is_not_found(bench, ident)
