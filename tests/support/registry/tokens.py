"""A server of bearer tokens, as the distribution project's specifications have it: by a password, or by a refresh token."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class TokenServer:
    """A context manager. anonymous: whether everybody gets one. seconds, uses: how long, and how often, a token is good."""

    def __init__(
        self, *, name: str = "127.0.0.1", tls: ssl.SSLContext | None = None, user: str = "acme", password: str = "the-secret-of-acme",
        refresh: str = "the-refresh-token", anonymous: bool = False, seconds: float = 300, uses: int = 10**9,
    ) -> None:  # fmt: skip
        self.user, self.password, self.refresh, self.anonymous = user, password, refresh, anonymous
        self.seconds, self.uses, self.tls = seconds, uses, tls
        self.asked: list[dict[str, str]] = []
        self.reply: dict[str, Any] | bytes | None = None
        """What it answers instead."""
        self.status = 200
        self.headers: dict[str, str] = {}
        self._given: dict[str, tuple[str, float, int]] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"tokens": self}))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.host = f"{name}:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}"

    def __enter__(self) -> TokenServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def takes(self, token: str, scope: str) -> bool:
        """Whether a token is good for this scope, once more."""
        name, _, wanted = scope.rpartition(":")
        with self._lock:
            scopes, until, left = self._given.get(token, ("", 0.0, 0))
            actions = {
                action for one in scopes.split() if one.startswith(f"{name}:") for action in one.rpartition(":")[2].split(",")
            }
            if left <= 0 or time.monotonic() > until or (scope and not set(wanted.split(",")) <= actions):
                return False
            self._given[token] = (scopes, until, left - 1)
            return True

    def give(self, asked: dict[str, str]) -> dict[str, Any] | None:
        with self._lock:
            self.asked.append(asked)
            if not self._known(asked):
                return None
            token = secrets.token_urlsafe(24)
            self._given[token] = (asked.get("scope", ""), time.monotonic() + self.seconds, self.uses)
            name = "access_token" if asked["method"] == "POST" else "token"
            return {name: token, "expires_in": max(1, int(self.seconds))}

    def _known(self, asked: dict[str, str]) -> bool:
        if asked["method"] == "POST":
            return asked.get("grant_type") == "refresh_token" and asked.get("refresh_token") == self.refresh
        basic = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return asked["authorization"] == basic or (self.anonymous and not asked["authorization"])


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode() if self.command == "POST" else parts.query
        fields = {name: " ".join(values) for name, values in parse_qs(form).items()}
        asked = {**fields, "method": self.command, "path": parts.path, "authorization": self.headers.get("Authorization", "")}
        given = self.tokens.give(asked)
        reply = self.tokens.reply if self.tokens.reply is not None else given
        status = self.tokens.status if reply is not None else 401
        body = reply if isinstance(reply, bytes) else json.dumps(reply or {"errors": [{"code": "UNAUTHORIZED"}]}).encode()
        self.send_response(status)
        for name, value in self.tokens.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _serve
