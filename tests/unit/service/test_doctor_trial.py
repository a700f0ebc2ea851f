from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.service import containers, doctor_trial
from perry_ffi.service.client import Client
from perry_ffi.service.doctor import doctor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    world = World()
    world.make_image("app")
    found = Client({"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path), "PATH": str(tmp_path)})
    found._active = FakeBackend(world)
    yield found
    await found.aclose()


async def left(client: Client) -> list[str]:
    return [row.name for row in await containers.list_(client, all=True)]


async def test_a_container_does_its_turn_and_is_gone(client: Client) -> None:
    report = await doctor(client, image="app")
    assert report.trial is not None and (report.trial.image, report.trial.ok, report.trial.reason) == ("app", True, "")
    assert report.healthy and await left(client) == []


async def test_without_an_image_nothing_is_tried(client: Client) -> None:
    assert (await doctor(client)).trial is None


async def test_what_goes_wrong_is_a_symptom(client: Client) -> None:
    report = await doctor(client, image="registry.invalid/none:1")
    assert report.trial is not None and not report.trial.ok and not report.healthy
    row = next(row for row in report.symptoms if row.symptom == "trial")
    assert row.evidence.startswith("a container of registry.invalid/none:1 does not do its turn: ") and await left(client) == []


async def test_an_engine_that_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> None:
        await anyio.sleep_forever()

    monkeypatch.setattr(containers, "run", hang)
    monkeypatch.setattr(doctor_trial, "SECONDS", 0.1)
    assert (await doctor_trial.attempt(client, "app")).reason == "it took more than 0.1 s"


async def test_a_removal_that_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object, **__: object) -> bool:
        await anyio.sleep_forever()
        return True

    monkeypatch.setattr(containers, "remove_if_exists", hang)
    monkeypatch.setattr(doctor_trial, "REMOVAL_SECONDS", 0.1)
    found = await doctor_trial.attempt(client, "app")
    assert not found.ok and "not removed within 0.1 s" in found.reason


async def test_a_container_is_removed_though_whoever_asked_has_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = containers.remove_if_exists

    async def remove(*args: object, **options: object) -> bool:
        scope.cancel()
        await anyio.sleep(0.05)
        return await slow(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(containers, "remove_if_exists", remove)
    with anyio.CancelScope() as scope:
        await doctor_trial.attempt(client, "app")
    assert await left(client) == []
