"""Privileges of a container: capabilities, seccomp, security options, isolation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.flavour import Flavour, refuse_member
from perry_ffi.backends.engine_api.requests.honoured import has_security_option
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.files import open_file

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec

MAX_PROFILE_BYTES = 1 << 20
_OWN_PROFILE = ("default", "builtin")
"""Words for the engine's own seccomp profile, which it has unasked."""
_MEMBER = "ContainerSpec.security_opt"
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


@dataclass(frozen=True)
class SeccompProfile:
    """A profile: its absolute path, and its JSON text in compact form."""

    path: str
    text: str


def seccomp_path(spec: ContainerSpec) -> str | None:
    """The profile's path that ``spec`` names (by ``seccomp`` or a security option), ``None`` for a built-in choice."""
    choice = _seccomp_choice(spec)
    return None if choice in (None, *_OWN_PROFILE, "unconfined") else choice


def read_seccomp(spec: ContainerSpec, directory: Path) -> SeccompProfile | None:
    """Reads the profile that ``spec`` names, relative to ``directory``; ``None`` where it names none. One that is given whole, as
    this library does, has no path.

    Raises NotFound where the file is missing, ValidationError where it is not a JSON object of at most 1 MiB.
    """
    named = seccomp_path(spec)
    if named is None:
        return None
    if named.startswith("{"):
        return SeccompProfile("", _compact(named, Path("seccomp")))
    path = Path(directory, named)
    try:
        with open_file(str(path)) as file:
            content = file.read(MAX_PROFILE_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such seccomp profile", file=str(path), path="ContainerSpec.seccomp") from None
    except OSError as error:
        raise _bad_profile(path, f"a readable file ({error.strerror})") from None
    return SeccompProfile(str(path.absolute()), _compact(content, path))


def _compact(content: str | bytes, path: Path) -> str:
    try:
        document = json.loads(content) if len(content) <= MAX_PROFILE_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _bad_profile(path, "a JSON object of at most 1 MiB")
    return json.dumps(document, separators=(",", ":"))


def security_part(spec: ContainerSpec, flavour: Flavour, profile: SeccompProfile | None) -> dict[str, Any]:
    """The ``HostConfig`` members that give or take privileges. Anything unknown is refused by name."""
    host: dict[str, Any] = {}
    for key, value in (
        ("Privileged", spec.privileged),
        ("ReadonlyRootfs", spec.read_only),
        ("CapAdd", spec.cap_add),
        ("CapDrop", spec.cap_drop),
    ):
        if value:
            host[key] = value
    options, unmasked = _options(spec, flavour)
    if (choice := _seccomp_choice(spec)) not in (None, *_OWN_PROFILE):
        options.append("seccomp=" + _seccomp_value(choice, flavour, profile))
    if options:
        host["SecurityOpt"] = list(dict.fromkeys(options))
    if unmasked and flavour == "docker":
        host |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return host


def _options(spec: ContainerSpec, flavour: Flavour) -> tuple[list[str], bool]:
    """The engine's security options but seccomp, and whether the system paths are to be unmasked."""
    options: list[str] = []
    unmasked = False
    for index, entry in enumerate(spec.security_opt):
        key, value = split_option(entry)
        member = f"{_MEMBER}[{index}]"
        if key == "no-new-privileges":
            options += _no_new_privileges(value, member)
        elif key in ("apparmor", "label") and value:
            options.append(f"{key}={value}")
        elif key == "apparmor" and entry != key:
            continue  # An empty profile is the engine's own.
        elif key == "systempaths" and value == "unconfined":
            unmasked = True
            options += ["systempaths=unconfined"] if flavour == "podman" else []
        elif value and has_security_option(key, flavour):
            options.append(f"{key}={value}")
        elif key != "seccomp" or not value:
            refuse_member(member, flavour, f"it does not know the security option {key!r}")
    if spec.no_new_privileges:
        options.append("no-new-privileges:true")
    return options, unmasked


def split_option(entry: str) -> tuple[str, str]:
    """Key and value of a security option; ``=`` and the older ``:`` both part them."""
    sign = "=" if "=" in entry else ":"
    key, _, value = entry.partition(sign)
    if ":" in key:
        key, _, value = entry.partition(":")
    return key, value


def _no_new_privileges(value: str, member: str) -> list[str]:
    if value not in ("", *_TRUE, *_FALSE):
        raise ValidationError(f"{member}: expected true or false", path=member, expected="true or false")
    return [] if value in _FALSE else ["no-new-privileges:true"]


def _seccomp_choice(spec: ContainerSpec) -> str | None:
    entries = [split_option(entry) for entry in spec.security_opt]
    chosen = {value for key, value in entries if key == "seccomp" and value}
    if spec.seccomp:
        chosen.add(spec.seccomp)
    if len(chosen) > 1:
        expected = "one seccomp profile, by seccomp or by security_opt"
        raise ValidationError(f"{_MEMBER}: expected {expected}", path=_MEMBER, expected=expected)
    return chosen.pop() if chosen else None


def _seccomp_value(choice: str, flavour: Flavour, profile: SeccompProfile | None) -> str:
    """Docker's API takes the profile itself, podman's the path of it on the engine's machine."""
    if choice == "unconfined":
        return choice
    if profile is None:
        raise _bad_profile(Path(choice), "a profile that was read")
    return profile.text if flavour == "docker" else profile.path


def _bad_profile(path: Path, expected: str) -> ValidationError:
    message = f"{path}: expected {expected} as seccomp profile"
    return ValidationError(message, path="ContainerSpec.seccomp", file=str(path), expected=expected)
