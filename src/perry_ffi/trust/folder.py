"""A folder of signatures that somebody brought: for machines that reach no registry. It is only read, in a thread.

What ``cosign sign --bundle`` writes, and lines that ``cosign download signature`` prints.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.errors import ValidationError
from perry_ffi.model.files import open_file

if TYPE_CHECKING:
    from perry_ffi.trust.evidence import Evidence

MAX_FILES = 4096
MAX_FILE = 1024 * 1024
MAX_FOUND = 32
"""Signatures of one digest."""


def signatures_in(folder: Path | None, digest: str) -> list[Evidence]:
    """The evidence of the files that seem to be about ``digest``. What is no evidence is passed over: others' files may be there.

    Raises ValidationError for a folder that cannot be read.
    """
    from perry_ffi.trust.evidence import bundle, downloaded
    from perry_ffi.trust.refusal import NotEvidence

    found: list[Evidence] = []
    wanted = digest.partition(":")[2].encode()
    for text in _texts(folder):
        for read, part in ((bundle, text), *((downloaded, line) for line in text.splitlines())):
            if len(part) < 2:
                continue
            try:
                one = read(part, id=f"sha256:{hashlib.sha256(part).hexdigest()}", repository="")
            except NotEvidence:
                continue
            if wanted in one.payload:
                found.append(one)
            if read is bundle:
                break
        if len(found) >= MAX_FOUND:
            break
    return found[:MAX_FOUND]


def _texts(folder: Path | None) -> Iterator[bytes]:
    if folder is None:
        return
    try:
        names = sorted(os.listdir(folder))[:MAX_FILES]
    except OSError as error:
        raise ValidationError(
            f"PERRY_CONTAINER_SIGNATURES: {folder}: {os.strerror(error.errno or 0)}",
            path="PERRY_CONTAINER_SIGNATURES", file=str(folder), expected="a folder that can be read",
        ) from None  # fmt: skip
    for name in names:
        if not name.startswith("."):
            try:
                with open_file(str(folder / name)) as file:
                    text = file.read(MAX_FILE + 1)
            except OSError:
                continue
            if len(text) <= MAX_FILE:
                yield text
