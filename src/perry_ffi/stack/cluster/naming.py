"""What the parts of a project are called in a cluster. Pure."""

from __future__ import annotations

import re

from perry_ffi.errors import ValidationError
from perry_ffi.stack.translate.document import shown

LONGEST_SERVICE = 63
"""A service's name is a name of DNS, which its tasks are found by."""
LONGEST_FILE = 64
DIGITS = 12
"""Of a content's digest, in the name of a config or secret."""
_SERVICE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\Z")
_FILE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\Z")


def service_name(project: str, service: str) -> str:
    """``<project>_<service>``. Raises ValidationError where that is no name of DNS: letters, digits, ``-`` and ``_``, 63 at most."""
    name = f"{project}_{service}"
    if len(name) > LONGEST_SERVICE:
        _bad(f"services.{service}", name, f"a name of at most {LONGEST_SERVICE} characters in the cluster, it has {len(name)}")
    if not _SERVICE.match(name):
        _bad(f"services.{service}", name, "a name of letters, digits, - and _ in the cluster, the first and last no sign")
    return name


def file_name(base: str, digest: str, where: str) -> str:
    """The name of a config or secret whose content has this digest: ``<base>_<12 digits of it>``, of a long base what there is room
    for. where: its place in the project.
    """
    return checked_file_name(f"{file_base(base)}_{digest[:DIGITS]}", where)


def file_base(base: str) -> str:
    """What a config's or secret's name begins with."""
    return base[: LONGEST_FILE - DIGITS - 1]


def checked_file_name(name: str, where: str) -> str:
    """``name``. Raises ValidationError where it is no name of a config or secret."""
    if len(name) > LONGEST_FILE:
        _bad(where, name, f"a name of at most {LONGEST_FILE} characters in the cluster, it has {len(name)}")
    if not _FILE.match(name):
        _bad(where, name, "a name of letters, digits and -_. in the cluster, the first and last no sign")
    return name


def _bad(where: str, name: str, expected: str) -> None:
    raise ValidationError(
        f"{where}: expected {expected}: {shown(name)}",
        path=where, expected=expected, name=name, remedy="rename it, or give the project another name",
    )  # fmt: skip


__all__ = ["DIGITS", "LONGEST_FILE", "LONGEST_SERVICE", "checked_file_name", "file_base", "file_name", "service_name"]
