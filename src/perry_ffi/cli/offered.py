"""What docker compose has and this program has not: why, and what to do instead."""

from __future__ import annotations

from perry_ffi.cli.usage import Usage, meant

NOT_OFFERED = {
    "publish": (
        "Compose files are not pushed to registries as artifacts",
        "keep them in the repository; perry-compose config --lock-image-digests prints what pins their images",
    ),
    "bridge": (
        "projects are not translated to Kubernetes or other forms by transformation images",
        "perry-compose config --format json is the whole model, for a program that does",
    ),
    "alpha": ("experiments are not offered", "perry-compose graph --format dot is what alpha viz prints"),
    "desktop": ("the views of a desktop product are not offered", "perry-compose ps and perry-compose logs show the same"),
}
"""The command, why it is not offered, and what is done instead."""


def unknown(word: str) -> Usage:
    """The error of a command that there is not."""
    if word in NOT_OFFERED:
        why, instead = NOT_OFFERED[word]
        return Usage(f"{word} is not offered: {why}\n  instead: {instead}")
    from perry_ffi.cli.commands import ALSO, NAMES

    names = [name.replace("_", "-") for group in NAMES.values() for name in group]
    return Usage(f"unknown command: {word}{meant(word, [*names, *ALSO, *NOT_OFFERED])}")
