"""What this side of a TLS connection trusts, and what it shows of itself: files, and what is said of those that cannot be used."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from perry_ffi.net.refusal import Unreachable


def client_context(
    *, authorities: Sequence[Path] | None = None, certificate: Path | None = None, key: Path | None = None, verify: bool = True
) -> ssl.SSLContext:
    """authorities: PEM files of whom is trusted, None: whom the system trusts. certificate, key: what is shown, both or none.

    verify: whether the other side must show that it is trusted. Raises Unreachable, which names a file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authorities is None:
        context.load_default_certs()
    else:
        trust(context, authorities)
    if certificate is not None and key is not None:
        _show(context, certificate, key)
    return context


def trust(context: ssl.SSLContext, authorities: Sequence[Path]) -> None:
    """Adds authorities. Raises Unreachable, which names a file that cannot be used."""
    for path in authorities:
        try:
            context.load_verify_locations(path)
        except (OSError, ValueError) as error:
            raise _unusable(str(path), error) from None


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _Locked:
        raise Unreachable(f"{key} needs a passphrase", "take it off the key: openssl pkey -in key.pem -out plain.pem") from None
    except (OSError, ValueError) as error:
        unreadable = [path for path in (certificate, key) if not os.access(path, os.R_OK, effective_ids=True)]
        raise _unusable(str(unreadable[0]) if unreadable else f"{certificate} with {key}", error) from None


class _Locked(Exception):
    """A key that only a passphrase opens: nobody is there to be asked."""


def _no_password() -> str:
    raise _Locked


def _unusable(what: str, error: Exception) -> Unreachable:
    if isinstance(error, ssl.SSLError):
        why = "the key is another certificate's" if error.reason == "KEY_VALUES_MISMATCH" else "that is no PEM of the right kind"
    else:
        why = (isinstance(error, OSError) and error.strerror) or type(error).__name__
    if isinstance(error, PermissionError):
        return Unreachable(f"{what} cannot be read: {why}", "make it readable for this user")
    return Unreachable(f"{what} cannot be used: {why}", "put the right file there")


def words(error: ssl.SSLError) -> str:
    """OpenSSL's reason as people write it."""
    return (error.reason or error.strerror or type(error).__name__).replace("_", " ").lower()
