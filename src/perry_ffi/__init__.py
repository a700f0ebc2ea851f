"""libperry_container: a container and Compose engine that a program can link to."""

__version__ = "0.1.0"
