"""Privileges of a container as options: capabilities, seccomp, security options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.arguments import option, options, record
from perry_ffi.backends.command_line.honoured import refuse
from perry_ffi.backends.engine_api.requests.security import read_seccomp, split_option

if TYPE_CHECKING:
    from perry_ffi.backends.nerdctl.create_words import Creation
    from perry_ffi.model.container import ContainerSpec

_MEMBER = "ContainerSpec.security_opt"
_KNOWN = ("apparmor", "label", "systempaths", "no-new-privileges")
_OWN_PROFILE = ("default", "builtin")


def security_words(spec: ContainerSpec, known: Creation) -> list[str]:
    """Raises Unsupported for a security option that nerdctl lacks, or a profile that it would not find."""
    words = ["--privileged"] if spec.privileged else []
    words += ["--read-only"] if spec.read_only else []
    for flag, names in (("cap-add", spec.cap_add), ("cap-drop", spec.cap_drop)):
        words += [option(flag, record([name], flag)) for name in names]
    given = [entry for index, entry in enumerate(spec.security_opt) if _is_passed_on(index, entry, known.backend)]
    if spec.no_new_privileges:
        given.append("no-new-privileges")
    if profile := _seccomp(spec, known):
        given.append(f"seccomp={profile}")
    return words + options("security-opt", dict.fromkeys(given))


def _is_passed_on(index: int, entry: str, backend: str) -> bool:
    key, _ = split_option(entry)
    if key == "seccomp":
        return False
    if key not in _KNOWN:
        refuse(f"{_MEMBER}[{index}]", backend, f"it does not know the security option {key!r}")
    return True


def _seccomp(spec: ContainerSpec, known: Creation) -> str:
    """A path that was read, ``unconfined``, or nothing for nerdctl's own profile."""
    if profile := read_seccomp(spec, known.directory):
        if why := known.unread(profile.path) if profile.path else "it reads a profile from a file only":
            refuse("ContainerSpec.seccomp", known.backend, why)
        return profile.path
    named = [spec.seccomp or "", *(value for key, value in map(split_option, spec.security_opt) if key == "seccomp")]
    return "unconfined" if "unconfined" in named else ""


__all__ = ["security_words"]
