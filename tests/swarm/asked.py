"""Which tests of a real swarm every run has, and which only those that ask for them: together they take a quarter of an hour."""

from __future__ import annotations

import os

import pytest

EVERY_RUN = ("test_members.py", "test_up.py", "test_verbs.py")
"""What a project is made into, how it comes up, changes and goes, and each verb, on three nodes."""

only_if_asked = pytest.mark.skipif(
    os.environ.get("PERRY_TEST_CLUSTER") != "1", reason="make test-cluster runs it: what becomes of nodes takes minutes"
)
