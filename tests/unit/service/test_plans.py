from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.saved_plan import PlanEngine, PlanRequest, SavedPlan
from perry_ffi.service import plans
from perry_ffi.stack.options import Up

VALUES: dict[str, Any] = {"services": ("a", "b"), "pull": "always", "scale": {"a": 2}, "wait_timeout": 1.5, "timeout": 3.0}


def saved(options: dict[str, Any]) -> SavedPlan:
    plain = json.loads(json.dumps(options))
    engine, request = PlanEngine(name="e", identity="e"), PlanRequest(files=["/f"], workingDirectory="/")
    return SavedPlan(project="p", engine=engine, request=request, options=plain, model={}, observed={}, steps=[])


@pytest.mark.parametrize("name", [field.name for field in fields(Up)])
def test_each_option_of_up_comes_back_as_it_was(name: str) -> None:
    value = VALUES.get(name, not getattr(Up(), name))
    options = Up(**{name: value})
    kept = {key: value for key, value in asdict(options).items() if value is not None}
    assert plans.options_of(saved(kept)) == options
    with pytest.raises(ValidationError, match=f"options.{name}"):
        plans.options_of(saved({name: [1]}))
