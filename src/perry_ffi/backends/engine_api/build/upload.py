"""How a context goes up to a builder that takes all in one tar, so that nothing but the directory's files is published.

Docker's classic builder reads the Dockerfile from the stream, and before it builds takes the Dockerfile and
``.dockerignore`` away where the stream's ``.dockerignore`` excludes them. Podman's moves what it is told is a secret to the
folder above the context, where it can be told to read the Dockerfile. Blocking.
"""

from __future__ import annotations

import json
import os
import posixpath
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field

from perry_ffi.backends.engine_api.build.context import IGNORE_FILE, BuildContext, read_rules
from perry_ffi.backends.engine_api.build.ignore import Ignore
from perry_ffi.backends.engine_api.build.tar import TarStream, leads_out
from perry_ffi.errors import ValidationError

_PODMAN_S_OWN = ".containerignore"


@dataclass(frozen=True)
class Upload:
    """query: what the build call has to be told of the stream."""

    stream: TarStream
    query: Mapping[str, str] = field(default_factory=dict)


def for_docker(context: BuildContext) -> Upload | None:
    """For the classic builder; None where it would publish more or less than the directory's files."""
    if context.prefix:
        return _beside(context, _own_name())
    shown = context.at is not None and not context.ignore.excludes(context.at)
    if not _is_sent(context, IGNORE_FILE):
        name = _own_name()
        return _as_it_lies(context) if shown else _beside(context, name, f"{name}\n{IGNORE_FILE}\n".encode())
    rules = _rules_in_stream(context)
    if rules is None or rules.excludes(IGNORE_FILE) or context.at is None or rules.excludes(context.at) is shown:
        return None
    if shown:
        return _as_it_lies(context)
    folder = posixpath.dirname(context.at)
    # The builder would leave the folder of what it takes away.
    return None if folder and not _is_sent(context, folder) else _beside(context, context.at)


def for_docker_amended(context: BuildContext) -> Upload:
    """For the classic builder where no other can do the build: the ``.dockerignore`` that is published has two lines more."""
    name = _own_name()
    try:
        written = (context.root / IGNORE_FILE).read_bytes()
    except OSError:
        written = b""
    return _beside(context, name, written + f"\n!{IGNORE_FILE}\n{name}\n".encode())


def for_podman(context: BuildContext, found: Mapping[str, bytes]) -> Upload:
    """found: the contents of the build's secrets, by id."""
    files, dockerfile = list(context.files()), _own_name()
    names = {ident: f".secret.{secrets.token_hex(10)}" for ident in found}
    # Podman 5.8 looks for rules all the same, and ends at a `.dockerignore` that it cannot read; it reads this one before.
    empty = [_PODMAN_S_OWN] if _misleads(context) else []
    extra = ((dockerfile, context.dockerfile), *((names[ident], content) for ident, content in found.items()))
    extra += tuple((name, b"") for name in empty)
    aside = f".links.{secrets.token_hex(10)}" if any(leads_out(context.prefix + one.name, one.link) for one in files) else ""
    moved = {**names, **{name.removeprefix("."): name for name in (dockerfile, aside) if name}}
    query = {
        "dockerfile": f"../{dockerfile}",
        "secrets": json.dumps([f"id={ident},src={name}" for ident, name in moved.items()]),
        # The files are chosen already: what is named takes the place of the rules of any file in the context.
        "excludes": json.dumps([dockerfile, *empty]),
    }
    return Upload(TarStream(files, extra, context.prefix, aside), query)


def _as_it_lies(context: BuildContext) -> Upload:
    return Upload(TarStream(context.files()), {"dockerfile": str(context.at)})


def _beside(context: BuildContext, name: str, rules: bytes | None = None) -> Upload:
    """The Dockerfile under a name of its own, and perhaps other rules for the builder to read."""
    extra = ((name, context.dockerfile), *([] if rules is None else [(IGNORE_FILE, rules)]))
    return Upload(TarStream(context.files(), extra, context.prefix), {"dockerfile": name})


def _own_name() -> str:
    return f".dockerfile.{secrets.token_hex(10)}"


def _misleads(context: BuildContext) -> bool:
    """Whether something that is no file stands where podman looks for rules, and nothing where it looks first."""
    if context.prefix or _is_sent(context, _PODMAN_S_OWN) or not _is_sent(context, IGNORE_FILE):
        return False
    return not stat.S_ISREG(os.lstat(context.root / IGNORE_FILE).st_mode)


def _is_sent(context: BuildContext, name: str) -> bool:
    return os.path.lexists(context.root / name) and not context.ignore.excludes(name)


def _rules_in_stream(context: BuildContext) -> Ignore | None:
    """What the builder will read in the stream; None where it would not read what lies in the directory."""
    path = context.root / IGNORE_FILE
    if path.is_symlink() or not path.is_file():
        return None
    try:
        return read_rules(path)
    except ValidationError:
        return None
