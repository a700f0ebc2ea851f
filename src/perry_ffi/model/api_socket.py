"""How a container is given the API of its engine."""

from typing import NamedTuple


class ApiSocket(NamedTuple):
    """The socket of an engine's API, and where a container that is given it has what belongs to it.

    source: on the engine's machine. target: where the engine's clients look for it. variable: what tells these clients the
    folder of their configuration. folder: that folder, where a registry configuration is put as ``config.json``.
    """

    source: str
    target: str
    variable: str
    folder: str


__all__ = ["ApiSocket"]
