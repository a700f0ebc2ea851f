"""Answers that no engine should give: a model, or an error that is an engine's."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.responses.container import parse_container, parse_containers, parse_health
from perry_ffi.backends.engine_api.responses.image import parse_image, parse_images
from perry_ffi.backends.engine_api.responses.network import parse_network, parse_networks, parse_volume, parse_volumes
from perry_ffi.backends.engine_api.responses.stats import parse_stats
from perry_ffi.errors import BackendError, Conflict
from tests.unit.backends.engine_api.responses.answers import ENGINES

PARSERS = [
    (parse_containers, "containers"), (parse_container, "inspect_web"), (parse_images, "images"), (parse_image,
        "image"),
    (parse_networks, "networks"), (parse_network, "network"), (parse_volumes, "volumes"), (parse_volume, "volume"),
    (lambda document: parse_stats(document, "x"), "stats"), (parse_health, "inspect_web"),
]  # fmt: skip


JUNK = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just([]) | st.just({}) | st.just([1]) | st.just({"a": 1})
)


def _damaged(document: Any, data: st.DataObject) -> Any:
    """``document`` with one value, at a drawn place, replaced by junk."""
    holder, key, value = None, None, document
    while isinstance(value, dict | list) and value and (holder is None or data.draw(st.booleans())):
        holder, keys = value, sorted(value) if isinstance(value, dict) else range(len(value))
        key = data.draw(st.sampled_from(list(keys)))
        value = holder[key]
    if holder is None:
        return data.draw(JUNK)
    holder[key] = data.draw(JUNK)
    return document


@pytest.mark.parametrize(("parser", "name"), PARSERS)
@given(data=st.data())
def test_a_damaged_answer_gives_a_model_or_a_backend_error(parser: Any, name: str, data: st.DataObject) -> None:
    document = copy.deepcopy(ENGINES[data.draw(st.sampled_from(sorted(ENGINES)))][name])
    with contextlib.suppress(BackendError, Conflict):
        parser(_damaged(document, data))


@pytest.mark.parametrize("created", [2**53, 2**62, -(2**62), "yesterday", 1.5, True])
def test_a_time_that_no_clock_shows_is_a_backend_error(engine: dict[str, Any], created: Any) -> None:
    with pytest.raises(BackendError):
        parse_container(engine["inspect_web"] | {"Created": created})


@pytest.mark.parametrize(("parser", "name"), PARSERS)
@pytest.mark.parametrize("answer", [3, "x", [3], [[]], True])
def test_an_answer_of_another_kind_is_a_backend_error(parser: Any, name: str, answer: Any) -> None:
    with pytest.raises(BackendError, match="cannot be read"):
        parser(answer)
