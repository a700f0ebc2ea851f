"""Mounts, short and long."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import mounts
from perry_ffi.model.mounts import Mount
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    (mounts.mount, "/data", Mount("volume", "/data")),
    (mounts.mount, "v1:/data:ro,nocopy", Mount("volume", "/data", "v1", read_only=True, nocopy=True)),
    (mounts.mount, "/h:/c:z,rslave", Mount("bind", "/c", "/h", selinux="z", propagation="rslave")),
    (mounts.mount, "./h:/c:cached", Mount("bind", "/c", "./h", consistency="cached")),
    (
        mounts.mount,
        {"type": "bind", "source": "/h", "target": "/c", "read_only": True, "bind": {"create_host_path": False}},
        Mount("bind", "/c", "/h", read_only=True, create_host_path=False),
    ),
    (mounts.mount, {"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1m", "mode": 0o700}}, Mount("tmpfs", "/t",
        size=1 << 20, mode=0o700)),
    (mounts.mount, {"type": "volume", "target": "/t", "volume": {"labels": {"a": "b"}}}, Mount("volume", "/t",
        labels={"a": "b"})),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((mounts.mount, v) for v in ("", ":/a", "a:b", "v1:/", "v1:/a:xx", "v1:/a:ro,rw", "v1:/a:ro:rw",
        "v1:/a:rslave", "/a:/b:nocopy", "~/a:/b", "v:/b", {"target": "/a"}, {"type": "npipe"}, {"type": "bind",
        "source": "a", "target": "/b"}, {"type": "bind", "source": "/a:b", "target": "/b"}, {"type": "tmpfs",
        "source": "/a", "target": "/b"}, {"type": "volume", "target": "/a", "read_only": True}, {"type": "volume",
        "target": "/a:b"}, {"type": "volume", "target": "/a", "volume": {"subpath": "../x"}}, {"type": "volume",
        "target": "/a", "bind": {}})),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    mounts.mount,
    mounts.mounts,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
