"""This side of a TLS connection to a registry: whom it trusts, and what is said of a host that does not fit."""

from __future__ import annotations

import ssl

from perry_ffi.net.refusal import Refusal
from perry_ffi.net.tls_context import words
from perry_ffi.net.tls_stream import is_about_certificates

_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's verify codes (x509_vfy.h)."""


class RegistrySide:
    """One handshake. place: the host, in words."""

    def __init__(self, context: ssl.SSLContext, place: str, *, shows_certificate: bool) -> None:
        self._context, self._place = context, place
        self.shows_certificate = shows_certificate
        self.met_tls = False
        """The other side speaks TLS, whatever is wrong with it."""

    def context(self) -> ssl.SSLContext:
        return self._context

    def failed(self, error: ssl.SSLError) -> Refusal:
        if isinstance(error, ssl.SSLCertVerificationError):
            self.met_tls = True
            return self._not_trusted(error)
        if "ALERT" in (error.reason or ""):
            self.met_tls = True
            if is_about_certificates(error):
                return self.refused(words(error))
        return Refusal(f"it does not speak TLS as it should: {words(error)}", _NO_TLS)

    def hung_up(self) -> Refusal:
        return Refusal("it closes the connection within the TLS handshake", _NO_TLS)

    def refused(self, why: str) -> Refusal:
        self.met_tls = True
        return Refusal(
            f"it refuses this side, which shows {'a' if self.shows_certificate else 'no'} client certificate: {why}",
            f"put a client.cert and its client.key for it into /etc/docker/certs.d/{self._place}",
        )

    def _not_trusted(self, error: ssl.SSLCertVerificationError) -> Refusal:
        code, why = error.verify_code, error.verify_message
        if code in (_WRONG_HOST, _WRONG_ADDRESS):
            return Refusal(f"it shows a certificate of another host: {why}", "use a name that the certificate has")
        if code in (_EXPIRED, _NOT_YET):
            return Refusal(f"it shows a certificate that is not valid now: {why}", "renew it, and look at this machine's clock")
        return Refusal(
            f"it shows a certificate that nobody vouches for who is trusted here: {why}",
            f"put the certificate of the authority that signed it into /etc/docker/certs.d/{self._place}/ca.crt",
        )


_NO_TLS = "only loopback addresses and hosts that are named as insecure registries are spoken to without TLS"
