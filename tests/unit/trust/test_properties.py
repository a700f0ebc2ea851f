"""Any byte of good evidence, changed: it is refused, or proves the same as before. Never anything else, and never a crash."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.check import Refused, Signature, Wanted, check
from perry_ffi.trust.evidence import Evidence, NotEvidence, bundle, decode, downloaded, encode, simple_signing
from perry_ffi.trust.keys import Key
from perry_ffi.trust.root import TrustedRoot
from tests.support.sigstore import signing
from tests.support.sigstore.recorded import Recorded, by_identity, by_key, file, recorded
from tests.support.sigstore.signing import Signer
from tests.unit.trust.test_check import GOOD_IDENTITIES, GOOD_KEYS

FLIPS = int(os.environ.get("PERRY_TEST_FLIPS", "10000"))
"""How many bytes are changed in all; ``PERRY_TEST_FLIPS=1000000`` is the long form."""
SEED = os.environ.get("PERRY_TEST_SEED", "what was signed")

GOOD: list[tuple[str, Wanted]] = [
    *((name, by_key(signer, **more)) for name, signer, more in GOOD_KEYS),
    *((name, by_identity(**more)) for name, more in GOOD_IDENTITIES),
]


def texts(case: Recorded) -> Any:
    """The evidence as JSON: a bundle, or the payload and the annotations."""
    return case.value() if case.text else {"payload": case.payload.decode(), "annotations": case.annotations}


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= chance.randrange(1, 256)
    return bytes(changed)


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all texts of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from leaves(item, (*at, name))
    if isinstance(value, str) and value:
        yield at


def deep(text: str, chance: random.Random) -> str:
    """The text with a byte changed where it is deepest: in the bytes of base64, in JSON or PEM that stands in it."""
    try:
        inner = json.loads(text)
    except ValueError:
        inner = None
    if isinstance(inner, dict) and inner:
        change(inner, chance)
        return json.dumps(inner)
    if text.count("-----BEGIN") == 1:
        lines = text.split("\n")
        body = base64.b64encode(flipped(base64.b64decode("".join(lines[1:-2])), chance)).decode()
        return "\n".join([lines[0], body, *lines[-2:]])
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return flipped(text.encode(), chance).decode("utf-8", "replace")
    if data[:2] == b'{"':
        return base64.b64encode(deep(data.decode(), chance).encode()).decode()
    return base64.b64encode(flipped(data or b"\0", chance)).decode()


def change(value: Any, chance: random.Random) -> None:
    """Changes one byte of one text of a value."""
    *path, last = chance.choice(list(leaves(value)))
    for step in path:
        value = value[step]
    value[last] = deep(value[last], chance)


def taken(case: Recorded, value: Any) -> Evidence:
    if case.text:
        return bundle(json.dumps(value).encode(), id=case.name, repository=case.repository)
    payload, annotations = value["payload"].encode("utf-8", "surrogatepass"), value["annotations"]
    return simple_signing(payload, annotations, id=case.name, repository=case.repository)


def surface(case: Recorded, chance: random.Random) -> Evidence:
    """The evidence with a byte changed of what a registry answers."""
    if case.text:
        return bundle(flipped(case.text, chance), id=case.name, repository=case.repository)
    if chance.random() < 0.3:
        return simple_signing(flipped(case.payload, chance), case.annotations, id=case.name, repository=case.repository)
    name = chance.choice(sorted(case.annotations))
    text = flipped(case.annotations[name].encode(), chance).decode("utf-8", "replace")
    return simple_signing(case.payload, case.annotations | {name: text}, id=case.name, repository=case.repository)


def below(case: Recorded, chance: random.Random) -> Evidence:
    value = json.loads(json.dumps(texts(case)))
    change(value, chance)
    return taken(case, value)


def kept(case: Recorded, chance: random.Random) -> Evidence:
    """What is read of a file of the store that has a byte changed."""
    return replace(decode(flipped(encode(case.evidence()), chance)), id=case.name)


@pytest.mark.parametrize("change", [surface, below, kept])
@pytest.mark.parametrize(("name", "wanted"), GOOD, ids=[name for name, _ in GOOD])
def test_a_changed_byte_is_refused_or_means_the_same(name: str, wanted: Wanted, change: Any) -> None:
    case = recorded(name)
    good = check(case.evidence(), case.digest, wanted, case.asked)
    chance = random.Random(f"{SEED} {name} {change.__name__}")
    refused = 0
    for number in range(-(-FLIPS // (3 * len(GOOD)))):
        try:
            found: Signature = check(change(case, chance), case.digest, wanted, case.asked)
        except Refused as error:
            assert error.reason and error.message, number
            refused += 1
        else:
            assert found == good, number
    assert refused


# -- any part of another kind ---------------------------------------------------------------------------

OTHER_KINDS: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", "\ud800", "AAAA", [], [None], [[]], {}, {"a": 1}, {"": None}]


def parts(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*at, name)
        yield from parts(item, (*at, name))


def replaced(value: Any) -> Iterator[Any]:
    """The value with each of its parts taken out, or another kind of thing in its place."""
    text = json.dumps(value)
    for path in parts(value):
        for kind in (*OTHER_KINDS, KeyError):
            found = json.loads(text)
            *steps, last = path
            inner = found
            for step in steps:
                inner = inner[step]
            if kind is KeyError:
                inner.pop(last)
            else:
                inner[last] = kind
            yield found


def in_text(text: str) -> Iterator[str]:
    """The same of JSON that stands in base64."""
    for value in replaced(json.loads(base64.b64decode(text))):
        yield base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(("name", "wanted"), GOOD, ids=[name for name, _ in GOOD])
def test_any_part_of_another_kind_is_refused_or_means_the_same(name: str, wanted: Wanted) -> None:
    case = recorded(name)
    good = check(case.evidence(), case.digest, wanted, case.asked)
    values = list(replaced(texts(case)))
    if case.text:
        for entry in case.value()["verificationMaterial"].get("tlogEntries", []):
            for body in in_text(entry["canonicalizedBody"]):
                values.append(case.value())
                values[-1]["verificationMaterial"]["tlogEntries"][0]["canonicalizedBody"] = body
    for annotation in ("dev.sigstore.cosign/bundle", "dev.sigstore.cosign/rfc3161timestamp"):
        if annotation in case.annotations:
            for value in replaced(json.loads(case.annotations[annotation])):
                values.append(texts(case) | {"annotations": case.annotations | {annotation: json.dumps(value)}})
    for value in values:
        if not case.text and not (
            isinstance(value.get("payload"), str)
            and isinstance(value.get("annotations"), dict)
            and all(isinstance(text, str) for text in value["annotations"].values())
        ):
            continue  # a registry's client gives texts
        try:
            found = check(taken(case, value), case.digest, wanted, case.asked)
        except Refused:
            continue
        assert found == good


def test_any_part_of_what_is_signed_of_another_kind() -> None:
    """Signed as it is by the key that is wanted: it says something else, and is refused, or the same."""
    signer = Signer()
    digest = "sha256:" + "ab" * 32
    wanted = Wanted(keys=(Key.parse(signer.pem),), annotations={"env": "prod"}, signed_as="repository")
    asked = parse_reference(f"{signing.REPOSITORY}:1")
    for value in replaced(json.loads(signing.payload(digest, {"env": "prod"}))):
        text = json.dumps(value).encode()
        evidence = simple_signing(text, signing.simple(signer, text), id="x", repository="x")
        try:
            found = check(evidence, digest, wanted, asked)
        except Refused:
            continue
        assert (found.annotations, found.repository) == ({"env": "prod"}, signing.REPOSITORY)
    for value in replaced(json.loads(signing.statement(digest, {"env": "prod"}))):
        try:
            made = json.dumps(signing.bundle(signer, json.dumps(value).encode())).encode()
            found = check(bundle(made, id="x", repository="x"), digest, replace(wanted, signed_as="any"), asked)
        except Refused:
            continue
        assert found.annotations == {"env": "prod"}


def test_any_part_of_a_root_of_another_kind() -> None:
    """It is a root, or a ValueError with a sentence."""
    for value in replaced(json.loads(file("trusted_root.json"))):
        try:
            assert TrustedRoot.parse(json.dumps(value).encode())
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize("name", ["key", "keyless"])
def test_any_part_of_a_download_of_another_kind(name: str) -> None:
    value = json.loads(file(f"download-{name}.json"))
    value = {part: value[part] for part in ("Base64Signature", "Payload", "Bundle", "RFC3161Timestamp")} | {
        "Cert": {"Raw": value["Cert"]["Raw"]} if value["Cert"] else None
    }
    for each in replaced(value):
        with contextlib.suppress(NotEvidence):
            assert downloaded(json.dumps(each).encode(), id="x", repository="x")
