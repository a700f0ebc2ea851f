"""Which tests may run beside each other, where several processes run them (``pytest -n 2 --dist loadgroup``).

Those with real engines stay in one process, so that engines are started once and have no second load beside the first;
those of one folder that build or load the shared object share what they build.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
TOGETHER = {"live": "engines", "examples": "engines", "perry": "engines", "abi": "abi", "packaging": "packaging"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folders = item.path.relative_to(ROOT).parts[:-1]
        for group in {TOGETHER[name] for name in folders if name in TOGETHER and folders != ("unit", "abi")}:
            item.add_marker(pytest.mark.xdist_group(group))
