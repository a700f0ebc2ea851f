"""Named contexts of a build (``additional_contexts``) as stages of its Dockerfile, for builders that know none. Pure.

Each context is an image, and becomes a stage at the top: ``FROM name``, ``COPY --from=name`` and ``RUN --mount=from=name``
find it there before they look for an image. Which image it is comes as a build argument, so the Dockerfile's text, which
``COPY . .`` may take in, is the same each time. A stage of the Dockerfile that has the name of a context is replaced, as
BuildKit has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perry_ffi.backends.engine_api.build.dockerfile import Instruction, instructions, stage_names
from perry_ffi.errors import Unsupported

_STAGE = re.compile(r"[a-z][a-z0-9._-]*\Z")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_COPY_FROM = re.compile(r"(--from=)([^\s,]+)")
_MOUNT_FROM = re.compile(r"([=,]from=)([^\s,]+)")
_BASE = re.compile(r"(\A\s*FROM\s+(?:--\S+\s+)*)(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Staged:
    """The Dockerfile with the contexts as stages, and the build argument that each one's image goes into."""

    text: str
    arguments: dict[str, str]
    shift: int

    def target(self, target: str | None) -> str | None:
        """The target, which may be the number of a stage."""
        return str(int(target) + self.shift) if target and _NUMBER.match(target) else target


def staged(text: str, names: Sequence[str]) -> Staged:
    """``text`` with a stage for each context. Raises Unsupported, by name, for what stages cannot stand for."""
    found = instructions(text)
    arguments = {name: f"PERRY_CONTEXT_{index}" for index, name in enumerate(names)}
    stages = {_plain(name): _stage_name(name, index, found) for index, name in enumerate(names)}
    # An argument of a FROM is declared before the first one.
    head = [f"ARG {argument}" for argument in arguments.values()]
    head += [f"FROM ${{{argument}}} AS {stages[_plain(name)]}" for name, argument in arguments.items()]
    lines = text.removeprefix("\ufeff").split("\n")
    first = next((one.first for one in found if one.word == "FROM" and not one.onbuild), len(lines))
    body = _body(lines, found, stages, len(names))
    return Staged("\n".join([*lines[:first], *head, *body[first:]]), arguments, len(names))


def bases(text: str) -> list[str] | None:
    """The images, other than stages and ``scratch``, that a Dockerfile is built from; None if a variable names one."""
    known, found = {"scratch"}, []
    for one in instructions(text):
        if one.word != "FROM" or one.onbuild or not one.words:
            continue
        base, *rest = one.words
        if "$" in base and not base.startswith("${PERRY_CONTEXT_"):
            return None
        if "$" not in base and base.lower() not in known:
            found.append(base)
        known.update(word.lower() for word in rest[1:2])
    return list(dict.fromkeys(found))


def _plain(name: str) -> str:
    return name.removesuffix(":latest")


def _stage_name(name: str, index: int, found: Sequence[Instruction]) -> str:
    """A context's own name where a stage can have it; else one that takes its place where it is used."""
    if _STAGE.match(name):
        return name
    if any(one.word == "FROM" and "$" in one.text for one in found):
        member = f"BuildSpec.additional_contexts.{name}"
        reason = "with a FROM that holds a variable, a context needs a name of small letters, digits and ._-"
        raise Unsupported(f"{member}: {reason}", member=member, reason=reason)
    return f"perry-context-{index}"


def _body(lines: list[str], found: list[Instruction], stages: dict[str, str], shift: int) -> list[str]:
    """The lines as they are, but for references to stages by number, contexts, and stages that contexts replace."""

    def renamed(name: str) -> str:
        return str(int(name) + shift) if _NUMBER.match(name) else stages.get(_plain(name), name)

    body: list[str | None] = list(lines)
    own = iter(stage_names(found))
    replaced = None
    for one in found:
        if one.word == "FROM" and not one.onbuild:
            name = next(own)
            replaced = name if name in stages else None
            base = _rewritten(lines, one, lambda name: stages.get(_plain(name), name))
            raw: str | None = f"FROM {stages[replaced]}" if replaced else base
        else:
            raw = None if replaced else _rewritten(lines, one, renamed)
        body[one.first : one.last + 1] = [raw, *[None] * (one.last - one.first)]
    return [line for line in body if line is not None]


def _rewritten(lines: list[str], one: Instruction, renamed: Callable[[str], str]) -> str:
    raw = "\n".join(lines[one.first : one.last + 1])
    pattern = {"FROM": _BASE, "COPY": _COPY_FROM, "RUN": _MOUNT_FROM}.get(one.word)
    if pattern is None or one.onbuild:
        return raw
    count = 1 if one.word == "FROM" else sum(len(pattern.findall(flag)) for flag in one.flags)
    return pattern.sub(lambda match: match[1] + renamed(match[2]), raw, count=count) if count else raw
