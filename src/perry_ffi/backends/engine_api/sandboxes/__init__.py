"""Hardened runs on docker and podman: the body of each, what their machines can enforce, and what is read back."""
