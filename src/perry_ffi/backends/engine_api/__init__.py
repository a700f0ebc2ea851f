"""Docker and podman through their HTTP API."""
