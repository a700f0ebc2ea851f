"""Which ends of containers end an attached ``up``."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.cli.attach import Attachment


@pytest.mark.parametrize(
    ("how", "code", "over"),
    [
        ({}, 1, False),
        ({"any_end": True}, 0, True),
        ({"any_end": True}, None, True),
        ({"failure": True}, 0, False),
        ({"failure": True}, 3, True),
        ({"code_of": "a"}, 0, True),
    ],
)
def test_an_end_that_ends_all(how: dict[str, Any], code: int | None, over: bool) -> None:
    end = {"service": "b", **({} if code is None else {"exitCode": code})}
    attachment = Attachment(None, **how)
    assert attachment.ends_all(end) is over
    assert not attachment.ends_all({**end, "restarting": True})
