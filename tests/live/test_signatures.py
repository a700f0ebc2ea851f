"""Each attack on signatures against real registries, and cosign's own verdict beside ours.

What is signed is signed by cosign 2.5 and 3.1 with a private Sigstore. Both registries are tried: Debian's docker-registry, which has
no API for referrers, and one that has it. Where cosign 3.1 decides otherwise than we do, that is in ``DIFFERENCES``, and nothing else is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import ContainerError, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.verify import VerifyPolicy
from perry_ffi.service import trust
from perry_ffi.service.client import Client
from tests.engines.daemon import EngineMissing
from tests.live.conftest import missing
from tests.support import registry_http as http
from tests.support.cosign import Cosign, need_cosign
from tests.support.registry import Registry, evil
from tests.support.registry_program import registry_program
from tests.support.sigstore import Knobs, Sigstore
from tests.support.sigstore.server import serving, signing_config, token
from tests.support.sigstore.signing import ISSUER, SUBJECT

pytestmark = pytest.mark.timeout(600)
CONTENT = b"what is signed"
Simple = list[tuple[bytes, dict[str, str]]]
Policy = dict[str, Any]


@dataclass
class World:
    """A registry, a private Sigstore, both cosigns, and what they signed of one image."""

    folder: Path
    host: str
    registry: Registry | None
    sigstore: Sigstore
    v2: Cosign
    v3: Cosign
    digest: str = ""
    bundles: dict[str, bytes] = field(default_factory=dict)
    simple: dict[str, Simple] = field(default_factory=dict)

    def image(self, repository: str, tag: str = "1") -> str:
        self.digest = http.put_image(self.host, repository, tag, CONTENT)
        return f"{self.host}/{repository}@{self.digest}"

    def place(self, repository: str, *, bundles: list[bytes] | None = None, simple: Simple | None = None) -> str:
        """The image in a repository of its own with this evidence beside it; its reference by tag."""
        self.image(repository)
        http.put_referrers(self.host, repository, self.digest, bundles or [], fallback=self.registry is None)
        if simple:
            http.put_signatures(self.host, repository, self.digest, simple)
        return f"{self.host}/{repository}:1"

    def sign(self, repository: str, *arguments: str, rekor: int | None = None, stamps: bool = False, checked: bool = True) -> str:
        """cosign 3 signs the image in the repository."""
        reference = self.image(repository)
        config = signing_config(self.sigstore, self.folder / "config.json", rekor=rekor, stamps=stamps)
        root = ["--trusted-root", "root.json"] if checked and (rekor or stamps) else []
        self.v3.sign(reference, "--signing-config", str(config), *root, *arguments)
        return f"{self.host}/{repository}:1"

    def sign2(self, repository: str, *arguments: str) -> str:
        """cosign 2 does."""
        self.v2.sign(self.image(repository), *arguments)
        return f"{self.host}/{repository}:1"

    def stored(self, repository: str) -> list[bytes]:
        """The bundles that are stored beside the image."""
        if self.registry is None:
            return http.bundles(self.host, repository, self.digest)
        rows = self.registry.content.referrers(repository, self.digest)
        manifests = [json.loads(http.get_manifest(self.host, repository, row["digest"]) or b"") for row in rows]
        return [http.get_blob(self.host, repository, each["layers"][0]["digest"]) for each in manifests]

    @property
    def keyless(self) -> list[str]:
        return ["--identity-token", token(SUBJECT, ISSUER)]

    @property
    def keyless2(self) -> list[str]:
        return ["--fulcio-url", self.sigstore.url, "--rekor-url", self.sigstore.url, *self.keyless, "--insecure-skip-verify=true"]

    # -- what is wanted, by us and by cosign --------------------------------------------------------

    def by_key(self, name: str = "key", **more: Any) -> Policy:
        return {"keys": [str(self.folder / f"{name}.pub")], "trustedRoot": str(self.folder / "root.json")} | more

    def by_identity(self, identity: dict[str, str] | None = None, **more: Any) -> Policy:
        who = {"issuer": ISSUER, "subject": SUBJECT} if identity is None else identity
        return {"identities": [who], "trustedRoot": str(self.folder / "root.json")} | more


KEY = ["--key", "key.pub", "--insecure-ignore-tlog=true"]
OTHER_KEY = ["--key", "other.pub", "--insecure-ignore-tlog=true"]
KEY_LOG = ["--key", "key.pub", "--trusted-root", "root.json"]
IDENTITY = ["--trusted-root", "root.json", "--certificate-identity", SUBJECT, "--certificate-oidc-issuer", ISSUER]


def _world(folder: Path, host: str, registry: Registry | None, sigstore: Sigstore) -> World:
    world = World(folder, host, registry, sigstore, need_cosign(2, folder), need_cosign(3, folder))
    (folder / "root.json").write_bytes(sigstore.root_text())
    kinds = {"key": "ecdsa-p256", "other": "ecdsa-p256", "p384": "ecdsa-p384", "rsa": "rsa-2048", "ed25519": "ed25519"}
    for name, kind in kinds.items():
        world.v3.key(name, kind)
    for name, arguments, rekor, stamps in (
        ("key", ["--key", "key.key"], None, False),
        ("key-log", ["--key", "key.key"], 1, False),
        ("keyless", world.keyless, 1, False),
        ("keyless-log2", world.keyless, 2, True),
        ("keyless-stamp", world.keyless, None, True),
    ):
        world.sign(f"base/{name}", *arguments, rekor=rekor, stamps=stamps)
        [world.bundles[name]] = world.stored(f"base/{name}")
    for name, arguments in (
        ("key", ["--key", "key.key", "--tlog-upload=false"]),
        ("key-log", ["--key", "key.key", "--rekor-url", sigstore.url]),
        ("keyless", world.keyless2),
    ):
        world.sign2(f"base/sig-{name}", *arguments)
        world.simple[name] = http.signatures(host, f"base/sig-{name}", world.digest)
    return world


@pytest.fixture(scope="module", params=["without referrers", "with referrers"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("signatures")
    with serving(Sigstore()) as sigstore:
        if request.param == "with referrers":
            with Registry() as registry:
                yield _world(folder, registry.host, registry, sigstore)
        else:
            try:
                with registry_program(folder) as host:
                    yield _world(folder, host, None, sigstore)
            except EngineMissing as error:
                missing(str(error))


def ours(world: World, reference: str, policy: Policy) -> str:
    """``accepted``, the reason of a refusal, or the kind of what could not be told: by the whole operation, without an engine."""
    environ = {
        "HOME": str(world.folder), "PERRY_CONTAINER_TRUST_CACHE": "off", "PERRY_CONTAINER_BACKEND": "docker",
        "DOCKER_HOST": f"unix://{world.folder}/nobody.sock",
    }  # fmt: skip

    async def verify() -> None:
        client = Client(environ)
        try:
            found = await trust.verify_image(client, reference, validate(VerifyPolicy, policy))
        finally:
            await client.aclose()
        assert found.verified and found.source == "registry" and found.digest.startswith("sha256:")

    try:
        anyio.run(verify)
    except VerificationFailed as error:
        return str(error.details["reason"])
    except ContainerError as error:
        return error.kind
    return "accepted"


# -- the cases ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """``place`` puts it there and names it; ``wanted`` is ours, ``arguments`` are cosign's; then what both have to say."""

    name: str
    place: Callable[[World, str], str]
    wanted: Callable[[World], Policy]
    arguments: list[str]
    ours: str
    cosign: int
    evil: bool = False
    """Only where the registry can be told to misbehave."""


def _placed(kind: str, name: str) -> Callable[[World, str], str]:
    """Evidence as cosign signed it, in another repository."""
    if kind == "bundle":
        return lambda world, repository: world.place(repository, bundles=[world.bundles[name]])
    return lambda world, repository: world.place(repository, simple=world.simple[name])


def _edited(name: str, change: Callable[[World, dict[str, Any]], None]) -> Callable[[World, str], str]:
    def place(world: World, repository: str) -> str:
        value = json.loads(world.bundles[name])
        change(world, value)
        return world.place(repository, bundles=[json.dumps(value).encode()])

    return place


def _entry(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["verificationMaterial"]["tlogEntries"][0]
    return found


def _flip(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(data).decode()


def _unsigned(world: World, repository: str) -> str:
    return world.place(repository)


def _simple_of_another(world: World, repository: str) -> str:
    world.image(repository)
    other = http.put_image(world.host, repository, "2", b"another image")
    http.put_signatures(world.host, repository, other, world.simple["key"])
    return f"{world.host}/{repository}:2"


def _bundle_of_another(world: World, repository: str) -> str:
    other = http.put_image(world.host, repository, "2", b"another image")
    http.put_referrers(world.host, repository, other, [world.bundles["key"]], fallback=world.registry is None)
    return f"{world.host}/{repository}:2"


def _payload_edited(world: World, repository: str) -> str:
    other = http.put_image(world.host, repository, "2", b"another image")
    [(payload, annotations)] = world.simple["key"]
    http.put_signatures(world.host, repository, other, [(payload.replace(world.digest.encode(), other.encode()), annotations)])
    return f"{world.host}/{repository}:2"


def _subject_added(world: World, value: dict[str, Any]) -> None:
    statement = json.loads(base64.b64decode(value["dsseEnvelope"]["payload"]))
    statement["subject"].append({"digest": {"sha256": "0" * 64}})
    value["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()


def _attestation(world: World, repository: str, key: str = "key") -> str:
    reference = world.image(repository)
    (world.folder / "report.json").write_text('{"scanner": {"result": "FAILED"}, "metadata": {}, "invocation": {}}')
    config = signing_config(world.sigstore, world.folder / "config.json", rekor=None)
    world.v3.done(
        "attest", "--yes", "--key", f"{key}.key", "--type", "vuln", "--predicate", "report.json", "--allow-insecure-registry",
        "--signing-config", str(config), reference,
    )  # fmt: skip
    return f"{world.host}/{repository}:1"


def _foreign_beside(world: World, repository: str) -> str:
    _attestation(world, repository, "other")
    http.put_signatures(world.host, repository, world.digest, world.simple["key"])
    return f"{world.host}/{repository}:1"


def _index(world: World, repository: str) -> str:
    """The index of two platforms is signed; one platform is asked for."""
    child = http.put_image(world.host, repository, "child", b"a platform")
    size = len(http.get_manifest(world.host, repository, child) or b"")
    row = {"mediaType": http.OCI_MANIFEST, "digest": child, "size": size, "platform": {"os": "linux", "architecture": "amd64"}}
    digest = http.put_manifest(world.host, repository, "1", {"schemaVersion": 2, "mediaType": http.OCI_INDEX, "manifests": [row]})
    config = signing_config(world.sigstore, world.folder / "config.json", rekor=None)
    world.v3.sign(f"{world.host}/{repository}@{digest}", "--key", "key.key", "--signing-config", str(config))
    return f"{world.host}/{repository}:1"


def _child(world: World, repository: str) -> str:
    _index(world, repository)
    return f"{world.host}/{repository}:child"


def _misbehaving(pattern: str, act: Any, name: str = "key") -> Callable[[World, str], str]:
    """A signed image whose registry does ``act`` for requests of its repository that match."""

    def place(world: World, repository: str) -> str:
        reference = world.place(repository, bundles=[world.bundles[name]])
        assert world.registry is not None
        world.registry.evil[f"GET /v2/{repository}/{pattern}"] = act(world) if callable(act) and act in _OF_WORLD else act
        return reference

    return place


def _flood(world: World) -> Any:
    rows = evil.rows_of(300, http.BUNDLE)
    return evil.listing(rows)


def _digest_that_lies(world: World, repository: str) -> str:
    world.place(repository, bundles=[world.bundles["key"]])
    assert world.registry is not None
    world.registry.evil[f"GET /v2/{repository}/manifests/{world.digest}"] = evil.changed()
    return f"{world.host}/{repository}@{world.digest}"


def _deluge(world: World) -> Any:
    return evil.listing(evil.rows_of(20_000, http.BUNDLE))


def _pages(world: World) -> Any:
    def act(handler: evil.Handler) -> None:
        evil.listing([], Link=f'<{handler.path}>; rel="next"')(handler)

    return act


_OF_WORLD = {_flood, _deluge, _pages}


def _knobs(knobs: Knobs, sign: Callable[[World, str], str]) -> Callable[[World, str], str]:
    def place(world: World, repository: str) -> str:
        world.sigstore.knobs = knobs
        try:
            return sign(world, repository)
        finally:
            world.sigstore.knobs = Knobs()

    return place


def _sign3(world: World, repository: str) -> str:
    return world.sign(repository, *world.keyless, rekor=1, checked=False)


def _sign2(world: World, repository: str) -> str:
    return world.sign2(repository, *world.keyless2)


def _set(path: str, value: Any) -> Callable[[World, dict[str, Any]], None]:
    def change(world: World, bundle: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        for step in steps:
            bundle = bundle[int(step)] if step.isdigit() else bundle[step]  # type: ignore[index]
        if value is None:
            bundle.pop(last, None)
        else:
            bundle[last] = value(bundle.get(last)) if callable(value) else value

    return change


_LOG = "verificationMaterial.tlogEntries.0"


def _both(*changes: Callable[[World, dict[str, Any]], None]) -> Callable[[World, dict[str, Any]], None]:
    def change(world: World, value: dict[str, Any]) -> None:
        for each in changes:
            each(world, value)

    return change


def _from(name: str, *path: str) -> Callable[[World, dict[str, Any]], None]:
    """A part of another good bundle in the place of this one's."""

    def change(world: World, value: dict[str, Any]) -> None:
        source = json.loads(world.bundles[name])
        for step in path[:-1]:
            source, value = source[step], value[step]
        value[path[-1]] = source[path[-1]]

    return change


def _second_sigstore(world: World, repository: str) -> str:
    with serving(Sigstore()) as other:
        kept, world.sigstore = world.sigstore, other
        try:
            return world.sign(repository, *world.keyless, rekor=1, checked=False)
        finally:
            world.sigstore = kept


def _key(world: World) -> Policy:
    return world.by_key()


def _key_log(world: World) -> Policy:
    return world.by_key(requireTransparencyLog=True)


def _identity(world: World) -> Policy:
    return world.by_identity()


def _by(kind: str, version: int) -> Callable[[World, str], str]:
    if version == 2:
        return lambda world, repository: world.sign2(repository, "--key", f"{kind}.key", "--tlog-upload=false")
    return lambda world, repository: world.sign(repository, "--key", f"{kind}.key")


def _logged_2(kind: str) -> Callable[[World, str], str]:
    return lambda world, repository: world.sign(repository, "--key", f"{kind}.key", rekor=2, stamps=True, checked=False)


def _logged_by(kind: str) -> Callable[[World], Policy]:
    return lambda world: world.by_key(kind, requireTransparencyLog=True, requireTimestamp=True)


def _wanted_by(kind: str) -> Callable[[World], Policy]:
    return lambda world: world.by_key(kind)


def _annotated(kind: str) -> Callable[[World, str], str]:
    def place(world: World, repository: str) -> str:
        if kind == "bundle":
            return world.sign(repository, "--key", "key.key", "-a", "env=dev", "-a", "tag=1")
        return world.sign2(repository, "--key", "key.key", "--tlog-upload=false", "-a", "env=dev", "-a", "tag=1")

    return place


def _moved(world: World, repository: str) -> str:
    """Signed with its tag, and put under another one."""
    _annotated("bundle")(world, repository)
    http.put_image(world.host, repository, "2", CONTENT)
    return f"{world.host}/{repository}:2"


CASES = [
    Case("a key, cosign 2", _placed("simple", "key"), _key, KEY, "accepted", 0),
    Case("a key and a log, cosign 2", _placed("simple", "key-log"), _key_log, KEY_LOG, "accepted", 0),
    Case("an identity, cosign 2", _placed("simple", "keyless"), _identity, IDENTITY, "accepted", 0),
    Case("a key", _placed("bundle", "key"), _key, KEY, "accepted", 0),
    Case("a key and a log", _placed("bundle", "key-log"), _key_log, KEY_LOG, "accepted", 0),
    Case("an identity", _placed("bundle", "keyless"), _identity, IDENTITY, "accepted", 0),
    Case("an identity, Rekor 2", _placed("bundle", "keyless-log2"), _identity, IDENTITY, "accepted", 0),
    *(
        Case(f"a key, {kind}, cosign 2", _by(kind, 2), _wanted_by(kind), ["--key", f"{kind}.pub", *KEY[2:]], "accepted", 0)
        for kind in ("p384", "rsa", "ed25519")
    ),
    Case("a key, rsa", _by("rsa", 3), _wanted_by("rsa"), ["--key", "rsa.pub", *KEY[2:]], "accepted", 0),
    Case("a key, p384", _by("p384", 3), _wanted_by("p384"), ["--key", "p384.pub", *KEY[2:]], "accepted", 1),
    Case("a key, rsa, Rekor 2", _logged_2("rsa"), _logged_by("rsa"), ["--key", "rsa.pub", *KEY_LOG[2:]], "accepted", 0),
    Case("a key, p384, Rekor 2", _logged_2("p384"), _logged_by("p384"), ["--key", "p384.pub", *KEY_LOG[2:]], "accepted", 1),
    Case("a key, ed25519", _by("ed25519", 3), _wanted_by("ed25519"), ["--key", "ed25519.pub", *KEY[2:]], "wrongKey", 1),
    Case("1 unsigned", _unsigned, _key, KEY, "unsigned", 10),
    Case("2 another key, cosign 2", _placed("simple", "key"), lambda world: world.by_key("other"), OTHER_KEY, "wrongKey", 12),
    Case("2 another key", _placed("bundle", "key"), lambda world: world.by_key("other"), OTHER_KEY, "wrongKey", 1),
    Case("3 the signature of another image", _simple_of_another, _key, KEY, "otherImage", 12),
    Case("4 the bundle of another image", _bundle_of_another, _key, KEY, "otherImage", 1),
    Case("5 a payload that was edited", _payload_edited, _key, KEY, "wrongKey", 12),
    Case("6 a statement that was edited", _edited("key", lambda world, value: _subject_added(world, value)), _key, KEY, "wrongKey", 1),
    Case("7 a copy in another repository", _placed("simple", "key"), _key, KEY, "accepted", 0),
    Case(
        "7 a copy where the repository is wanted", _placed("simple", "key"), lambda world: world.by_key(signedAs="repository"), KEY,
        "otherRepository", 0,
    ),
    Case("8 an attestation", _attestation, _key, KEY, "attestation", 0),
    Case("9 a foreign bundle beside a good signature", _foreign_beside, _key, KEY, "accepted", 1),
    Case("10 hidden referrers", _misbehaving("referrers/", evil.listing([])), _key, KEY, "unsigned", 10, evil=True),
    Case("11 referrers that fail", _misbehaving("referrers/", evil.status(500)), _key, KEY, "RegistryNotAvailable", 10, evil=True),
    Case("12 a registry that hangs up", _misbehaving("", evil.cut), _key, KEY, "RegistryNotAvailable", 1, evil=True),
    Case(
        "12 another tag", lambda world, repository: world.place(repository, bundles=[world.bundles["key"]])[:-1] + "9", _key, KEY,
        "NotFound", 11,
    ),
    Case("13 other bytes under the tag", _misbehaving("manifests/1$", evil.changed()), _key, KEY, "registryLied", 10, evil=True),
    Case("14 other bytes under the digest", _digest_that_lies, _key, KEY, "registryLied", 0, evil=True),
    Case("15 other bytes of a bundle", _misbehaving("blobs/", evil.changed()), _key, KEY, "registryLied", 0, evil=True),
    Case("16 the index that is signed", _index, _key, KEY, "accepted", 0),
    Case("16 a child of an index that is signed", _child, _key, KEY, "unsigned", 10),
    Case("18 a flood of false referrers", _misbehaving("referrers/", _deluge), _key, KEY, "tooLarge", 10, evil=True),
    Case("19 pages without an end", _misbehaving("referrers/", _pages), _key, KEY, "tooMany", 10, evil=True),
    Case("18 false referrers", _misbehaving("referrers/", _flood), _key, KEY, "tooMany", 10, evil=True),
    Case(
        "20 another identity", _placed("bundle", "keyless"),
        lambda world: world.by_identity({"issuer": ISSUER, "subject": "eve@acme.test"}),
        ["--trusted-root", "root.json", "--certificate-identity", "eve@acme.test", "--certificate-oidc-issuer", ISSUER], "identity", 1,
    ),
    Case(
        "20 another issuer, cosign 2", _placed("simple", "keyless"),
        lambda world: world.by_identity({"issuer": "https://evil.test", "subject": SUBJECT}),
        ["--trusted-root", "root.json", "--certificate-identity", SUBJECT, "--certificate-oidc-issuer", "https://evil.test"],
        "issuer", 12,
    ),
    Case(
        "21 a pattern of a part", _placed("bundle", "keyless"),
        lambda world: world.by_identity({"issuer": ISSUER, "subjectRegExp": "@acme"}),
        ["--trusted-root", "root.json", "--certificate-identity-regexp", "@acme", "--certificate-oidc-issuer", ISSUER], "identity", 0,
    ),
    Case("22 expired when it was logged", _knobs(Knobs(shift=timedelta(hours=-2)), _sign3), _identity, IDENTITY, "expired", 1),
    Case("22 expired, cosign 2", _knobs(Knobs(shift=timedelta(hours=-2)), _sign2), _identity, IDENTITY, "expired", 12),
    Case(
        "23 nothing proves the time", _edited("keyless-stamp", _set("verificationMaterial.timestampVerificationData", None)),
        lambda world: world.by_identity(requireTransparencyLog=False), [*IDENTITY, "--insecure-ignore-tlog=true"], "time", 0,
    ),
    Case("24 no promise to be listed", _knobs(Knobs(sct="none"), _sign3), _identity, IDENTITY, "sct", 1),
    Case("24 no promise, cosign 2", _knobs(Knobs(sct="none"), _sign2), _identity, IDENTITY, "sct", 12),
    Case("24 a promise of another log", _knobs(Knobs(sct="other"), _sign3), _identity, IDENTITY, "sct", 1),
    Case("25 no entry of a log", _placed("bundle", "key"), _key_log, KEY_LOG, "tlog", 1),
    Case("25 no entry, cosign 2", _placed("simple", "key"), _key_log, KEY_LOG, "tlog", 12),
    Case(
        "26 another time", _edited("keyless", _set(f"{_LOG}.integratedTime", lambda text: str(int(text) + 1))), _identity, IDENTITY,
        "tlog", 1,
    ),
    Case(
        "26 another promise", _edited("keyless", _set(f"{_LOG}.inclusionPromise.signedEntryTimestamp", _flip)), _identity, IDENTITY,
        "tlog", 1,
    ),
    Case("27 another root", _edited("keyless", _set(f"{_LOG}.inclusionProof.rootHash", _flip)), _identity, IDENTITY, "tlog", 1),
    Case(
        "27 another checkpoint",
        _edited("keyless", _set(f"{_LOG}.inclusionProof.checkpoint.envelope", lambda text: text.replace("127", "128", 1))),
        _identity, IDENTITY, "tlog", 1,
    ),
    Case("27 no proof", _edited("keyless", _set(f"{_LOG}.inclusionProof", None)), _identity, IDENTITY, "tlog", 10),
    Case(
        "28 the entry of another signature", _edited("keyless", _from("key-log", "verificationMaterial", "tlogEntries")),
        _identity, IDENTITY, "tlog", 1,
    ),
    Case("29 no promise and no stamp", _edited("keyless", _set(f"{_LOG}.inclusionPromise", None)), _identity, IDENTITY, "time", 1),
    Case(
        "29 Rekor 2 without a stamp", _edited("keyless-log2", _set("verificationMaterial.timestampVerificationData", None)),
        _identity, IDENTITY, "time", 1,
    ),
    Case(
        "29 an invented time",
        _edited("keyless-log2", _both(
            _set("verificationMaterial.timestampVerificationData", None), _set(f"{_LOG}.integratedTime", "1795728685"),
        )),
        _identity, IDENTITY, "time", 1,
    ),
    Case(
        "30 the stamp of another signature",
        _edited("keyless-log2", _from("keyless-stamp", "verificationMaterial", "timestampVerificationData")),
        _identity, IDENTITY, "time", 1,
    ),
    Case("31 two signatures", _edited("key", _set("dsseEnvelope.signatures", lambda rows: rows * 2)), _key, KEY, "malformed", 1),
    Case("31 another type", _edited("key", _set("dsseEnvelope.payloadType", "application/json")), _key, KEY, "malformed", 1),
    Case(
        "31 another version", _edited("key", _set("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1")), _key, KEY,
        "malformed", 10,
    ),
    Case(
        "31 a hint in place of the certificate",
        _edited("keyless", _both(
            _set("verificationMaterial.certificate", None), _set("verificationMaterial.publicKey", {"hint": "AAAA"}),
        )),
        _identity, IDENTITY, "noCertificate", 1,
    ),
    Case("32 another Sigstore", _second_sigstore, _identity, IDENTITY, "tlog", 1),
    Case(
        "33 another annotation", _annotated("bundle"), lambda world: world.by_key(annotations={"env": "prod"}), [*KEY, "-a", "env=prod"],
        "annotation", 1,
    ),
    Case(
        "33 another annotation, cosign 2", _annotated("simple"), lambda world: world.by_key(annotations={"env": "prod"}),
        [*KEY, "-a", "env=prod"], "annotation", 12,
    ),
    Case("39 an older image under a tag", _moved, _key, KEY, "accepted", 0),
    Case(
        "39 an older image where the tag is wanted", _moved, lambda world: world.by_key(annotations={"tag": "{tag}"}),
        [*KEY, "-a", "tag=2"], "annotation", 1,
    ),
]  # fmt: skip

DIFFERENCES = {
    "a key, p384, Rekor 2": "the same",
    "a key, p384": "cosign 3 signs so and does not verify it unless it is told the hash",
    "7 a copy where the repository is wanted": "cosign has no word for it: the name that was signed is shown and never compared",
    "8 an attestation": "cosign takes any bundle of the trusted signer for a signature, whatever it says about the image",
    "9 a foreign bundle beside a good signature": "cosign looks at bundles alone where there is one",
    "14 other bytes under the digest": "cosign does not read what it verifies",
    "15 other bytes of a bundle": "cosign does not hold the blob to its digest",
    "21 a pattern of a part": "cosign searches for its patterns",
    "23 nothing proves the time": "cosign takes the current time, while the certificate lives",
}
"""Where cosign 3.1's verdict is another one than ours, and why."""


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_verdict_and_cosigns(world: World, case: Case) -> None:
    if case.evil and world.registry is None:
        pytest.skip("this registry does not misbehave")
    repository = "case/" + re.sub("[^a-z0-9]+", "-", case.name.lower()).strip("-")
    reference = case.place(world, repository)
    mine = ours(world, reference, case.wanted(world))
    theirs = world.v3.verdict(reference, case.arguments)
    assert (mine, theirs) == (case.ours, case.cosign)
    assert ((mine == "accepted") != (theirs == 0)) == (case.name in DIFFERENCES)


def test_every_difference_is_a_case() -> None:
    assert set(DIFFERENCES) <= {case.name for case in CASES}
