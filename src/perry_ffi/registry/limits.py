"""What reading from a registry may take: sizes, numbers and times. A registry is whoever answers, so nothing is unbounded."""

from __future__ import annotations

from dataclasses import dataclass

MAX_MANIFEST = 4 * 1024 * 1024
"""Bytes of a manifest, of an index, and of all pages of one list."""
MAX_BLOB = 1024 * 1024
MAX_ANSWER = 64 * 1024
"""Bytes of a token server's answer, and of what is read of a refusal."""
MAX_REDIRECTS = 5
MAX_PAGES = 8
MAX_URL = 8 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """silence: seconds in which nothing arrives. seconds, requests: for one image in all.

    images: how many are asked about at a time. side_by_side: requests of one client at a time.
    """

    silence: float = 10.0
    seconds: float = 30.0
    requests: int = 150
    images: int = 4
    side_by_side: int = 8
