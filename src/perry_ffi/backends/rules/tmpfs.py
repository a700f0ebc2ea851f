"""The options of a tmpfs: what each is about, which engine takes it, and whose directory it becomes."""

from __future__ import annotations

import re
from enum import Enum

_COMMON = ("size", "mode", "exec", "suid", "dev", "ro", "propagation")
_OWNER = ("uid", "gid")
_MOOT = ("defaults", "async", "atime", "diratime", "relatime", "norelatime", "nostrictatime", "nomand")
"""What a tmpfs is where nothing is said."""
_DOCKER = ("nr_inodes", "nr_blocks", "mpol", "sync", "dirsync", "noatime", "nodiratime", "strictatime", "mand")
_PODMAN = ("U", "tmpcopyup")
_VALUES = dict.fromkeys(_OWNER, r"[0-9]+") | dict.fromkeys(("size", "mode", "nr_inodes", "nr_blocks", "mpol"), r".+")
_OPPOSITES = {"noexec": "exec", "nosuid": "suid", "nodev": "dev", "rw": "ro", "notmpcopyup": "tmpcopyup"}
_PROPAGATION = ("shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable")


class Kind(Enum):
    """Who takes an option: every engine, docker alone, podman alone, nobody; or it is an owner's id, or says nothing."""

    COMMON = "common"
    OWNER = "owner"
    MOOT = "moot"
    DOCKER = "docker"
    PODMAN = "podman"
    UNKNOWN = "unknown"


class Owner(Enum):
    """Whose directory it is: root's, the container's own user's (surely, or but for the group), or another's."""

    ROOT = "root"
    USER = "user"
    USER_BUT_GROUP = "user but group"
    OTHER = "other"


def parsed(options: str) -> dict[str, str]:
    """What each option is about (``exec`` for ``noexec``), and the one that holds: the last, as docker has it."""
    found: dict[str, str] = {}
    for word in options.split(","):
        if word:
            name = word.partition("=")[0]
            about = "propagation" if name in _PROPAGATION else _OPPOSITES.get(name, name)
            found.pop(about, None)
            found[about] = word
    return found


def kind(about: str, option: str) -> Kind:
    """Of one entry of ``parsed``."""
    name, sign, value = option.partition("=")
    if (name in _VALUES and not re.fullmatch(_VALUES[name], value)) or (sign and name not in _VALUES):
        return Kind.UNKNOWN
    if option == "notmpcopyup":
        return Kind.MOOT
    kinds = {Kind.COMMON: _COMMON, Kind.OWNER: _OWNER, Kind.MOOT: _MOOT, Kind.DOCKER: _DOCKER, Kind.PODMAN: _PODMAN}
    return next((kind for kind, names in kinds.items() if about in names), Kind.UNKNOWN)


def owner(options: str, user: str | None) -> Owner:
    """By ``uid`` and ``gid``, which are 0 where they are not said, and the ``user`` that the container runs as."""
    found = parsed(options)
    uid, gid = ((found[name].partition("=")[2] if name in found else "0").lstrip("0") for name in _OWNER)
    if not uid and not gid:
        return Owner.ROOT
    name, _, group = (user or "").partition(":")
    if not name.isdecimal() or name.lstrip("0") != uid:
        return Owner.OTHER
    if group.isdecimal() and group.lstrip("0") == gid:
        return Owner.USER
    return Owner.OTHER if "gid" in found and group.isdecimal() else Owner.USER_BUT_GROUP


def for_own_user(options: str, user: str | None) -> str:
    """``options`` with podman's word for the container's own user in place of ``uid`` and ``gid`` that mean him."""
    found = parsed(options)
    if not found.keys() & set(_OWNER) or (whose := owner(options, user)) is Owner.OTHER:
        return options
    words = [word for about, word in found.items() if about not in _OWNER]
    return ",".join([*words, "U"] if whose is not Owner.ROOT else words)


def without(options: str, *kinds: Kind) -> str:
    """``options`` less those of some kinds."""
    return ",".join(word for about, word in parsed(options).items() if kind(about, word) not in kinds)


__all__ = ["Kind", "Owner", "for_own_user", "kind", "owner", "parsed", "without"]
