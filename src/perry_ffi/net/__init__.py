"""Connections and what goes over them: streams of bytes, TLS, HTTP/1.1; for engines and for registries."""
