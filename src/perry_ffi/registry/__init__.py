"""Registries of images: the client that reads from them, and the credentials for them."""
