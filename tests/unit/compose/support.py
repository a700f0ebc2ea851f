"""Loading projects that a test writes down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perry_ffi.compose import LoadOptions, Project, load


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below ``folder``, with their folders."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def load_text(folder: Path, text: str, *, files: Mapping[str, str] | None = None, **arguments: Any) -> Project:
    """The project of one Compose file with this text, beside other files."""
    return load_files(folder, {"compose.yaml": text, **(files or {})}, **arguments)


def load_files(folder: Path, files: Mapping[str, str], names: list[str] | None = None, **arguments: Any) -> Project:
    """The project of these files; ``names`` are the Compose files among them, by default to be discovered."""
    write(folder, files)
    arguments.setdefault("env", {})
    arguments.setdefault("options", LoadOptions())
    return load(names, working_directory=folder, **arguments)


def service(folder: Path, body: str, **arguments: Any) -> dict[str, Any]:
    """The model of a service called ``a`` with an image and these lines of YAML flow members."""
    project = load_text(folder, f"name: p\nservices: {{a: {{image: x, {body}}}}}\n", **arguments)
    return project.to_dict()["services"]["a"]


def relative(tree: Any, folder: Path) -> Any:
    """``tree`` with ``@`` for the folder of the test."""
    return json.loads(json.dumps(tree).replace(str(folder), "@"))
