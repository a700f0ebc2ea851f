"""Which of docker's two builders a build needs: the classic one, or BuildKit. Pure.

The classic one is kept where it can do the build. BuildKit is needed for what only its session brings (secrets, ssh),
and for a Dockerfile in words that the classic one does not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.build.dockerfile import Instruction, directives, instructions

if TYPE_CHECKING:
    from perry_ffi.model.image import BuildSpec

_CLASSIC_FLAGS = {"RUN": (), "COPY": ("--from", "--chown"), "ADD": ("--chown",)}
_PLATFORM_ARGUMENT = re.compile(r"(BUILD|TARGET)(PLATFORM|OS|ARCH|VARIANT)\Z")


def needs_buildkit(spec: BuildSpec, dockerfile: str) -> str | None:
    """Why the build needs BuildKit, in a few words; None where the classic builder does."""
    if spec.secrets:
        return "secrets"
    if spec.ssh:
        return "ssh"
    if "syntax" in directives(dockerfile):
        return "a # syntax= line"
    reasons = (_reason(one) for one in instructions(dockerfile))
    return next((reason for reason in reasons if reason), None)


def _reason(one: Instruction) -> str | None:
    if one.heredocs:
        return f"a here-document of {one.word}"
    if one.word in _CLASSIC_FLAGS:
        flags = [flag.partition("=")[0] for flag in one.flags]
        unknown = [flag for flag in flags if flag not in _CLASSIC_FLAGS[one.word]]
        return f"{one.word} {unknown[0]}" if unknown else None
    if one.word == "FROM" and any(flag.startswith("--platform=") and "$" in flag for flag in one.flags):
        return "FROM --platform with a variable"
    if one.word == "ARG" and any(_PLATFORM_ARGUMENT.match(word) for word in one.words):
        return f"ARG {one.words[0]}"
    return None
