"""What secrets and configs take from variables: values beside the model, which never holds them.

A variable is one of the files that declare the secret or config: what an included project declares, its env file
gives. The project's own files have the project's variables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.load_state import LoadState

SECTIONS = ("configs", "secrets")


def note_contents(tree: Mapping[str, Any], env: Mapping[str, str], state: LoadState) -> None:
    """Note what ``env``, of an included project, has for the secrets and configs of its ``tree``.

    Raises ValidationError for one that two inclusions declare with different values.
    """
    for section in SECTIONS:
        rows = tree.get(section)
        for key, row in rows.items() if type(rows) is dict else ():
            variable = row.get("environment") if type(row) is dict else None
            if type(variable) is not str or variable not in env:
                continue
            known = state.contents.setdefault((section, key), (variable, env[variable]))
            if known[0] == variable and known[1] != env[variable]:
                raise fault(f"{section}.{key}", f"two included files declare it, and the variable {variable} differs")


def contents_of(model: Mapping[str, Any], env: Mapping[str, str], state: LoadState) -> dict[str, str]:
    """The values for the secrets and configs of a model, by path (``secrets.token``); without those of unset variables."""
    found: dict[str, str] = {}
    for section in SECTIONS:
        for key, row in model[section].items():
            variable = row.get("environment")
            noted = state.contents.get((section, key))
            if noted is not None and noted[0] == variable:
                found[f"{section}.{key}"] = noted[1]
            elif variable in env:
                found[f"{section}.{key}"] = env[variable]
    return found
