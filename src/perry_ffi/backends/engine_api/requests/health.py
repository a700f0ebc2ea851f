"""A health check, as the engines' ``Healthcheck`` has it: the same probe runs on both."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import Flavour

if TYPE_CHECKING:
    from perry_ffi.model.container_values import HealthCheck

WHOLE_TEST_PODMAN = (5, 8)
"""From here on podman takes the words of a test as they are; before, it joins them with blanks and parts them again."""
_SHELL = ("/bin/sh", "-c")
_KEYWORDS = ("CMD", "CMD-SHELL", "NONE")


def health_part(check: HealthCheck, flavour: Flavour, release: tuple[int, int] | None = None) -> dict[str, Any]:
    """The ``Healthcheck``. release: podman's own version, absent: one that joins words."""
    body: dict[str, Any] = {}
    if check.test:
        body["Test"] = list(check.test) if flavour == "docker" else podman_test(check.test, release)
    for key, value in (
        ("Interval", check.interval),
        ("Timeout", check.timeout),
        ("Retries", check.retries),
        ("StartPeriod", check.start_period),
    ):
        if value:
            body[key] = value
    if check.start_interval:
        body["StartInterval"] = check.start_interval
    return body


def podman_test(test: tuple[str, ...], release: tuple[int, int] | None = None) -> list[str]:
    """``test`` in the words that make podman run what docker runs.

    Docker's shell runs the first word after ``CMD-SHELL`` and has the others as ``$0``, ``$1`` and so on; podman would
    run them all as one line. A program with its arguments survives its joining and parting only without blanks; the
    text of a JSON list does, where it has two words at least and does not begin with a keyword; one word is a shell's line.
    """
    kind, words = test[0], test[1:]
    if kind == "NONE" or (kind == "CMD-SHELL" and len(words) == 1):
        return list(test)
    program = list(words if kind == "CMD" else (*_SHELL, *words))
    whole = release is not None and release >= WHOLE_TEST_PODMAN
    if whole or all(word.split() == [word] for word in program):
        return ["CMD", *program]
    if len(program) > 1 and program[0].upper() not in _KEYWORDS:
        return [json.dumps(program)]
    return ["CMD-SHELL", shlex.join(program)]
