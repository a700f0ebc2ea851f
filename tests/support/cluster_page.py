"""The tables of ``docs/cluster.md``: what of a service a cluster refuses, and what it leaves out or does in another way, by its rules.

They stand between the lines ``BEGIN`` and ``END`` of the page, and are written with the tables of attributes.
"""

from __future__ import annotations

from pathlib import Path

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.engine_api.drivers.swarm_rules import RULES
from tests.support import columns
from tests.support.declared import when

PAGE = Path(__file__).resolve().parents[2] / "docs/cluster.md"
BEGIN, END = "<!-- written by make generate -->", "<!-- until here -->"
_SPECS = ("ServiceSpec.", "NetworkSpec.")
_TITLES = {
    "refused": "Refused, before anything is touched:",
    "warned": "Left out, with a warning:",
    "partial": "Done in part, with a warning:",
    "emulated": "Done in another way, and without a word:",
}


def page(text: str) -> str:
    """The page, its tables made anew. Raises ValueError where it has no place for them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/cluster.md has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    """One for each thing that may become of a member; members of one reason share a line."""
    found: dict[str, dict[str, list[str]]] = {title: {} for title in _TITLES}
    for name, rule in RULES.items():
        if name.startswith(_SPECS):
            becomes = columns.word(name, rule)
            becomes = "partial" if rule.support is Support.PARTIAL else becomes
            reason = rule.reason.replace("{}", "it").replace("|", "\\|") + (f" ({when(rule).strip()})" if when(rule) else "")
            found[becomes].setdefault(reason, []).extend(f"`{member}`" for member in _members(name))
    parts = []
    for becomes, rows in found.items():
        lines = [f"| {', '.join(dict.fromkeys(members))} | {reason} |" for reason, members in rows.items()]
        parts.append("\n".join([f"{_TITLES[becomes]}\n", "| | why, and what to do |", "|---|---|", *lines, ""]))
    return "\n".join(parts)


def _members(name: str) -> list[str]:
    """As a file calls them: a network's below ``networks``."""
    return [place.removeprefix("services.") for place in columns.places(name)]
