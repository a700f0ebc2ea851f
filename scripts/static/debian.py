"""Source packages of Debian, fetched by apt and held to the hashes of ``lock.json``."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

from scripts.static.places import LOCK, Part, quietly

SUITES = "trixie trixie-updates"
SIGNED_BY = "/usr/share/keyrings/debian-archive-keyring.gpg"


def verify(file: Path, allowed: list[str]) -> None:
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found not in allowed:
        sys.exit(f"static: {file.name} has another content than lock.json says: {found}")


def _mirror() -> str:
    """The archive that this machine's packages come from; PERRY_DEBIAN_MIRROR names another."""
    if os.environ.get("PERRY_DEBIAN_MIRROR"):
        return os.environ["PERRY_DEBIAN_MIRROR"]
    listed = quietly(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages"])
    sites = [site for site, _, release in (line.partition(" ") for line in listed.splitlines()) if "security" not in release]
    return next((site for site in sites if site.rstrip("/").endswith("debian")), "http://deb.debian.org/debian")


def _apt(folder: Path) -> list[str]:
    """apt-get on lists of its own in ``folder``: this machine's are left alone."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = [f"deb-src [signed-by={SIGNED_BY}] {_mirror()} {suite} main\n" for suite in SUITES.split()]
    (folder / "sources.list").write_text("".join(lines))
    places = {"Dir::Etc::sourcelist": "sources.list", "Dir::State::Lists": "lists", "Dir::Cache": "cache"}
    options = [f"-o{name}={folder / value}" for name, value in places.items()]
    return ["apt-get", "-qq", *options, "-oDir::Etc::sourceparts=/dev/null", "-oAPT::Sandbox::User=root"]


def _fetch_debian(folder: Path, name: str) -> None:
    row = LOCK["debian"][name]
    work = folder / "apt"
    apt = _apt(work)
    quietly([*apt, "update"])
    quietly([*apt, "source", "--download-only", f"{name}={row['version']}"], cwd=work)
    for file, sha256 in row["files"].items():
        verify(work / file, [sha256])
    description = next(file for file in row["files"] if file.endswith(".dsc"))
    quietly(["dpkg-source", "--no-check", "--no-copy", "--extract", str(work / description), str(folder / "tree")])


def debian_source(name: str) -> Part:
    """The source package as Debian builds it, its patches applied: ``tree`` in the part's folder."""

    def recipe(folder: Path) -> None:
        _fetch_debian(folder, name)

    return Part(f"source-{name}", recipe, (json.dumps(LOCK["debian"][name]),))
