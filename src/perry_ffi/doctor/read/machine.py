"""The system and the user, from files and the system's own tables; starts nothing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.doctor.facts import Machine

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

_HELPERS = {
    "netavark": ("usr/libexec/podman", "usr/lib/podman", "usr/local/libexec/podman", "usr/local/lib/podman"),
    "aardvark-dns": ("usr/libexec/podman", "usr/lib/podman", "usr/local/libexec/podman", "usr/local/lib/podman"),
    "bridge": ("opt/cni/bin", "usr/lib/cni", "usr/libexec/cni"),
    "firewall": ("opt/cni/bin", "usr/lib/cni", "usr/libexec/cni"),
}
_LARGEST = 1024 * 1024


def read_machine(settings: Settings, root: Path = Path("/"), *, name: str = sys.platform) -> Machine:
    """This machine. root: where its files are; name: as ``sys.platform``, for tests."""
    runtime_dir = _runtime_dir(settings)
    user = _user(settings)
    return Machine(
        platform=name,
        release=platform.mac_ver()[0] if name == "darwin" else platform.release(),
        arch=platform.machine(),
        user=user,
        uid=os.getuid() if hasattr(os, "getuid") else None,
        home=str(settings.home),
        runtime_dir=runtime_dir,
        groups=_groups(),
        listed_groups=_listed_groups(user),
        distribution=_distribution(root),
        systemd=(root / "run/systemd/system").is_dir(),
        wsl=_wsl(root),
        container=(root / ".dockerenv").exists() or (root / "run/.containerenv").exists(),
        cgroup=_cgroup(root),
        units=_units(settings),
        helpers=_helpers(root, settings),
        subids=_subids(root, user),
    )


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _runtime_dir(settings: Settings) -> str:
    if settings.runtime_dir is not None:
        return str(settings.runtime_dir)
    folder = Path(f"/run/user/{os.getuid()}") if hasattr(os, "getuid") else None
    return str(folder) if folder is not None and folder.is_dir() else ""


def _user(settings: Settings) -> str:
    """The name in the system's table: a variable may say another."""
    try:
        import pwd  # which not every system has

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return (settings.environ or {}).get("USERNAME", "")


def _groups() -> frozenset[str]:
    """Those of this process, which it got when its session began."""
    try:
        import grp
    except ImportError:
        return frozenset()
    names: set[str] = set()
    for number in {*os.getgroups(), os.getegid()}:
        with suppress(KeyError):
            names.add(grp.getgrgid(number).gr_name)
    return frozenset(names)


def _listed_groups(user: str) -> frozenset[str]:
    """Those that the user's next session gets."""
    try:
        import grp
        import pwd

        numbers = os.getgrouplist(user, pwd.getpwnam(user).pw_gid)
    except (ImportError, KeyError):
        return frozenset()
    names: set[str] = set()
    for number in numbers:
        with suppress(KeyError):
            names.add(grp.getgrgid(number).gr_name)
    return frozenset(names)


def _distribution(root: Path) -> tuple[str, ...]:
    values: dict[str, str] = {}
    for line in (_text(root / "etc/os-release") or _text(root / "usr/lib/os-release")).splitlines():
        key, _, value = line.partition("=")
        values[key.strip()] = value.strip().strip("\"'")
    return tuple(dict.fromkeys(f"{values.get('ID', '')} {values.get('ID_LIKE', '')}".lower().split()))


def _wsl(root: Path) -> int:
    said = _text(root / "proc/version").lower()
    return 0 if "microsoft" not in said else 2 if "wsl2" in said or (root / "run/WSL").is_dir() else 1


def _cgroup(root: Path) -> str:
    folder = root / "sys/fs/cgroup"
    if (folder / "cgroup.controllers").exists():
        return "2"
    return "hybrid" if (folder / "unified/cgroup.controllers").exists() else "1" if folder.is_dir() else ""


def _units(settings: Settings) -> frozenset[str]:
    with suppress(OSError):
        return frozenset(path.name for path in (settings.config_home / "systemd/user").iterdir())
    return frozenset()


def _helpers(root: Path, settings: Settings) -> frozenset[str]:
    cni = (settings.environ or {}).get("CNI_PATH", "")

    def folders(name: str) -> Iterator[Path]:
        if cni and name in ("bridge", "firewall"):
            yield Path(cni)
        yield from (root / folder for folder in _HELPERS[name])
        yield from map(Path, settings.search_path.split(os.pathsep))

    return frozenset(name for name in _HELPERS if any((folder / name).is_file() for folder in folders(name)))


def _subids(root: Path, user: str) -> bool | None:
    """Whether both tables have a line for the user; a table that is not there tells nothing: others may keep the ranges."""
    texts = [_text(root / "etc" / name) for name in ("subuid", "subgid")]
    if not user or not all(texts):
        return None
    uid = str(os.getuid()) if hasattr(os, "getuid") else user
    return all(any(line.split(":")[0] in (user, uid) for line in text.splitlines()) for text in texts)
