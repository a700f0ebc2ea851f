"""Named contexts as stages of the Dockerfile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.build.named_contexts import bases, staged
from perry_ffi.errors import Unsupported

HEAD = "ARG PERRY_CONTEXT_0\nFROM ${PERRY_CONTEXT_0} AS base\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM base\nCOPY --from=base a b\n", f"{HEAD}FROM base\nCOPY --from=base a b\n"),
        ("# syntax=x\n# why\nARG V=1\nFROM a:$V\n", f"# syntax=x\n# why\nARG V=1\n{HEAD}FROM a:$V\n"),
        ("FROM base:latest\nCOPY --from=base:latest a b\n", f"{HEAD}FROM base\nCOPY --from=base a b\n"),
        ("FROM base:2\n", f"{HEAD}FROM base:2\n"),
        # Stages that are named by their number move on by one.
        ("FROM a\nFROM b\nCOPY --chown=0 --from=0 x y\n", f"{HEAD}FROM a\nFROM b\nCOPY --chown=0 --from=1 x y\n"),
        ("FROM a\nRUN --mount=type=bind,from=0,target=/x \\\n  cp from=0 x\n",
            f"{HEAD}FROM a\nRUN --mount=type=bind,from=1,target=/x \\\n  cp from=0 x\n"),
        ("FROM a\nRUN echo --from=0\nCOPY --from=0 <<E --from=0 /\nE\n", f"{HEAD}FROM a\nRUN echo --from=0\nCOPY --from=1 <<E --from=0 /\nE\n"),
        # A stage of that name is replaced, in its place among the others.
        ("FROM a AS base\nRUN x\nFROM base\nCOPY --from=0 x y\n", f"{HEAD}FROM base\nFROM base\nCOPY --from=1 x y\n"),
        ("FROM a AS Base\nRUN <<E\nFROM x\nE\n# end\nFROM b", f"{HEAD}FROM base\n# end\nFROM b"),
        ("FROM a\r\nCOPY --from=0 x y\r\n", f"{HEAD}FROM a\r\nCOPY --from=1 x y\r\n"),
        ("FROM a\nONBUILD COPY --from=0 x y\n", f"{HEAD}FROM a\nONBUILD COPY --from=0 x y\n"),
    ],
)  # fmt: skip
def test_a_context_becomes_a_stage(text: str, expected: str) -> None:
    found = staged(text, ["base"])
    assert found.text == expected
    assert found.arguments == {"base": "PERRY_CONTEXT_0"}
    assert (found.target("0"), found.target("last"), found.target(None)) == ("1", "last", None)


@pytest.mark.parametrize("name", ["9" * 5000, "٣", "²", "-1", ""])
def test_what_is_no_number_of_a_stage_is_a_name(name: str) -> None:
    assert staged(f"FROM a\nCOPY --from={name or 'x'} a b\n", ["base"]).target(name) == name


def test_the_arguments_of_all_contexts_come_first() -> None:
    assert staged("FROM a\n", ["x", "y"]).text == (
        "ARG PERRY_CONTEXT_0\nARG PERRY_CONTEXT_1\nFROM ${PERRY_CONTEXT_0} AS x\nFROM ${PERRY_CONTEXT_1} AS y\nFROM a\n"
    )


def test_a_context_with_the_name_of_an_image() -> None:
    found = staged(
        "FROM --platform=linux/amd64 reg.io/a:1 AS x\nCOPY --from=reg.io/a:1 x y\nRUN --mount=from=reg.io/a:1 x\n", ["reg.io/a:1"]
    )
    stage = "perry-context-0"
    assert found.text == (
        f"ARG PERRY_CONTEXT_0\nFROM ${{PERRY_CONTEXT_0}} AS {stage}\nFROM --platform=linux/amd64 {stage} AS x\n"
        f"COPY --from={stage} x y\nRUN --mount=from={stage} x\n"
    )
    with pytest.raises(Unsupported) as caught:
        staged("ARG V\nFROM reg.io/a:$V\n", ["reg.io/a:1"])
    assert caught.value.details["member"] == "BuildSpec.additional_contexts.reg.io/a:1"


@given(st.text(alphabet="FROM ASbaseRUNCOPY<-E\\\n#`= 0", max_size=80))
def test_any_dockerfile_is_taken(text: str) -> None:
    assert "ARG PERRY_CONTEXT_0" in staged(text, ["base"]).text


def test_the_images_that_a_dockerfile_is_built_from() -> None:
    assert bases("FROM a AS x\nFROM scratch\nFROM x\nFROM b:1\nFROM a\nONBUILD FROM c\n") == ["a", "b:1"]
    assert bases(staged("FROM base\nFROM a\n", ["base"]).text) == ["a"]
    assert bases("ARG V\nFROM a:$V\n") is None
