"""The face of a private Sigstore to cosign: Fulcio's, Rekor's (1 and 2) and a time stamp authority's HTTP, as far as cosign uses it."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.support.sigstore.instance import Sigstore
from tests.support.sigstore.transparency import compact, dsse, hashedrekord_v2


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sigstore: Sigstore

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = {
            "/api/v2/signingCert": self._certificate,
            "/api/v1/signingCert": self._certificate_1,
            "/api/v1/log/entries": self._entry,
            "/api/v2/log/entries": self._entry_2,
        }
        if self.path == "/api/v1/timestamp":
            self._answer(201, self.sigstore.stamper.answer(body, self.sigstore.now()), "application/timestamp-reply")
        elif self.path in known:
            known[self.path](json.loads(body))
        else:
            self._answer(404, b"{}")

    do_GET = do_POST

    def _answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _issued(self, pem: bytes) -> list[str]:
        part = self.headers["Authorization"].split(" ")[1].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        leaf = self.sigstore.issue(load_pem_public_key(pem), claims.get("email") or claims["sub"], claims["iss"])
        return self.sigstore.chain_pem(leaf)

    def _certificate(self, request: Any) -> None:
        chain = self._issued(request["publicKeyRequest"]["publicKey"]["content"].encode())
        self._answer(200, json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}).encode())

    def _certificate_1(self, request: Any) -> None:
        chain = self._issued(base64.b64decode(request["publicKey"]["content"]))
        self._answer(201, "".join(chain).encode(), "application/pem-certificate-chain")

    def _entry(self, request: Any) -> None:
        if request["kind"] == "dsse":
            proposed = request["spec"]["proposedContent"]
            envelope = json.loads(proposed["envelope"])
            signature = base64.b64decode(envelope["signatures"][0]["sig"])
            verifier = base64.b64decode(proposed["verifiers"][0])
            body = dsse(proposed["envelope"].encode(), base64.b64decode(envelope["payload"]), signature, verifier)
        else:
            body = compact(request)
        log, time = self.sigstore.log, int(self.sigstore.now().timestamp())
        entry = log.entry(body, time)
        proof = entry["inclusionProof"]
        name = uuid.UUID(hashlib.sha256(body).hexdigest()[:32]).hex + hashlib.sha256(body).hexdigest()[:48]
        found = {
            "body": entry["canonicalizedBody"],
            "integratedTime": time,
            "logID": log.id.hex(),
            "logIndex": int(entry["logIndex"]),
            "verification": {
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
                "inclusionProof": {
                    "checkpoint": proof["checkpoint"]["envelope"],
                    "hashes": [base64.b64decode(each).hex() for each in proof["hashes"]],
                    "logIndex": int(proof["logIndex"]),
                    "rootHash": base64.b64decode(proof["rootHash"]).hex(),
                    "treeSize": int(proof["treeSize"]),
                },
            },
        }
        headers = {"ETag": name, "Location": f"/api/v1/log/entries/{name}"}
        self._answer(201, json.dumps({name: found}).encode(), **headers)

    def _entry_2(self, request: Any) -> None:
        body = hashedrekord_v2(request["hashedRekordRequestV002"])
        self._answer(201, json.dumps(self.sigstore.log2.entry(body, 0)).encode())


@contextmanager
def serving(sigstore: Sigstore) -> Iterator[Sigstore]:
    """Serves a Sigstore on a port of the loopback; its ``url`` is that of the server meanwhile."""
    handler = type("Handler", (_Handler,), {"sigstore": sigstore})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    sigstore.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread.start()
    try:
        yield sigstore
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def token(subject: str, issuer: str) -> str:
    """An identity token that nobody has signed: cosign hands it on, and this Sigstore believes it."""
    claims = {"iss": issuer, "aud": "sigstore", "sub": subject, "exp": 4102444800, "iat": 1700000000}
    if "@" in subject and "://" not in subject:
        claims |= {"email": subject, "email_verified": True}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(compact(each)).rstrip(b"=").decode() for each in parts), "c2ln"])


def signing_config(sigstore: Sigstore, path: Path, *, rekor: int | None = 1, stamps: bool = False) -> Path:
    """The file that ``cosign sign --signing-config`` takes: which services it uses."""

    def service(url: str, version: int) -> list[dict[str, Any]]:
        start = {"start": "2024-01-01T00:00:00Z"}
        return [{"url": url, "majorApiVersion": version, "validFor": start, "operator": "sigstore.test"}]

    url = sigstore.url
    config: dict[str, Any] = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service(url, 1),
        "oidcUrls": service(url, 1),
        "rekorTlogConfig": {"selector": "ANY"} if rekor else {},
        "tsaConfig": {"selector": "ANY"} if stamps else {},
    }
    if rekor:
        config["rekorTlogUrls"] = service(url, rekor)
    if stamps:
        config["tsaUrls"] = service(f"{url}/api/v1/timestamp", 1)
    path.write_text(json.dumps(config))
    return path
