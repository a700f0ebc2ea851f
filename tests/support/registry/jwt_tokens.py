"""A token server whose tokens the distribution project's registry can check: JWT, signed by a certificate that it knows the root of."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tests.support.registry.tokens import TokenServer

SERVICE, ISSUER = "test registry", "the tests"


class JwtTokenServer(TokenServer):
    """certificate, key: whose root the registry has for its ``rootcertbundle``."""

    def __init__(self, certificate: Path, key: Path, **more: Any) -> None:
        super().__init__(**more)
        self._certificate = x509.load_pem_x509_certificate(certificate.read_bytes())
        loaded = load_pem_private_key(key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._key = loaded

    def give(self, asked: dict[str, str]) -> dict[str, Any] | None:
        given = super().give(asked)
        if given is None:
            return None
        access = []
        for scope in asked.get("scope", "").split():
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(time.time())
        times = {"iat": now, "nbf": now - 10, "exp": now + int(self.seconds)}
        names = {"iss": ISSUER, "sub": "acme", "aud": SERVICE, "jti": hashlib.sha256(repr(given).encode()).hexdigest()}
        return {
            name: self._signed({**names, **times, "access": access}) if "token" in name else value
            for name, value in given.items()
        }

    def _signed(self, claims: dict[str, Any]) -> str:
        der = base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        text = f"{_part(json.dumps({'typ': 'JWT', 'alg': 'ES256', 'x5c': [der]}).encode())}.{_part(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_part(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
