"""Recorded answers of docker compose 2.40.3 to files of public projects, where they lie beside the checkout."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import load
from perry_ffi.compose.render import escape_dollars, to_json
from perry_ffi.errors import ContainerError

HERE = Path(__file__).parents[2].parent / "shared/conformance"
INDEX = json.loads((HERE / "index.json").read_text()) if (HERE / "index.json").exists() else []

pytestmark = pytest.mark.skipif(not INDEX, reason="no recorded cases beside the checkout")


def pruned(value: Any) -> Any:
    """``value`` without null members: absent and null are the same answer."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item is not None}
    return [pruned(item) for item in value] if isinstance(value, list) else value


def options(arguments: list[str], name: str) -> list[str]:
    return [value for option, value in pairwise(arguments) if option == name]


@pytest.mark.parametrize("case", INDEX, ids=[case["id"] for case in INDEX])
def test_the_answer_is_that_of_docker_compose(case):
    folder = HERE / "cases" / case["dir"]
    try:
        project = load(
            options(case["args"], "-f"),
            profiles=options(case["args"], "--profile"),
            env={"HOME": str(Path.home())},
            working_directory=folder,
        )
    except ContainerError as error:
        assert not case["ok"], error.message
        return
    assert case["ok"], f"accepted, but docker compose says: {case['error']}"
    shown = escape_dollars(to_json(project.to_dict())).replace(str(HERE / "cases"), "@CASES@")
    assert pruned(json.loads(shown)) == pruned(json.loads((HERE / case["expected"]).read_text()))
