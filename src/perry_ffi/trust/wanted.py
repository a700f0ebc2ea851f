"""What a signature has to prove."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from perry_ffi.trust.identity import Identity
from perry_ffi.trust.keys import Key
from perry_ffi.trust.root import TrustedRoot

SignedAs = Literal["any", "repository"] | Callable[[str], bool]
"""Which repository the signer must have named: any, the one that is asked for, or one that the function says yes to."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a signature has to prove: one of the keys **or** one of the identities has signed, and all the rest.

    ``annotations`` may have ``{repository}`` and ``{tag}`` in their values, which stand for what is asked for.
    ``require_log``: an entry of a log of ``root``; ``require_sct`` is about certificates alone; ``require_timestamp``: an RFC 3161
    stamp of an authority of ``root``. Raises ValueError for what nothing could ever, or anything would, satisfy.
    """

    keys: tuple[Key, ...] = ()
    identities: tuple[Identity, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    signed_as: SignedAs = "any"
    require_log: bool = False
    require_sct: bool = True
    require_timestamp: bool = False
    root: TrustedRoot | None = None

    def __post_init__(self) -> None:
        if not self.keys and not self.identities:
            raise ValueError("a signature is wanted by a key or by an identity")
        if self.root is None and (self.identities or self.require_log or self.require_timestamp):
            raise ValueError("identities, the transparency log and time stamps need a trusted root")
