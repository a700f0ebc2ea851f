"""Checkpoints: the root of a log's tree as a signed note (C2SP signed-note and tlog-checkpoint)."""

from __future__ import annotations

import re

from perry_ffi.trust.root import Log
from perry_ffi.trust.strict import Malformed, base64_bytes, integer

_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/=]+)")
_MAX_SIGNATURES = 32


def signed_root(note: str, log: Log) -> tuple[int, bytes] | None:
    """The size and the root of a checkpoint that ``log`` has signed; None where it has not signed this.

    Others (witnesses) may have signed as well: their lines are passed over.
    """
    text, blank, signatures = note.partition("\n\n")
    lines = text.split("\n")
    rows = signatures.split("\n")
    if not blank or len(lines) < 3 or rows.pop() or len(rows) > _MAX_SIGNATURES:
        return None
    found = [_SIGNATURE.fullmatch(row) for row in rows]
    if not any(each is not None and _signed_by(log, each, f"{text}\n", lines[0]) for each in found) or None in found:
        return None
    try:
        return integer(lines[1], "the size"), base64_bytes(lines[2], "the root")
    except Malformed:
        return None


def _signed_by(log: Log, line: re.Match[str], text: str, origin: str) -> bool:
    """A line has the name of the signer, which the origin begins with, and four bytes of its key's id before the signature."""
    if origin != line["name"] and not origin.startswith(f"{line['name']} "):
        return False
    try:
        value = base64_bytes(line["value"], "the signature")
    except Malformed:
        return False
    return value[:4] == log.id[:4] and log.key.verifies(value[4:], text.encode())
