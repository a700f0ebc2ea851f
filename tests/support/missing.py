"""What a test does where an engine or a tool is not there."""

from __future__ import annotations

import os

import pytest


def missing(why: str) -> None:
    """Skips on somebody's machine, fails where every engine has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, and {why}")
    pytest.skip(why)
