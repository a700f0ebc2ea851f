"""Certificate chains: from a certificate to an authority of the trusted root, at one time.

RFC 5280's rules are ``cryptography``'s; its profile for the web is changed in what those of Sigstore differ from it: the extended key
usage that is asked for, and key identifiers, which a private authority may leave out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509 import oid
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store

from perry_ffi.trust.root import Authority

UNREADABLE = (Exception,)
"""What ``cryptography`` raises for a certificate that is none: whatever its parser met, far from ValueError alone, and not listed by it."""
# What a stranger's certificate is warned of would be printed to the host's standard error. Of this room's modules alone.
warnings.filterwarnings("ignore", module=r"perry_ffi\.trust\.")
CODE_SIGNING = oid.ExtendedKeyUsageOID.CODE_SIGNING
TIME_STAMPING = oid.ExtendedKeyUsageOID.TIME_STAMPING
_MAX_DEPTH = 8
_Check = Callable[[Any, x509.Certificate, Any], None]


def build(
    leaf: x509.Certificate, authority: Authority, extra: Sequence[x509.Certificate], time: datetime, usage: x509.ObjectIdentifier
) -> list[x509.Certificate] | None:
    """The chain from ``leaf`` to the anchor of ``authority`` whose every certificate is valid at ``time`` and may do ``usage``.

    The leaf comes first. ``extra`` are certificates that somebody has sent along: they may stand between both, and are believed
    nothing. None where there is no such chain.
    """
    policies = _policies(usage)
    builder = PolicyBuilder().store(Store([authority.anchor])).time(time).max_chain_depth(_MAX_DEPTH)
    verifier = builder.extension_policies(ca_policy=policies[0], ee_policy=policies[1]).build_client_verifier()
    try:
        chain = verifier.verify(leaf, [*authority.others, *extra]).chain
    except UNREADABLE:
        return None
    valid = all(each.not_valid_before_utc <= time <= each.not_valid_after_utc for each in chain)
    return chain if valid else None


def _policies(usage: x509.ObjectIdentifier) -> tuple[ExtensionPolicy, ExtensionPolicy]:
    authority = (
        ExtensionPolicy.webpki_defaults_ca()
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _allows(usage))
        .may_be_present(x509.SubjectKeyIdentifier, Criticality.AGNOSTIC, None)
        .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
    )
    leaf = (
        ExtensionPolicy.webpki_defaults_ee()
        .require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_for(usage))
        .may_be_present(x509.SubjectKeyIdentifier, Criticality.AGNOSTIC, None)
        .may_be_present(x509.AuthorityKeyIdentifier, Criticality.AGNOSTIC, None)
        .may_be_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs)
    )
    return authority, leaf


def _allows(usage: x509.ObjectIdentifier) -> _Check:
    """Of an authority: no list of usages allows all."""

    def check(policy: Any, certificate: x509.Certificate, extension: x509.ExtendedKeyUsage | None) -> None:
        if extension is not None and usage not in extension and oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE not in extension:
            raise ValueError("the authority may not issue certificates of this usage")

    return check


def _is_for(usage: x509.ObjectIdentifier) -> _Check:
    """A certificate for code may be for more; one for time stamps is for nothing else (RFC 3161 2.3)."""

    def check(policy: Any, certificate: x509.Certificate, extension: x509.ExtendedKeyUsage) -> None:
        if usage not in extension or (usage == TIME_STAMPING and len(list(extension)) != 1):
            raise ValueError("the certificate is of another usage")

    return check


def _signs(policy: Any, certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    if extension is not None and (not extension.digital_signature or extension.key_cert_sign):
        raise ValueError("the certificate's key is not for signatures")
