"""Which builds are for BuildKit, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.build.buildkit.choice import needs_buildkit
from perry_ffi.model.base import decode
from perry_ffi.model.image import BuildSpec


def build(**members: Any) -> BuildSpec:
    return decode(BuildSpec, json.dumps(members))


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM a\nRUN x\nCOPY --from=0 --chown=1 a b\nADD --chown=1 a b\nHEALTHCHECK --interval=1s CMD x\n", None),
        ("FROM --platform=linux/amd64 a\nARG VERSION\nRUN echo $((1<<3)) 1<<3 <<< x\n", None),
        ("FROM a\n# RUN --mount=type=cache x\nRUN echo \\\n# --mount\n --mount=x\nCMD cat <<EOF\nCMD x\n", None),
        ('FROM a\nRUN ["cat", "<<EOF"]\nCMD x\nRUN cat <<EOF\nCMD nobody closes it\n', None),
        ("FROM a\n# syntax=docker/dockerfile:1\n", None),
        ("# syntax=docker/dockerfile:1\nFROM a\n", "a # syntax= line"),
        ("#escape=`\n# SYNTAX = x\nFROM a\n", "a # syntax= line"),
        ("FROM a\nRUN --mount=type=cache,target=/c x\n", "RUN --mount"),
        ("FROM a\nrun \\\n  \\\n  # why\n\n  --network=none \\\n x\n", "RUN --network"),
        ("# escape=`\nFROM a\nRUN `\n --security=insecure x\n", "RUN --security"),
        ("FROM a\nONBUILD RUN --mount=type=cache,target=/c x\n", "RUN --mount"),
        ("FROM a\nCOPY --from=b --link x y\n", "COPY --link"),
        ("FROM a\r\nADD --chmod=700 x y\r\n", "ADD --chmod"),
        ("FROM a\nRUN <<EOF\necho\nEOF\n", "a here-document of RUN"),
        ("FROM a\nCOPY <<-'one' <<two /x/\n\tone\n two\ntwo\nRUN x\n", "a here-document of COPY"),
        ("FROM --platform=$BUILDPLATFORM a\n", "FROM --platform with a variable"),
        ("FROM a\nARG TARGETARCH\n", "ARG TARGETARCH"),
        ("", None),
    ],
)  # fmt: skip
def test_buildkit_is_for_what_the_classic_builder_does_not_know(dockerfile: str, why: str | None) -> None:
    assert needs_buildkit(build(), dockerfile) == why


def test_buildkit_is_for_what_only_a_session_brings() -> None:
    assert needs_buildkit(build(secrets=[{"id": "a", "content": "1"}]), "FROM a") == "secrets"
    assert needs_buildkit(build(ssh=["default"]), "FROM a") == "ssh"


@given(st.text(alphabet="FROM RUNCOPY<-E\\\n#`= a", max_size=80))
def test_any_dockerfile_is_read(text: str) -> None:
    needs_buildkit(build(), text)
