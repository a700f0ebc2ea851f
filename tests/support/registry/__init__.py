"""A registry of the tests' own, with the API for referrers, which can be told to behave badly; and servers of tokens for it."""

from tests.support.registry.content import Content, digest_of
from tests.support.registry.server import Lock, Registry
from tests.support.registry.tokens import TokenServer

__all__ = ["Content", "Lock", "Registry", "TokenServer", "digest_of"]
