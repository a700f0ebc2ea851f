"""Platforms: ``os/architecture[/variant]``, or one part of it, in any of the spellings that engines and builders know."""

from __future__ import annotations

import re
from typing import Any

from perry_ffi.model.values import bad

_PART = r"[a-z0-9_-]+\Z"
_VERSION = r"\([^()/]*\)"
_SYSTEMS = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "illumos",
        "ios",
        "js",
        "linux",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "zos",
    ]
)
_ARCHITECTURES = frozenset(
    [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "ppc64",
        "ppc64le",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)
_SAME = {"i386": "386", "x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm/v7", "armel": "arm/v6"}
_OWN_SYSTEM = "linux"


def platform(value: Any) -> str:
    """``linux/amd64``, ``linux/arm/v7``; ``linux`` alone is that of the engine's architecture, ``amd64`` alone linux's.

    Letters of any case, other names of an architecture (``x86_64``) and a version of the system (``windows(10.0)/amd64``)
    are read too; the answer has none of them.
    """
    text = value.lower() if isinstance(value, str) else ""
    system, *rest = re.sub(_VERSION, "", text, count=1).split("/")
    if len(rest) > 2 or not all(re.match(_PART, part) for part in (system, *rest)):
        bad("a platform such as linux/arm64", value)
    system = "darwin" if system == "macos" else system
    if rest:
        return "/".join((system, _SAME.get(rest[0], rest[0]), *(_variant(part) for part in rest[1:])))
    if system in _SYSTEMS:
        return system
    architecture = _SAME.get(system, system)
    if architecture.partition("/")[0] not in _ARCHITECTURES:
        bad("a platform such as linux/arm64", value)
    return f"{_OWN_SYSTEM}/{architecture}"


def _variant(text: str) -> str:
    return f"v{text}" if text.isdecimal() else text
