from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.api import doctor
from perry_ffi.api.results import encode
from perry_ffi.errors import ValidationError
from perry_ffi.service.client import Client

pytestmark = pytest.mark.anyio


def client(tmp_path: Path) -> Client:
    return Client({"HOME": str(tmp_path), "PATH": str(tmp_path), "PERRY_CONTAINER_BACKEND": "docker"})


async def test_the_report_is_json(tmp_path: Path) -> None:
    found = json.loads(encode(await doctor.doctor(client(tmp_path), b'{"directory":"/srv"}')))
    assert {"healthy", "why", "order", "machine", "runtimes", "symptoms"} <= found.keys()
    assert {"id", "weight", "evidence", "commands", "remedy", "needsRoot", "runnable"} <= {
        key for row in found["symptoms"] for key in row
    } | (set() if found["symptoms"] else {"id", "weight", "evidence", "commands", "remedy", "needsRoot", "runnable"})


async def test_the_options_are_json(tmp_path: Path) -> None:
    found = json.loads(encode(await doctor.install(client(tmp_path), None)))
    assert found["platform"] and {"install:podman", "install:docker"} <= {row["id"] for row in found["options"]}
    assert "ran" not in found


@pytest.mark.parametrize(
    ("function", "document", "path"),
    [
        (doctor.doctor, b'{"directory":"relative"}', "options.directory"),
        (doctor.doctor, b'{"fix":true}', "options.fix"),
        (doctor.install, b'{"run":""}', "options.run"),
        (doctor.install, b'{"timeout":0}', "options.timeout"),
    ],
)
async def test_options_that_cannot_be_meant(tmp_path: Path, function: object, document: bytes, path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        await function(client(tmp_path), document)  # type: ignore[operator]
    assert refused.value.details["path"] == path
