"""No room above the backends knows an engine: neither its name nor its documents.

What differs between engines is a value that a backend fills in or declares. Docstrings and comments may name engines, for
behaviour has to be described; code may not, but for what stands in ``ALLOWED`` with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.unit.test_rooms import SOURCE, modules, room

ABOVE = {
    "advice", "api", "bridge", "cancellation", "cli", "compose", "errors", "graph", "model", "runtime", "service", "stack",
    "trust", "workload",
}  # fmt: skip
ENGINES = (
    "docker", "moby", "swarm", "podman", "libpod", "nerdctl", "containerd", "buildkit", "buildah", "lima", "colima",
    "orbstack", "rancher",
)  # fmt: skip
# A Dockerfile is the format's name, also where no docker is.
WORD = re.compile(rf"(?:{'|'.join(ENGINES)})(?!file)", re.IGNORECASE)
