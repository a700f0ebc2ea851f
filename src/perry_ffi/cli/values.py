"""Values of flags."""

from __future__ import annotations

import argparse


def seconds(text: str) -> float:
    """A number of seconds from 0, as a program may give one. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of seconds from 0, found {text!r}")
    return value
