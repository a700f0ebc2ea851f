"""The registry as a server on loopback: what clients push to it it keeps in memory, and it notes all that it was asked.

``evil`` makes it misbehave: a pattern that is searched for in ``METHOD path``, and what is done instead (``evil.py``).
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import ssl
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.registry.content import OCI_INDEX, Content, digest_of, encode
from tests.support.registry.tokens import TokenServer

Evil = Callable[["Handler"], None]
_ROUTE = re.compile(r"/v2/(?P<name>.+)/(?P<what>manifests|blobs|referrers|tags)/(?P<rest>.+)\Z")


@dataclass(frozen=True)
class Lock:
    """Who may read. tokens: who gives tokens, which are then wanted; without, the password is wanted. realm: another word for where."""

    user: str = "acme"
    password: str = "the-secret-of-acme"
    tokens: TokenServer | None = None
    realm: str | None = None


@dataclass
class Asked:
    """One request that was made."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def authorization(self) -> str:
        return self.headers.get("authorization", "")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


class Registry:
    """A context manager. host: how it is written in a reference. api: whether it has the API for referrers."""

    def __init__(
        self, *, address: str = "127.0.0.1", name: str | None = None, tls: ssl.SSLContext | None = None,
        lock: Lock | None = None, api: bool = True, content: Content | None = None,
    ) -> None:  # fmt: skip
        self.content = content or Content()
        self.lock, self.api, self.tls = lock, api, tls
        self.evil: dict[str, Evil] = {}
        self.asked: list[Asked] = []
        self.uploads: dict[str, bytes] = {}
        self.sockets: set[socket.socket] = set()
        kind = type("Family", (Server,), {"address_family": socket.AF_INET6 if ":" in address else socket.AF_INET})
        self._server = kind((address, 0), type("Bound", (Handler,), {"registry": self}))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self.host = f"{name or (f'[{address}]' if ':' in address else address)}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def __enter__(self) -> Registry:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        for one in list(self.sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def asked_for(self, pattern: str) -> list[Asked]:
        return [one for one in self.asked if re.search(pattern, f"{one.method} {one.path}")]


class Handler(BaseHTTPRequestHandler):
    registry: Registry
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "registry", ""

    def setup(self) -> None:
        self.registry.sockets.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.registry.sockets.discard(self.request)
        super().finish()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _serve(self) -> None:
        registry = self.registry
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else self._chunked() if self.headers.get("Transfer-Encoding") else b""
        registry.asked.append(Asked(self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
        for pattern, act in list(registry.evil.items()):
            if re.search(pattern, f"{self.command} {self.path}"):
                return act(self)
        self.behave()

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = _serve

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.answer(status, encode({"errors": [{"code": code, "message": code.lower()}]}), headers)

    # -- as it should be ----------------------------------------------------------------------------

    def behave(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if not self._admitted(parts.path):
            return None
        if parts.path.rstrip("/") == "/v2":
            return self.answer(200, b"{}")
        found = _ROUTE.match(parts.path)
        if found is None:
            return self.refuse(404, "NAME_UNKNOWN")
        return getattr(self, f"_{found['what']}")(found["name"], found["rest"])

    def _admitted(self, path: str) -> bool:
        lock = self.registry.lock
        if lock is None:
            return True
        shown = self.headers.get("Authorization", "")
        found = _ROUTE.match(path)
        actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
        scope = f"repository:{found['name']}:{actions}" if found else ""
        if lock.tokens is not None:
            if shown.startswith("Bearer ") and lock.tokens.takes(shown.removeprefix("Bearer "), scope):
                return True
            realm = lock.realm or f"{lock.tokens.url}/token"
            challenge = f'Bearer realm="{realm}",service="test registry"' + (f',scope="{scope}"' if scope else "")
        else:
            if shown == "Basic " + base64.b64encode(f"{lock.user}:{lock.password}".encode()).decode():
                return True
            challenge = 'Basic realm="test registry"'
        self.refuse(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        return False

    def _manifests(self, name: str, version: str) -> None:
        content = self.registry.content
        if self.command == "PUT":
            kind = self.headers.get("Content-Type", "")
            digest = content.put_manifest(name, self.body, kind, None if ":" in version else version)
            told = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
            subject = json.loads(self.body).get("subject")
            if subject and self.registry.api:
                told["OCI-Subject"] = subject["digest"]
            return self.answer(201, b"", told)
        if self.command == "DELETE":
            content.repository(name).tags.pop(version, None)
            content.repository(name).manifests.pop(version, None)
            return self.answer(202)
        found = content.manifest(name, version)
        if found is None:
            return self.refuse(404, "MANIFEST_UNKNOWN")
        digest, kind, body = found
        return self.answer(200, body, {"Content-Type": kind, "Docker-Content-Digest": digest})

    def _blobs(self, name: str, rest: str) -> None:
        if rest.startswith("uploads"):
            return self._upload(name, rest.removeprefix("uploads").strip("/"))
        body = self.registry.content.repository(name).blobs.get(rest)
        if body is None:
            return self.refuse(404, "BLOB_UNKNOWN")
        return self.answer(200, body, {"Content-Type": "application/octet-stream", "Docker-Content-Digest": rest})

    def _upload(self, name: str, number: str) -> None:
        uploads, content = self.registry.uploads, self.registry.content
        if self.command == "POST":
            number = uuid.uuid4().hex
            uploads[number] = self.body
            source = self.query.get("from")
            if source and (there := content.repository(source).blobs.get(self.query.get("mount", ""))) is not None:
                content.put_blob(name, there)
                return self.answer(201, b"", {"Location": f"/v2/{name}/blobs/{self.query['mount']}"})
        elif number in uploads:
            uploads[number] += self.body
        else:
            return self.refuse(404, "BLOB_UPLOAD_UNKNOWN")
        if "digest" not in self.query:
            told = {"Location": f"/v2/{name}/blobs/uploads/{number}", "Range": f"0-{max(len(uploads[number]) - 1, 0)}"}
            return self.answer(202, b"", told)
        body = uploads.pop(number)
        if digest_of(body) != self.query["digest"]:
            return self.refuse(400, "DIGEST_INVALID")
        content.put_blob(name, body)
        return self.answer(
            201, b"", {"Location": f"/v2/{name}/blobs/{digest_of(body)}", "Docker-Content-Digest": digest_of(body)}
        )

    def _referrers(self, name: str, digest: str) -> None:
        if not self.registry.api:
            return self.refuse(404, "NOT_FOUND")
        rows, told = self.registry.content.referrers(name, digest), {"Content-Type": OCI_INDEX}
        if wanted := self.query.get("artifactType"):
            rows, told = [row for row in rows if row["artifactType"] == wanted], {**told, "OCI-Filters-Applied": "artifactType"}
        return self.answer(200, encode({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": rows}), told)

    def _tags(self, name: str, _rest: str) -> None:
        self.answer(200, encode({"name": name, "tags": sorted(self.registry.content.repository(name).tags)}))
