"""What the static form tells of itself: its parts, their licences and a bill of materials, in the file (``perry_container_config``)
and beside it."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.static.components import Component, components, itself
from scripts.static.places import digest

# By what they are called in the file: what they are called beside it.
FILES = {"parts": "parts.json", "licences": "LICENCES.txt", "sbom": "sbom.cdx.json"}
ASSEMBLER = """
/* {sum} */
.section .rodata.perry_told_{name}, "a", @progbits
.globl perry_told_{name}
.hidden perry_told_{name}
.type perry_told_{name}, @object
perry_told_{name}:
.incbin "{path}"
.byte 0
.size perry_told_{name}, . - perry_told_{name}
"""


def parts(found: Iterable[Component]) -> str:
    """Names, versions and licences, as JSON."""
    rows = {(one.name, one.version): {"name": one.name, "version": one.version, "licence": one.licence} for one in found}
    return json.dumps(list(rows.values()), separators=(",", ":"))


def licences(found: Iterable[Component]) -> str:
    """Which licence is for what, then the texts, each once."""
    texts: dict[str, tuple[int, str]] = {}
    lines = {}
    for one in found:
        numbers = set()
        for path in one.texts:
            text = path.read_text(errors="replace")
            numbers.add(texts.setdefault(" ".join(text.split()), (len(texts) + 1, text))[0])
        lines[f"{one.name} {one.version}: {one.licence} [{', '.join(map(str, sorted(numbers)))}]"] = None
    head = "The licences of this library and of all that is linked into it; in brackets, which of the texts below are for it.\n"
    listed = "".join(f"\n{line}" for line in lines)
    return head + listed + "".join(f"\n\n======== [{number}]\n\n{text.strip(chr(10))}" for number, text in texts.values()) + "\n"


def _entry(one: Component, kind: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": kind, "bom-ref": one.purl, "name": one.name, "version": one.version, "purl": one.purl}
    entry["licenses"] = [{"expression": one.licence}]
    if len(one.hashes) == 1:
        entry["hashes"] = [{"alg": "SHA-256", "content": one.hashes[0][1]}]
    elif one.hashes:
        entry["properties"] = [{"name": "sha256", "value": f"{sha256} {name}"} for name, sha256 in one.hashes]
    return entry


def sbom(library: Component, found: list[Component]) -> str:
    """CycloneDX 1.5 as JSON; without a date, so that the same build makes the same file."""
    by_purl = {one.purl: one for one in found}
    refs = {one.name: one.purl for one in found if not one.within}
    wants: dict[str, set[str]] = {library.purl: set()}
    for one in found:
        wants.setdefault(one.purl, set())
        wants.setdefault(refs[one.within] if one.within else library.purl, set()).add(one.purl)
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": _entry(library, "library")},
        "components": [_entry(one, "library") for one in by_purl.values()],
        "dependencies": [{"ref": ref, "dependsOn": sorted(needed)} for ref, needed in sorted(wants.items())],
    }
    serial = uuid.UUID(digest(json.dumps(document))[:32])
    return json.dumps({**document, "serialNumber": f"urn:uuid:{serial}"}, indent=1) + "\n"


def write(folder: Path) -> Path:
    """Writes the texts into ``folder``, and gives the source that puts them into the shared object."""
    library, found = itself(), components()
    texts = {"parts": parts([library, *found]), "licences": licences([library, *found]), "sbom": sbom(library, found)}
    pieces = []
    for name, text in texts.items():
        path = folder / FILES[name]
        path.write_text(text)
        pieces.append(ASSEMBLER.format(name=name, path=path, sum=hashlib.sha256(text.encode()).hexdigest()))
    source = folder / "told.S"
    source.write_text("".join(pieces) + '.section .note.GNU-stack, "", @progbits\n')
    return source


def copy_beside(folder: Path, output: Path) -> None:
    """The licences and the bill of materials for whoever has the shared object but does not run it."""
    for name in ("licences", "sbom"):
        shutil.copyfile(folder / FILES[name], output.parent / FILES[name])
