"""What a program hears of an image's signatures."""

from typing import Any

from perry_ffi.model.answer import Answer, told


class Verification(Answer):
    """Whether an image is signed as a policy asks, by whom, and what was found beside."""

    reference: str
    digest: str
    pinned: str
    """The reference with the digest that was verified: what is to be created."""
    verified: bool
    mode: str
    rule: str
    """The patterns of the rule that applied."""
    source: str
    """Where the evidence came from: ``registry``, ``store``, ``folder``, or ``pin`` where none was needed."""
    stale: bool = False
    """The registry could not be asked again."""
    why: str | None = None
    """Why it is not verified, where only a warning is asked for."""
    signatures: list[dict[str, Any]] = []
    """``{format, signer, signedAt, log, annotations, id}`` each."""
    refused: list[dict[str, Any]] = []
    """``{id, format, reason, message}`` each."""
    policy: str | None = told(default=None, json="policy")
    """The file of the policy that decided, where it is one."""
