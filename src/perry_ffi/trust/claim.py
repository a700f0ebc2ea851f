"""What a signer has said: which image, under which name, with which annotations. To be read once the signature is proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perry_ffi.errors import ValidationError
from perry_ffi.model.reference import ImageReference, parse_reference
from perry_ffi.trust.evidence import Evidence
from perry_ffi.trust.evidence_bundle import PREDICATE
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.strict import Malformed, document, member, objects

_TYPE = "cosign container image signature"
_STATEMENT = "https://in-toto.io/Statement/v1"
_MAX_SUBJECTS = 1024


@dataclass(frozen=True, slots=True)
class Claim:
    """``repository`` is the one that was named, as this library spells it; ``stated`` its spelling, None where none was named."""

    annotations: Mapping[str, str]
    repository: str | None
    stated: str | None


def claims(evidence: Evidence, digest: str) -> list[Claim]:
    """What is said about the manifest ``digest``. Raises Refused: ``otherImage`` where nothing is.

    A statement may have several subjects of one digest; each is a claim.
    """
    try:
        found = list(_simple(evidence, digest) if evidence.format == "simple-signing" else _statement(evidence, digest))
    except Malformed as error:
        raise Refused("malformed", f"{error}") from None
    if not found:
        raise Refused("otherImage", f"the signature is of another image than {digest}")
    return found


def _simple(evidence: Evidence, digest: str) -> Iterator[Claim]:
    what = "the signed payload"
    value = document(evidence.payload, what)
    critical = member(value, "critical", dict, what)
    if critical.get("type") != _TYPE:
        raise Malformed(f"{what} is no signature of an image (its type is not {_TYPE!r})")
    stated = member(member(critical, "identity", dict, what), "docker-reference", str, what)
    signed = member(member(critical, "image", dict, what), "docker-manifest-digest", str, what)
    if signed == digest:
        yield Claim(_texts(value.get("optional")), _repository(stated), stated)


def _statement(evidence: Evidence, digest: str) -> Iterator[Claim]:
    what = "the statement"
    value = document(evidence.payload, what)
    if value.get("_type") != _STATEMENT:
        raise Malformed(f"{what} is not an in-toto statement v1")
    if value.get("predicateType") != PREDICATE:
        raise Refused("attestation", "this is an attestation about the image, and no signature of it")
    algorithm, _, expected = digest.partition(":")
    for subject in objects(value, "subject", what, _MAX_SUBJECTS):
        if member(subject, "digest", dict, "a subject").get(algorithm) == expected:
            yield Claim(_texts(subject.get("annotations")), None, None)


def _texts(value: Any) -> dict[str, str]:
    return {name: item for name, item in value.items() if isinstance(item, str)} if isinstance(value, dict) else {}


def _repository(stated: str) -> str | None:
    try:
        return parse_reference(stated).repository
    except ValidationError:
        return None


def check_annotations(claim: Claim, wanted: Mapping[str, str], asked: ImageReference) -> None:
    """Each that is wanted is there with its value; ``{repository}`` and ``{tag}`` in it are those of what is asked for."""
    for name, pattern in wanted.items():
        value = _filled(pattern, asked)
        if value is None:
            raise Refused("annotation", f"the annotation {name} has to be {pattern}, and {asked} has no tag")
        if claim.annotations.get(name) != value:
            found = claim.annotations.get(name)
            shown = "it has none of that name" if found is None else f"it has {found[:200]!r}"
            raise Refused("annotation", f"the signature has to have the annotation {name}={value}: {shown}")


def _filled(pattern: str, asked: ImageReference) -> str | None:
    """The pattern in one pass, so that nothing in a value is filled in again."""
    if "{tag}" in pattern and not asked.tag_or_latest:
        return None
    pieces = pattern.split("{tag}")
    return asked.tag_or_latest.join(piece.replace("{repository}", asked.repository) for piece in pieces)
