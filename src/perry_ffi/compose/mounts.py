"""The short syntax of a service's volume: ``source:target:options``.

A source that starts with ``.``, ``/``, ``~`` or a Windows drive is a bind mount;
any other is a named volume; one part alone is an anonymous volume. Unknown
options are ignored, as docker compose does.
"""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.fault import fault

_PROPAGATIONS = frozenset(("rprivate", "private", "rshared", "shared", "rslave", "slave"))


def parse_mount(text: str, path: str) -> dict[str, Any]:
    """The long form of a short volume. Raises ValidationError at ``path``."""
    if not text:
        raise fault(path, "the volume is empty", "source:target or a target")
    if len(text.encode(errors="surrogateescape")) <= 2:
        return {"type": "volume", "target": text}
    parts = _split(text)
    if not all(parts):
        raise fault(path, f"{text!r} has an empty section between colons", "source:target[:options]")
    if len(parts) > 3:
        raise fault(path, f"{text!r} has too many colons", "source:target[:options]")
    mount: dict[str, Any] = {"type": "volume", "source": parts[0]} if len(parts) > 1 else {"type": "volume"}
    mount["target"] = parts[min(1, len(parts) - 1)]
    _apply_options(mount, parts[2].split(",") if len(parts) == 3 else [])
    if is_host_path(mount.get("source", "")):
        mount["type"] = "bind"
        mount.setdefault("bind", {})["create_host_path"] = True
    else:
        mount.setdefault("volume", {})
    return mount


def is_host_path(source: str) -> bool:
    """Whether a volume's source names a path of the host rather than a volume."""
    if not source:
        return False
    if source[0] in "./~" or source.startswith("\\\\"):
        return True
    return len(source) > 1 and source[0].isalpha() and source[1] == ":"


def _split(text: str) -> list[str]:
    """Parts between colons; a drive letter keeps its colon, and so does ``${...}``."""
    parts: list[str] = []
    part, depth = "", 0
    for index, char in enumerate(text):
        if char == "$" and text[index + 1 : index + 2] == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == ":" and not depth and not (len(part) == 1 and part.isalpha()):
            parts.append(part)
            part = ""
            continue
        part += char
    return [*parts, part]


def _apply_options(mount: dict[str, Any], options: list[str]) -> None:
    for option in options:
        if option == "ro":
            mount["read_only"] = True
        elif option == "rw":
            mount.pop("read_only", None)
        elif option == "nocopy":
            mount["volume"] = {"nocopy": True}
        elif option in _PROPAGATIONS:
            mount.setdefault("bind", {})["propagation"] = option
        elif option in ("z", "Z"):
            mount.setdefault("bind", {})["selinux"] = option
