"""Answers recorded from dockerd 20.10 and podman 4.3 for the same containers."""

from __future__ import annotations

import json
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "recorded"


ENGINES = {name: json.loads((RECORDED / f"{name}.json").read_text()) for name in ("docker-20.10", "podman-4.3")}
