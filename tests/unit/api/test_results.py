from __future__ import annotations

import json

import pytest

from perry_ffi.api.results import encode
from perry_ffi.errors import ContainerError
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.model.container import WaitResult


@pytest.mark.parametrize("value", [None, True, 3, "text", "ü\n", [], [1, "a"], {"a": None}])
def test_plain_values_stay_as_they_are(value: object) -> None:
    assert json.loads(encode(value)) == value


def test_models_and_lists_of_them_go_by_their_names_in_json() -> None:
    assert json.loads(encode(WaitResult(exit_code=3))) == {"exitCode": 3}
    assert [row["errors"] for row in json.loads(encode([CleanupReport(errors=["no"])]))] == [["no"]]


def test_what_has_no_json_is_an_error() -> None:
    with pytest.raises((TypeError, ValueError, ContainerError)):
        encode(object())
