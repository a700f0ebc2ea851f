"""This side of a TLS connection to an engine: its files, and what is said of them where an engine does not fit."""

from __future__ import annotations

import ssl

from perry_ffi.backends.engine_api.transport.tls import CERTIFICATE, KEY, Tls
from perry_ffi.net.refusal import Refusal
from perry_ffi.net.tls_context import client_context, words
from perry_ffi.net.tls_stream import is_about_certificates

_NO_TLS = "use the engine's TLS port (2376 as a rule), or no TLS where it speaks none"
_EXPIRED, _NOT_YET, _WRONG_HOST, _WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's verify codes (x509_vfy.h)."""


class EngineSide:
    """place: where the engine is, in words."""

    def __init__(self, tls: Tls, place: str) -> None:
        self._tls, self._place = tls, place
        self.shows_certificate = tls.certificate is not None

    def context(self) -> ssl.SSLContext:
        tls = self._tls
        authorities = None if tls.ca is None else [tls.ca]
        return client_context(authorities=authorities, certificate=tls.certificate, key=tls.key, verify=tls.verify)

    def failed(self, error: ssl.SSLError) -> Refusal:
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._not_trusted(error)
        if is_about_certificates(error):
            return self.refused(words(error))
        return Refusal(f"{self._place} does not speak TLS as it should: {words(error)}", _NO_TLS)

    def hung_up(self) -> Refusal:
        return Refusal(f"{self._place} closes the connection within the TLS handshake", _NO_TLS)

    def refused(self, why: str) -> Refusal:
        tls = self._tls
        what = "no client certificate" if tls.certificate is None else f"the client certificate {tls.certificate}"
        return Refusal(
            f"{self._place} refuses this side, which shows {what}: {why}",
            f"put a {CERTIFICATE} and its {KEY} that the engine's authority signed into {tls.folder}",
        )

    def _not_trusted(self, error: ssl.SSLCertVerificationError) -> Refusal:
        place, tls, code, why = self._place, self._tls, error.verify_code, error.verify_message
        if code in (_WRONG_HOST, _WRONG_ADDRESS):
            return Refusal(
                f"{place} shows a certificate of another host: {why}",
                "use a host name that the certificate has, or a certificate that has this one",
            )
        if code in (_EXPIRED, _NOT_YET):
            return Refusal(f"{place} shows a certificate that is not valid now: {why}", "renew the engine's certificate")
        trusted = str(tls.ca) if tls.ca is not None else "the system's list of authorities"
        return Refusal(
            f"{place} shows a certificate that {trusted} does not vouch for: {why}",
            f"put the certificate of the authority that signed it into {tls.ca or tls.folder / 'ca.pem'}",
        )
