"""The errors of reading from a registry. None has a word of an answer in it: an answer may repeat what was sent."""

from __future__ import annotations

import json
import re

from perry_ffi.errors import RegistryNotAvailable, VerificationFailed

_CODE = re.compile(r"[A-Z_]{3,40}\Z")


def not_available(
    host: str, reason: str, message: str, *, status: int | None = None, remedy: str | None = None
) -> RegistryNotAvailable:
    """The registry ``host`` could not be asked. message: what it does, after its name."""
    return RegistryNotAvailable(f"registry {host}: {message}", host=host, status=status, reason=reason, remedy=remedy)


def lied(what: str, message: str, *, digest: str | None = None) -> VerificationFailed:
    """The registry answers other bytes than it says."""
    return VerificationFailed(f"{what}: {message}", reason="registryLied", image=what, digest=digest)


def too_large(what: str, limit: int) -> VerificationFailed:
    return VerificationFailed(f"{what}: more than {limit} bytes", reason="tooLarge", image=what, limit=limit)


def refusal(host: str, status: int, body: bytes = b"", *, login: str = "") -> RegistryNotAvailable:
    """For a status that answers nothing. body: the registry's own error codes are read from it. login: its name for a login."""
    reason, message, remedy = _of_status(login or host, status)
    code = _code(body)
    return not_available(host, reason, f"{message}{f' ({code})' if code else ''}", status=status, remedy=remedy)


def _of_status(login: str, status: int) -> tuple[str, str, str | None]:
    if status == 401:
        return "unauthorized", "it does not accept these credentials", f"log in: docker login {login}"
    if status == 403:
        return "denied", "it denies access", f"log in as a user who may read there: docker login {login}"
    if status == 407:
        return "proxy", "its proxy wants a user and a password", "put them into HTTP_PROXY"
    if status == 429:
        return "limited", "it limits how often it may be asked", f"ask again later, or log in: docker login {login}"
    if status >= 500:
        return "failing", f"it fails with status {status}", None
    return "status", f"it answers with status {status}", None


def _code(body: bytes) -> str | None:
    """The first code of the distribution specification's "error codes"."""
    try:
        code = json.loads(body)["errors"][0]["code"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return code if isinstance(code, str) and _CODE.match(code) else None
