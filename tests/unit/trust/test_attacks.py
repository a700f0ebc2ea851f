"""What a naive verifier would take: each attack is made with a private Sigstore whose evidence is good otherwise.

Names of advisories stand where other verifiers fell for it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import oid

from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.check import KeySigner, Refused, Signature, Wanted, check
from perry_ffi.trust.dsse import IN_TOTO, encoding
from perry_ffi.trust.evidence import Evidence, bundle, simple_signing
from perry_ffi.trust.identity import Identity
from perry_ffi.trust.keys import Key
from perry_ffi.trust.root import TrustedRoot
from tests.support.sigstore import Knobs, Sigstore, signing
from tests.support.sigstore.authority import LONG_AGO, Authority, new_key, spki
from tests.support.sigstore.signing import ISSUER, REPOSITORY, SUBJECT, Signer, payload, simple, statement
from tests.support.sigstore.stamping import Stamper
from tests.support.sigstore.transparency import b64, compact, hashedrekord

DIGEST = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32
ASKED = parse_reference(f"{REPOSITORY}:1.0")
CODE = oid.ExtendedKeyUsageOID.CODE_SIGNING
STAMPS = oid.ExtendedKeyUsageOID.TIME_STAMPING
WHO = Identity(issuer=ISSUER, subject=SUBJECT)


@pytest.fixture
def sigstore() -> Sigstore:
    return Sigstore()


def trusted(sigstore: Sigstore, **changes: Any) -> TrustedRoot:
    return TrustedRoot.parse(sigstore.root_text(**changes))


def by_identity(sigstore: Sigstore, **more: Any) -> Wanted:
    return Wanted(identities=(WHO,), **({"root": trusted(sigstore), "require_log": True} | more))


def by_key(signer: Signer, sigstore: Sigstore | None = None, **more: Any) -> Wanted:
    return Wanted(keys=(Key.parse(signer.pem),), root=None if sigstore is None else trusted(sigstore), **more)


def taken(value: dict[str, Any] | bytes) -> Evidence:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return bundle(text, id="bundle", repository=REPOSITORY)


def made(signer: Signer, form: str = "bundle") -> Evidence:
    if form == "bundle":
        return taken(signing.bundle(signer, statement(DIGEST)))
    text = payload(DIGEST)
    return simple_signing(text, simple(signer, text), id="layer", repository=REPOSITORY)


def proves(evidence: Evidence, wanted: Wanted, digest: str = DIGEST) -> Signature:
    return check(evidence, digest, wanted, ASKED)


def refused(make: Callable[[], Evidence] | Evidence, wanted: Wanted, digest: str = DIGEST) -> str:
    with pytest.raises(Refused) as caught:
        proves(make() if callable(make) else make, wanted, digest)
    return caught.value.reason


# -- certificates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["bundle", "simple-signing"])
@pytest.mark.parametrize("expired", ["end", "root_end"])
def test_an_authority_that_had_expired_when_the_signature_was_made(form: str, expired: str) -> None:
    """CVE-2026-24122: only the leaf was held to the time."""
    now = Sigstore().now()
    old = Sigstore(authority=Authority(CODE, "code", **{expired: now - timedelta(minutes=5)}))
    assert refused(made(Signer(old), form), by_identity(old)) == "certificate"


def test_an_authority_that_expires_between_two_times(sigstore: Sigstore) -> None:
    """The log says a time at which all was valid, the stamp one at which the authority was not: each time counts."""
    old = Sigstore(authority=Authority(CODE, "code", end=sigstore.now() + timedelta(minutes=2)))
    signer = Signer(old, stamps=True)
    assert proves(made(signer), by_identity(old))
    statement_ = statement(DIGEST)
    value = signing.bundle(replace(signer, stamps=False), statement_)
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    late = old.stamper.of(signature, old.now() + timedelta(minutes=5))
    value["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": b64(late)}]}
    assert refused(taken(value), by_identity(old)) == "certificate"


def test_a_period_of_the_authority(sigstore: Sigstore) -> None:
    evidence = made(Signer(sigstore))
    authorities = sigstore.trusted_root()["certificateAuthorities"]
    authorities[0]["validFor"]["end"] = "2025-01-01T00:00:00Z"
    assert refused(evidence, by_identity(sigstore, root=trusted(sigstore, certificateAuthorities=authorities))) == "certificate"


def test_one_good_time_does_not_excuse_another(sigstore: Sigstore) -> None:
    """A stamp at which the certificate was not valid, beside a log's time at which it was."""
    value = signing.bundle(Signer(sigstore), statement(DIGEST))
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    late = sigstore.stamper.of(signature, sigstore.now() + timedelta(days=30))
    value["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": b64(late)}]}
    assert refused(taken(value), by_identity(sigstore)) == "expired"


def test_a_certificate_that_was_not_yet_valid(sigstore: Sigstore) -> None:
    sigstore.knobs = Knobs(shift=timedelta(hours=2))
    assert refused(made(Signer(sigstore)), by_identity(sigstore)) == "expired"


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        (Knobs(usage=[oid.ExtendedKeyUsageOID.SERVER_AUTH]), "certificate"),
        (Knobs(usage=[STAMPS]), "certificate"),
        (Knobs(usage=[oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), "certificate"),
        (Knobs(signs=False), "certificate"),
        (Knobs(subject="https://acme.test/\x1b[2J"), "certificate"),
        (Knobs(issuer=f"{ISSUER}\n"), "certificate"),
        (Knobs(bare_issuer="https://evil.test"), "certificate"),
        (Knobs(ca=True), "certificate"),
        (Knobs(names=[]), "certificate"),
        (Knobs(names=[x509.DNSName("acme.test")]), "certificate"),
        (Knobs(names=[x509.RFC822Name(SUBJECT), x509.RFC822Name("eve@acme.test")]), "certificate"),
        (Knobs(names=[x509.UniformResourceIdentifier(f"mailto:{SUBJECT}")]), "identity"),
        (Knobs(subject="eve@acme.test"), "identity"),
        (Knobs(subject=f"{SUBJECT}.evil.test"), "identity"),
        (Knobs(issuer=f"{ISSUER}/"), "issuer"),
        (Knobs(sct="none"), "sct"),
        (Knobs(sct="other"), "sct"),
    ],
)
def test_a_certificate_that_is_for_something_else(sigstore: Sigstore, knobs: Knobs, expected: str) -> None:
    sigstore.knobs = knobs
    assert refused(made(Signer(sigstore)), by_identity(sigstore)) == expected


def test_the_chain_that_came_along_is_believed_nothing(sigstore: Sigstore) -> None:
    """Another authority's certificate, with that authority's whole chain beside it."""
    other = Sigstore(authority=Authority(CODE, "code"))
    other.log, other.certificate_log = sigstore.log, sigstore.certificate_log
    text = payload(DIGEST)
    annotations = simple(Signer(other), text)
    annotations["dev.sigstore.cosign/chain"] = "".join(other.chain_pem(other.authority.root)[1:])
    evidence = simple_signing(text, annotations, id="x", repository=REPOSITORY)
    assert refused(evidence, by_identity(sigstore)) == "certificate"


def test_a_leaf_issues_nothing(sigstore: Sigstore) -> None:
    """Who has a certificate of the authority signs another one with its key, for somebody else."""
    key = new_key()
    leaf = sigstore.issue(key.public_key(), "eve@acme.test", ISSUER)
    below = Authority(CODE, "code")
    below.key, below.certificate = key, leaf
    other = Sigstore(authority=below)
    other.log, other.certificate_log = sigstore.log, sigstore.certificate_log
    assert refused(made(Signer(other)), by_identity(sigstore)) == "certificate"


def test_a_promise_of_another_certificate(sigstore: Sigstore) -> None:
    """The list of promises of one certificate in another one of the same key."""
    key = new_key()
    first = sigstore.issue(key.public_key(), "eve@acme.test", ISSUER)
    promises = first.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
    sigstore.knobs = Knobs(sct="none")
    second = sigstore.issue(key.public_key(), SUBJECT, ISSUER)
    builder = x509.CertificateBuilder(
        second.issuer, second.subject, key.public_key(), second.serial_number, second.not_valid_before_utc, second.not_valid_after_utc,
        [*second.extensions, x509.Extension(promises.oid, False, x509.UnrecognizedExtension(promises.oid, promises.value.public_bytes()))],
    )  # fmt: skip
    forged = builder.sign(sigstore.authority.key, hashes.SHA256())
    signer = Signer(sigstore, key=key)
    signer.certificate = lambda: forged  # type: ignore[method-assign]
    assert refused(made(signer), by_identity(sigstore)) == "sct"
    assert proves(made(signer), by_identity(sigstore, require_sct=False))


def test_a_certificates_log_of_another_time(sigstore: Sigstore) -> None:
    logs = sigstore.trusted_root()["ctlogs"]
    logs[0]["publicKey"]["validFor"]["end"] = "2025-01-01T00:00:00Z"
    assert refused(made(Signer(sigstore)), by_identity(sigstore, root=trusted(sigstore, ctlogs=logs))) == "sct"


# -- logs ---------------------------------------------------------------------------------------------


def test_a_log_whose_key_was_retired(sigstore: Sigstore) -> None:
    evidence, second = made(Signer(sigstore)), made(Signer(sigstore, log=2, stamps=True))
    logs = sigstore.trusted_root()["tlogs"]
    for each in logs:
        each["publicKey"]["validFor"]["end"] = "2025-01-01T00:00:00Z"
    wanted = by_identity(sigstore, root=trusted(sigstore, tlogs=logs))
    assert refused(evidence, wanted) == "tlog"
    assert refused(second, wanted) == "tlog"


def test_two_periods_of_one_log(sigstore: Sigstore) -> None:
    logs = sigstore.trusted_root()["tlogs"]
    retired = json.loads(json.dumps(logs[0]))
    retired["publicKey"]["validFor"]["end"] = "2025-01-01T00:00:00Z"
    assert proves(made(Signer(sigstore)), by_identity(sigstore, root=trusted(sigstore, tlogs=[retired, *logs])))


def test_a_key_of_another_service_promises_nothing(sigstore: Sigstore) -> None:
    """The certificates' log is no transparency log, whatever its key signs."""
    signer = Signer(sigstore)
    sigstore.log.key, kept = sigstore.certificate_log.key, sigstore.log.key
    evidence = made(signer)
    sigstore.log.key = kept
    assert refused(evidence, by_identity(sigstore)) == "tlog"


def test_an_entry_of_another_key_for_the_same_signature(sigstore: Sigstore) -> None:
    """The log took the signature with a key that did not make it: it is not of the signer, whoever says so."""
    signer, eve = Signer(sigstore, keyless=False), Signer()
    text = payload(DIGEST)
    annotations = simple(replace(signer, log=None), text)
    body = hashedrekord(
        hashlib.sha256(text).digest(), base64.b64decode(annotations["dev.cosignproject.cosign/signature"]), eve.pem
    )
    entry = sigstore.log.entry(body, int(sigstore.now().timestamp()))
    annotations["dev.sigstore.cosign/bundle"] = json.dumps({
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": b64(body), "integratedTime": int(entry["integratedTime"]), "logIndex": int(entry["logIndex"]),
            "logID": sigstore.log.id.hex(),
        },
    })  # fmt: skip
    evidence = simple_signing(text, annotations, id="x", repository=REPOSITORY)
    assert refused(evidence, by_key(signer, sigstore, require_log=True)) == "tlog"
    assert proves(evidence, by_key(signer, sigstore)).log is None


def _logged(sigstore: Sigstore, signer: Signer, body: Callable[[bytes, bytes], bytes]) -> Evidence:
    """A bundle by a key whose entry in the log is another one, which the log has promised and proves."""
    value = signing.bundle(replace(signer, log=None), statement(DIGEST))
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    entry = sigstore.log.entry(body(statement(DIGEST), signature), int(sigstore.now().timestamp()))
    value["verificationMaterial"]["tlogEntries"] = [entry]
    return taken(value)


def _record(spec: dict[str, Any], kind: str = "hashedrekord", version: str = "0.0.1") -> bytes:
    return compact({"apiVersion": version, "kind": kind, "spec": spec})


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256 ", "SHA256", ""])
def test_an_entry_with_a_weak_hash(sigstore: Sigstore, algorithm: str) -> None:
    signer = Signer(sigstore, keyless=False)

    def body(text: bytes, signature: bytes) -> bytes:
        value = hashlib.new(algorithm if algorithm in ("sha1", "md5") else "sha256", encoding(IN_TOTO, text)).hexdigest()
        public = {"content": b64(signer.pem)}
        spec = {
            "data": {"hash": {"algorithm": algorithm, "value": value}},
            "signature": {"content": b64(signature), "publicKey": public},
        }
        return _record(spec)

    assert refused(_logged(sigstore, signer, body), by_key(signer, sigstore, require_log=True)) == "tlog"


def test_entries_of_other_kinds(sigstore: Sigstore) -> None:
    signer = Signer(sigstore, keyless=False)
    wanted = by_key(signer, sigstore, require_log=True)

    def two(text: bytes, signature: bytes) -> bytes:
        one = {"signature": b64(signature), "verifier": b64(signer.pem)}
        hashed = {"algorithm": "sha256", "value": hashlib.sha256(text).hexdigest()}
        return _record({"envelopeHash": hashed, "payloadHash": hashed, "signatures": [one, one]}, "dsse")

    def payload_only(text: bytes, signature: bytes) -> bytes:
        """A hashedrekord of the payload in place of what was signed."""
        return hashedrekord(hashlib.sha256(text).digest(), signature, signer.pem)

    for body in (
        two,
        payload_only,
        lambda *_: b"[]",
        lambda *_: b"{}",
        lambda *_: _record({}, "intoto"),
        lambda *_: _record({}, "rekord"),
    ):
        # The log takes what it is given: the body has to have a kind for the recorder, so it is put in after it.
        assert refused(_logged_raw(sigstore, signer, body), wanted) == "tlog"
    good = _logged(sigstore, signer, lambda text, signature: hashedrekord(
        hashlib.sha256(encoding(IN_TOTO, text)).digest(), signature, signer.pem
    ))  # fmt: skip
    assert proves(good, wanted).log


def _logged_raw(sigstore: Sigstore, signer: Signer, body: Callable[[bytes, bytes], bytes]) -> Evidence:
    value = signing.bundle(replace(signer, log=None), statement(DIGEST))
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    data = body(statement(DIGEST), signature)
    index = sigstore.log.tree.add(data)
    at = int(sigstore.now().timestamp())
    value["verificationMaterial"]["tlogEntries"] = [{
        "logIndex": str(index), "logId": {"keyId": b64(sigstore.log.id)}, "integratedTime": str(at), "canonicalizedBody": b64(data),
        "inclusionPromise": {"signedEntryTimestamp": b64(sigstore.log.promise(data, at, index))},
        "inclusionProof": {
            "logIndex": str(index), "rootHash": b64(sigstore.log.tree.root()), "treeSize": str(index + 1),
            "hashes": [b64(each) for each in sigstore.log.tree.path(index)],
            "checkpoint": {"envelope": sigstore.log.checkpoint()},
        },
    }]  # fmt: skip
    return taken(value)


def test_an_entry_of_rekor_2_with_two_signers(sigstore: Sigstore) -> None:
    signer = Signer(sigstore, keyless=False)

    def body(text: bytes, signature: bytes) -> bytes:
        stated = {"publicKey": {"rawBytes": b64(spki(signer.key))}, "x509Certificate": {"rawBytes": "AAAA"}}
        record = {
            "data": {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(encoding(IN_TOTO, text)).digest())},
            "signature": {"content": b64(signature), "verifier": stated},
        }
        return _record({"hashedRekordV002": record}, version="0.0.2")

    assert refused(_logged_raw(sigstore, signer, body), by_key(signer, sigstore, require_log=True)) == "tlog"


def test_an_entry_of_a_certificate_that_came_along_and_is_of_another_key(sigstore: Sigstore) -> None:
    """A key's signature, logged by somebody else's certificate, which stands in the bundle."""
    signer, eve = Signer(sigstore, keyless=False), Signer(sigstore)
    certificate = eve.certificate()
    assert certificate is not None
    pem = certificate.public_bytes(Encoding.PEM)
    value = signing.bundle(replace(signer, log=None), statement(DIGEST))
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    body = hashedrekord(hashlib.sha256(encoding(IN_TOTO, statement(DIGEST))).digest(), signature, pem)
    value["verificationMaterial"] = {
        "certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))},
        "tlogEntries": [sigstore.log.entry(body, int(sigstore.now().timestamp()))],
    }
    assert refused(taken(value), by_key(signer, sigstore, require_log=True)) == "tlog"
    assert proves(taken(value), by_key(signer, sigstore)).log is None


def test_a_wanted_key_with_a_certificate_of_it(sigstore: Sigstore) -> None:
    """Signed with a certificate, and wanted by the key that is in it: the log knows the certificate."""
    signer = Signer(sigstore)
    found = proves(made(signer), by_key(signer, sigstore, require_log=True))
    assert found.log is not None and found.signer == KeySigner(Key.parse(signer.pem).fingerprint)


def test_a_checkpoint_of_another_log(sigstore: Sigstore) -> None:
    """Signed by a log that is trusted as well, of a tree of the attacker's."""
    value = signing.bundle(Signer(sigstore, log=2, stamps=True), statement(DIGEST))
    proof = value["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    text = proof["checkpoint"]["envelope"].partition("\n\n")[0] + "\n"
    signed = b64(sigstore.log.id[:4] + sigstore.log.sign(text.encode()))
    proof["checkpoint"]["envelope"] = f"{text}\n— 127.0.0.1 {signed}\n"
    assert refused(taken(value), by_identity(sigstore)) == "tlog"


def test_a_malleated_signature_is_not_the_one_in_the_log(sigstore: Sigstore) -> None:
    """(r, n - s) is good whenever (r, s) is: without a log it means the same, with one it is not what was logged."""
    signer = Signer(sigstore, keyless=False)
    value = signing.bundle(signer, statement(DIGEST))
    signature = value["dsseEnvelope"]["signatures"][0]
    r, s = decode_dss_signature(base64.b64decode(signature["sig"]))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    signature["sig"] = b64(encode_dss_signature(r, order - s))
    assert refused(taken(value), by_key(signer, sigstore, require_log=True)) == "tlog"
    assert proves(taken(value), by_key(signer)).signer == proves(made(signer), by_key(signer)).signer


# -- time stamps --------------------------------------------------------------------------------------


def _stamped(sigstore: Sigstore, stamp: Callable[[bytes], bytes]) -> Evidence:
    """A keyless bundle whose only proof of time is what ``stamp`` makes of the signature."""
    value = signing.bundle(Signer(sigstore, log=None), statement(DIGEST))
    signature = base64.b64decode(value["dsseEnvelope"]["signatures"][0]["sig"])
    value["verificationMaterial"]["timestampVerificationData"] = {
        "rfc3161Timestamps": [{"signedTimestamp": b64(stamp(signature))}]
    }
    return taken(value)


def _by_stamp(sigstore: Sigstore, **more: Any) -> Wanted:
    return by_identity(sigstore, require_log=False, **more)


def test_a_stamp_of_the_authority(sigstore: Sigstore) -> None:
    assert proves(_stamped(sigstore, lambda each: sigstore.stamper.of(each, sigstore.now())), _by_stamp(sigstore)).signed_at


def test_the_first_certificate_of_the_bag_is_not_the_stampers(sigstore: Sigstore) -> None:
    """CVE-2026-39984: what is asked of a certificate was asked of the first that came along."""
    eve = Stamper()
    good = sigstore.stamper.certificate
    forged = eve.of  # signed by another key, the good certificate first
    assert refused(_stamped(sigstore, lambda each: forged(each, sigstore.now(), extra=(good,))), _by_stamp(sigstore)) == "time"
    evidence = _stamped(sigstore, lambda each: sigstore.stamper.of(each, sigstore.now(), extra=(eve.certificate,)))
    assert proves(evidence, _by_stamp(sigstore))


def test_a_stampers_namesake(sigstore: Sigstore) -> None:
    """Same issuer name and serial number, another key."""
    eve = Stamper()
    eve.certificate = sigstore.stamper.certificate
    assert refused(_stamped(sigstore, lambda each: eve.of(each, sigstore.now())), _by_stamp(sigstore)) == "time"


@pytest.mark.parametrize(
    "stamper",
    [
        {"usage": (CODE,)}, {"critical": False}, {"usage": (oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)},
        {"usage": (STAMPS, CODE)},
        {"lifetime": timedelta(days=3)},
    ],
)  # fmt: skip
def test_a_stampers_certificate_that_is_for_something_else(stamper: dict[str, Any]) -> None:
    other = Sigstore(stamper=Stamper(**stamper))
    assert refused(_stamped(other, lambda each: other.stamper.of(each, other.now())), _by_stamp(other)) == "time"


def test_a_certificate_for_code_stamps_nothing(sigstore: Sigstore) -> None:
    """Whoever may sign images would say when they were signed."""
    eve = Stamper(authority=sigstore.authority)
    value = sigstore.trusted_root()["timestampAuthorities"]
    for authorities in (value, [*value, *sigstore.trusted_root()["certificateAuthorities"]]):
        wanted = _by_stamp(sigstore, root=trusted(sigstore, timestampAuthorities=authorities))
        assert refused(_stamped(sigstore, lambda each: eve.of(each, sigstore.now())), wanted) == "time"


def test_a_retired_stamper_does_not_borrow_the_period_of_another(sigstore: Sigstore) -> None:
    retired = Stamper(authority=Authority(STAMPS, "retired"))
    old = Sigstore(stamper=retired).trusted_root()["timestampAuthorities"]
    old[0]["validFor"]["end"] = "2025-01-01T00:00:00Z"
    root = trusted(sigstore, timestampAuthorities=[*old, *sigstore.trusted_root()["timestampAuthorities"]])
    wanted = _by_stamp(sigstore, root=root)
    assert refused(_stamped(sigstore, lambda each: retired.of(each, sigstore.now())), wanted) == "time"
    assert proves(_stamped(sigstore, lambda each: sigstore.stamper.of(each, sigstore.now())), wanted)


def test_an_expired_chain_of_a_stamper(sigstore: Sigstore) -> None:
    for expired in ("end", "root_end"):
        old = Sigstore(stamper=Stamper(authority=Authority(STAMPS, "old", **{expired: LONG_AGO + timedelta(days=9)})))
        assert refused(_stamped(old, lambda each, old=old: old.stamper.of(each, old.now())), _by_stamp(old)) == "time"  # type: ignore[misc]


def test_an_authority_that_gives_only_its_root(sigstore: Sigstore) -> None:
    """The stamp's own certificates may lead to it, and are held to it."""
    authority = sigstore.trusted_root()["timestampAuthorities"]
    authority[0]["certChain"]["certificates"] = authority[0]["certChain"]["certificates"][-1:]
    wanted = _by_stamp(sigstore, root=trusted(sigstore, timestampAuthorities=authority))
    assert proves(_stamped(sigstore, lambda each: sigstore.stamper.of(each, sigstore.now())), wanted)
    eve = Stamper(authority=Authority(STAMPS, "stamps"))
    assert refused(_stamped(sigstore, lambda each: eve.of(each, sigstore.now())), wanted) == "time"


# -- the signed text ----------------------------------------------------------------------------------


def test_a_bundles_signature_is_none_of_a_payload_and_the_other_way_round() -> None:
    """The same key signs both formats: what was signed as one is not to be read as the other."""
    signer = Signer()
    inner = statement(DIGEST)
    signed = encoding(IN_TOTO, inner)
    annotations = {"dev.cosignproject.cosign/signature": b64(signer.sign(signed))}
    assert refused(simple_signing(signed, annotations, id="x", repository="x"), by_key(signer)) == "malformed"
    plain = {"dev.cosignproject.cosign/signature": b64(signer.sign(inner))}
    assert refused(simple_signing(inner, plain, id="x", repository="x"), by_key(signer)) == "malformed"
    text = payload(DIGEST)
    value = signing.bundle(signer, statement(DIGEST))
    value["dsseEnvelope"]["payload"] = b64(text)
    value["dsseEnvelope"]["signatures"] = [{"sig": b64(signer.sign(text))}]
    assert refused(lambda: taken(value), by_key(signer)) == "attestation"


def test_an_envelope_is_of_its_type() -> None:
    """A signature over the payload alone, or over another type's encoding, is none of the envelope."""
    signer = Signer()
    value = signing.bundle(signer, statement(DIGEST))
    for signed in (
        statement(DIGEST),
        encoding("application/json", statement(DIGEST)),
        encoding(IN_TOTO, statement(DIGEST)) + b" ",
    ):
        value["dsseEnvelope"]["signatures"] = [{"sig": b64(signer.sign(signed))}]
        assert refused(taken(value), by_key(signer)) == "wrongKey"


def test_the_predicate_is_the_signed_one() -> None:
    """CVE-2022-35929: a type that stands beside what was signed says nothing."""
    signer = Signer()
    for predicate in ("https://cosign.sigstore.dev/attestation/vuln/v1", "", "https://sigstore.dev/cosign/sign/v1/"):
        value = signing.bundle(signer, statement(DIGEST, predicate=predicate))
        assert refused(lambda value=value: taken(value), by_key(signer)) == "attestation"  # type: ignore[misc]


@pytest.mark.parametrize(
    "subject",
    [
        [], [{}], [{"digest": "ab" * 32}], [{"digest": {"sha256": ("ab" * 32).upper()}}], [{"digest": {"sha512": "ab" * 32}}],
        [{"digest": {"sha256": DIGEST}}], [{"digest": {"sha256": "ab" * 31}}], {"digest": {"sha256": "ab" * 32}},
        [{"name": DIGEST, "digest": {"sha256": "cd" * 32}}],
    ],
)  # fmt: skip
def test_a_statement_about_something_else(subject: Any) -> None:
    signer = Signer()
    text = compact(json.loads(statement(DIGEST)) | {"subject": subject})
    assert refused(taken(signing.bundle(signer, text)), by_key(signer)) in ("otherImage", "malformed")


@pytest.mark.parametrize("kind", ["https://in-toto.io/Statement/v0.1", "", None, "https://in-toto.io/Statement/v1 "])
def test_a_statement_of_another_version(kind: str | None) -> None:
    signer = Signer()
    text = compact(json.loads(statement(DIGEST)) | {"_type": kind})
    assert refused(taken(signing.bundle(signer, text)), by_key(signer)) == "malformed"


def test_annotations_are_those_of_the_subject_with_the_digest() -> None:
    signer = Signer()
    subjects = [
        {"digest": {"sha256": "cd" * 32}, "annotations": {"env": "prod"}}, {"digest": {"sha256": "ab" * 32}, "annotations": {"env": "dev"}}
    ]  # fmt: skip
    text = compact(json.loads(statement(DIGEST)) | {"subject": subjects})
    evidence = taken(signing.bundle(signer, text))
    assert refused(evidence, by_key(signer, annotations={"env": "prod"})) == "annotation"
    assert proves(evidence, by_key(signer, annotations={"env": "prod"}), OTHER).annotations == {"env": "prod"}


@pytest.mark.parametrize("value", [True, 1, None, ["prod"], {"prod": "prod"}, "prod ", "Prod", ""])
def test_an_annotation_is_the_very_text(value: Any) -> None:
    signer = Signer()
    text = payload(DIGEST, {"env": value})
    evidence = simple_signing(text, simple(signer, text), id="x", repository="x")
    assert refused(evidence, by_key(signer, annotations={"env": "prod"})) == "annotation"


def test_what_an_annotation_stands_for_is_filled_in_once(sigstore: Sigstore) -> None:
    """A repository cannot have braces, and a tag cannot either; a value is compared as it is."""
    signer = Signer()
    text = payload(DIGEST, {"name": f"{REPOSITORY}/1.0", "odd": "{repository}"})
    evidence = simple_signing(text, simple(signer, text), id="x", repository="x")
    assert proves(evidence, by_key(signer, annotations={"name": "{repository}/{tag}"}))
    assert refused(evidence, by_key(signer, annotations={"odd": "{repository}"})) == "annotation"


@pytest.mark.parametrize(
    "critical",
    [
        {"type": "atomic container signature"}, {"type": None}, {"image": {}}, {"image": {"docker-manifest-digest": [DIGEST]}},
        {"image": {"Docker-manifest-digest": DIGEST}}, {"identity": None}, {"identity": {"docker-reference": 1}},
    ],
)  # fmt: skip
def test_a_payload_of_another_kind(critical: dict[str, Any]) -> None:
    signer = Signer()
    text = payload(DIGEST, **critical)
    assert refused(simple_signing(text, simple(signer, text), id="x", repository="x"), by_key(signer)) == "malformed"


def test_a_member_that_stands_twice_is_read_by_nobody() -> None:
    """Two readers take two different ones of them."""
    signer = Signer()
    text = payload(DIGEST).replace(b'"image":', b'"image":{"docker-manifest-digest":"' + OTHER.encode() + b'"},"image":')
    assert refused(simple_signing(text, simple(signer, text), id="x", repository="x"), by_key(signer)) == "malformed"
    doubled = json.dumps(signing.bundle(signer, statement(DIGEST))).encode().replace(b"{", b'{"dsseEnvelope": {}, ', 1)
    assert refused(lambda: taken(doubled), by_key(signer)) == "malformed"


@pytest.mark.parametrize(
    "stated", ["registry.example.com/acme/web:1.0", "registry.example.com/acme/web", f"{REPOSITORY}@{DIGEST}"]
)
def test_the_repository_that_was_signed(stated: str) -> None:
    signer = Signer()
    text = payload(DIGEST, repository=stated)
    assert proves(simple_signing(text, simple(signer, text), id="x", repository="x"), by_key(signer, signed_as="repository"))


@pytest.mark.parametrize("stated", ["", "REGISTRY.example.com/ACME", "registry.example.com/acme/web2", "acme/web", "../web", "*"])
def test_another_repository_was_signed(stated: str) -> None:
    signer = Signer()
    text = payload(DIGEST, repository=stated)
    evidence = simple_signing(text, simple(signer, text), id="x", repository=REPOSITORY)
    assert refused(evidence, by_key(signer, signed_as="repository")) == "otherRepository"
    assert proves(evidence, by_key(signer))


def test_what_strangers_wrote_steers_no_terminal() -> None:
    signer = Signer()
    text = payload(DIGEST, {"env": "\x1b[2J"}, repository="evil\x1b[2J\nsigned by everybody")
    evidence = simple_signing(text, simple(signer, text), id="x", repository=REPOSITORY)
    for wanted in (by_key(signer, signed_as="repository"), by_key(signer, annotations={"env": "prod"})):
        with pytest.raises(Refused) as caught:
            proves(evidence, wanted)
        assert caught.value.message.isprintable() and "x1b" in caught.value.message


# -- signatures that are none ---------------------------------------------------------------------------


def test_signatures_that_are_none() -> None:
    """CVE-2022-21449 and its like: zeros, nothing, lengths that lie, bytes behind the signature, another encoding of it."""
    signer = Signer()
    good = signer.sign(payload(DIGEST))
    r, s = decode_dss_signature(good)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    bad = [
        b"\0",
        b"0\6\2\1\0\2\1\0",
        encode_dss_signature(0, 0),
        encode_dss_signature(1, 1),
        good + b"\0",
        good[:-1],
        raw,
        b"0" + good,
    ]
    for each in bad:
        annotations = {"dev.cosignproject.cosign/signature": b64(each)}
        assert refused(simple_signing(payload(DIGEST), annotations, id="x", repository="x"), by_key(signer)) == "wrongKey"


@pytest.mark.parametrize("text", ["", " ", "=", "AAA", "AA=A", "A A=", "AAAA\n", "-_-_", "AB==", "\u0663AAA"])
def test_base64_has_one_spelling(text: str) -> None:
    annotations = {"dev.cosignproject.cosign/signature": text}
    assert refused(lambda: simple_signing(payload(DIGEST), annotations, id="x", repository="x"), by_key(Signer())) == "malformed"


# -- floods ---------------------------------------------------------------------------------------------


def _deep(value: dict[str, Any]) -> bytes:
    return b'{"a":' * 100_000 + json.dumps(value).encode() + b"}" * 100_000


FLOODS: list[Callable[[dict[str, Any]], dict[str, Any] | bytes]] = [
    lambda value: value | {"more": "x" * (1 << 20)},
    lambda value: json.dumps(value).encode().replace(b"{", b'{"n": ' + b"9" * 100_000 + b", ", 1),
    _deep,
    lambda value: b"[" * 200_000,
    lambda value: b'{"a":' * 40 + json.dumps(value).encode() + b"}" * 40,
    lambda value: json.dumps(value).encode().replace(b"{", b'{"a": ' + b"[" * 40 + b"]" * 40 + b", ", 1),
    lambda value: json.dumps(value).encode().replace(b"{", b'{"n": NaN, ', 1),
    lambda value: json.dumps(value).encode("utf-16"),
    lambda value: b"\xef\xbb\xbf" + json.dumps(value).encode(),
    lambda value: json.dumps(value).encode() + b"{}",
    lambda value: b"null",
    lambda value: b"",
]


@pytest.mark.parametrize("number", range(len(FLOODS)))
def test_a_document_without_an_end(number: int) -> None:
    value = FLOODS[number](signing.bundle(Signer(), statement(DIGEST)))
    start = time.perf_counter()
    with pytest.raises(Refused) as caught:
        taken(value)
    assert caught.value.reason == "malformed"
    assert time.perf_counter() - start < 1


def test_entries_and_stamps_without_an_end(sigstore: Sigstore) -> None:
    """CVE-2024-45395: each entry costs a few signatures to check."""
    value = signing.bundle(Signer(sigstore, stamps=True), statement(DIGEST))
    material = value["verificationMaterial"]
    for name, holder in (("tlogEntries", material), ("rfc3161Timestamps", material["timestampVerificationData"])):
        one = holder[name]
        holder[name] = one * 33
        assert refused(lambda: taken(value), by_identity(sigstore)) == "malformed"
        holder[name] = one * 32
        start = time.perf_counter()
        assert proves(taken(value), by_identity(sigstore))
        assert time.perf_counter() - start < 2
        holder[name] = one
    path = material["tlogEntries"][0]["inclusionProof"]["hashes"]
    material["tlogEntries"][0]["inclusionProof"]["hashes"] = (path or [b64(b"\0" * 32)]) * 65
    assert refused(lambda: taken(value), by_identity(sigstore)) == "malformed"


@pytest.mark.parametrize("name", ["integratedTime", "logIndex"])
@pytest.mark.parametrize("number", ["-1", "1e3", "0x1", "01", "9" * 30, "99999999999999999", -1, 1.5, True, "\u0661", "1 ", ""])
def test_numbers_have_one_spelling(sigstore: Sigstore, name: str, number: Any) -> None:
    value = signing.bundle(Signer(sigstore), statement(DIGEST))
    value["verificationMaterial"]["tlogEntries"][0][name] = number
    assert refused(lambda: taken(value), by_identity(sigstore)) in ("malformed", "tlog")


def test_the_curve_of_a_certificate_is_a_known_one(sigstore: Sigstore) -> None:
    signer = Signer(sigstore, key=ec.generate_private_key(ec.SECP256K1()))
    with pytest.raises(Refused, match="secp256k1") as caught:
        proves(made(signer), by_identity(sigstore))
    assert caught.value.reason == "certificate"


def test_half_a_character(sigstore: Sigstore) -> None:
    """An escape that names no character: what cannot be encoded is not signed by anybody, and no reason to fall over."""
    value = signing.bundle(Signer(sigstore), statement(DIGEST))
    checkpoint = value["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] = checkpoint["envelope"].replace(" - ", " - \ud800", 1)
    assert refused(lambda: taken(value), by_identity(sigstore)) == "malformed"
    text = payload(DIGEST)
    for name, put in simple(Signer(sigstore, stamps=True), text).items():
        with pytest.raises(Refused) as caught:
            simple_signing(text, simple(Signer(sigstore), text) | {name: f"{put}\ud800"}, id="x", repository=REPOSITORY)
        assert caught.value.reason == "malformed"


def test_two_certificates_where_one_is_to_be(sigstore: Sigstore) -> None:
    text = payload(DIGEST)
    annotations = simple(Signer(sigstore), text)
    name = "dev.sigstore.cosign/certificate"
    other = sigstore.issue(new_key().public_key(), "eve@acme.test", ISSUER).public_bytes(Encoding.PEM).decode()
    for pem in (annotations[name] + other, other + annotations[name], annotations[name] + "x", "x" + annotations[name]):
        with pytest.raises(Refused) as caught:
            simple_signing(text, annotations | {name: pem}, id="x", repository="x")
        assert caught.value.reason == "malformed"
