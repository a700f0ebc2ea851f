"""One real turn of a container, for the doctor: created, started, removed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, Timeout
from perry_ffi.model.answer import whole_text
from perry_ffi.model.doctor_report import DoctorTrial

if TYPE_CHECKING:
    from perry_ffi.service.client import Client

SECONDS = 300.0
"""Of all of it: the image may have to be pulled."""
REMOVAL_SECONDS = 30.0


async def attempt(client: Client, image: str) -> DoctorTrial:
    """Whatever goes wrong is told, and not raised; what was made is removed, also where this is cancelled."""
    began, reason = time.monotonic(), ""
    try:
        with anyio.fail_after(SECONDS):
            await _turn(client, image)
    except TimeoutError:
        reason = f"it took more than {SECONDS:g} s"
    except ContainerError as error:
        reason = error.message
    return DoctorTrial(image=image, ok=not reason, seconds=round(time.monotonic() - began, 2), reason=whole_text(reason))


async def _turn(client: Client, image: str) -> None:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.service import containers

    made = await containers.run(client, ContainerSpec(image=image, network="none"))
    with anyio.move_on_after(REMOVAL_SECONDS, shield=True):
        await containers.remove_if_exists(client, made.id, force=True)
        return
    raise Timeout(f"the container {made.id} was not removed within {REMOVAL_SECONDS:g} s", waitedFor=made.id)
