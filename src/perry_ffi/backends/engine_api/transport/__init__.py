"""HTTP on an engine's socket: connections, requests, streams of answers, API versions."""
