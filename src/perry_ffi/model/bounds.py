"""How large a document may be, whatever it is written in: what is larger is refused with a reason before it fills the memory."""

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 100
"""Levels of mappings and lists, those that aliases repeat counted where they stand."""

MAX_NODES = 2_000_000
"""Values of one project over all its files, with those that aliases and ``extends`` repeat; mappings and lists are values too."""
