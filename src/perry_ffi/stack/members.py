"""Which members of a service its containers were made from: digests by path, in a label, so that a change can be named. Pure.

The hash beside it decides; this only explains. Digests are short, and where there are many members the label has fewer paths.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from perry_ffi.stack.shape import shape, text

BOUND = 3_000
"""Characters of the longest label: some engines refuse one that is longer than about 4,000."""
DIGITS = 8
WHOLE = "*"
"""In a label without paths: each name stands for all that is below it."""


def members(
    service: Mapping[str, Any], contents: Iterable[tuple[str, str]], networks: Mapping[str, str], volumes: Mapping[str, str]
) -> dict[str, Any]:
    """The value of each member by its path (``image``, ``environment.LOG``), as the hash of the service sees them.

    Arguments as of ``identity.config_hash``; the configs and secrets are ``contents.TARGET``.
    """
    found: dict[str, Any] = {}
    for name, value in shape(service, networks, volumes).items():
        if value is None or value == {} or value == []:
            continue
        if isinstance(value, Mapping):
            found.update({f"{name}.{key}": row for key, row in value.items()})
        else:
            found[name] = value
    return found | {f"contents.{target}": digest for target, digest in contents}


def member_label(found: Mapping[str, Any]) -> str:
    """The digests of ``members`` as the text of a label."""
    said = _text({path: _digest(value) for path, value in found.items()})
    if len(said) > BOUND:
        said = _text({WHOLE: "", **{name: _digest(rows) for name, rows in _by_name(found).items()}})
    return said if len(said) <= BOUND else ""


def changed(label: str, found: Mapping[str, Any]) -> dict[str, str] | None:
    """The paths that are not as a label says, each with ``changed``, ``added`` or ``removed``; None where it says nothing."""
    try:
        before = json.loads(label)
    except ValueError:
        return None
    if not isinstance(before, dict) or not before:
        return None
    if WHOLE in before:
        del before[WHOLE]
        now = {name: _digest(rows) for name, rows in _by_name(found).items()}
    else:
        now = {path: _digest(value) for path, value in found.items()}
    rows = {path: "removed" if path not in now else "added" if path not in before else "changed" for path in {**before, **now}}
    return {path: rows[path] for path in sorted(rows) if before.get(path) != now.get(path)}


def _by_name(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for path, value in found.items():
        rows.setdefault(path.partition(".")[0], {})[path] = value
    return rows


def _text(digests: Mapping[str, str]) -> str:
    return json.dumps(digests, sort_keys=True, separators=(",", ":"))


def _digest(value: Any) -> str:
    return hashlib.sha256(text(value).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
