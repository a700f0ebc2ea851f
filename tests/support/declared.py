"""What engines declare that they lack, as a table of the documentation: a column for each family, made from their rules.

``docs/attributes-engines.md`` is written by ``make generate``, and a test holds it and the rules together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from perry_ffi.backends.apple import rules as apple_rules
from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.engine_api.drivers import docker_rules, podman_rules, swarm_rules
from perry_ffi.backends.nerdctl import rules as nerdctl_rules
from perry_ffi.backends.rules.rule import Rule, Version

PAGE = Path(__file__).resolve().parents[2] / "docs/attributes-engines.md"
FAMILIES: Mapping[str, Mapping[str, Rule]] = {
    "docker": docker_rules.RULES, "podman": podman_rules.RULES, "nerdctl": nerdctl_rules.RULES,
    "apple/container": apple_rules.RULES, "swarm": swarm_rules.RULES,
}  # fmt: skip
"""A column each; every engine of the table (``perry_ffi.drivers``) declares what one of these does."""
SECTIONS = {
    "ServiceSpec": "A service of a project", "ContainerSpec": "A single container", "NetworkSpec": "A network",
    "VolumeSpec": "A volume", "BuildSpec": "A build", "LogOptions": "A log", "DownOptions": "What `down` takes away",
}  # fmt: skip
_WORDS = {Support.UNSUPPORTED: "no", Support.PARTIAL: "partial", Support.EMULATED: "emulated"}
_HEADING = """# What engines declare

What each family of engines declares that it lacks, has in part, or leaves to the library, by the name of the capability. Written by
`make generate` from the rules beside the drivers; [attributes.md](attributes.md) says the same by the words of a Compose file.
What is in no row is done by all. A number after `below` or `from` is a version of docker's API, and a release of podman itself:
on any other the cell is `yes`. `{}` stands for the value.

The products with a virtual machine (OrbStack, Colima, Rancher Desktop, Lima, Docker Desktop) hold docker's engine and are in its
column, podman's machine in that of podman; one that holds containerd (Finch, and the others where they are told to) is in that of
nerdctl. What the machine itself changes, [backends.md](backends.md#products-with-a-virtual-machine) says.
"""


def page() -> str:
    """The text of ``docs/attributes-engines.md``."""
    parts = [_HEADING]
    for spec, title in SECTIONS.items():
        names = sorted({name for rules in FAMILIES.values() for name in rules if name.startswith(f"{spec}.")})
        lines = [f"## {title}\n", "| " + " | ".join(["", *FAMILIES]) + " |", "|---" * (1 + len(FAMILIES)) + "|"]
        for name in names:
            cells = [cell(rules.get(name)) for rules in FAMILIES.values()]
            lines.append("| " + " | ".join([f"`{name.removeprefix(f'{spec}.')}`", *cells]) + " |")
        parts.append("\n".join(lines) + "\n")
    lines = ["## By what an engine runs under\n", "| podman | | |", "|---|---|---|"]
    for condition, rules in podman_rules.CONDITIONS.items():
        lines += [f"| {condition} | `{name}` | {cell(rule)} |" for name, rule in sorted(rules.items())]
    return "\n".join([*parts, "\n".join(lines) + "\n"])


def cell(rule: Rule | None) -> str:
    """What a column says of a capability."""
    if rule is None:
        return "yes"
    known = f" (known: {', '.join(sorted(rule.knows))})" if rule.knows else ""
    return f"{_WORDS[rule.support]}{when(rule)}: {rule.reason}{known}".replace("|", "\\|")


def when(rule: Rule) -> str:
    """Of which versions it is declared; nothing where it is of all."""
    return "".join(f" {word} {number(version)}" for word, version in (("from", rule.until), ("below", rule.since)) if version)


def number(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
