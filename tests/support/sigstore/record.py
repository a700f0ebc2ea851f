"""Makes the recorded evidence of the unit tests anew: ``python -m tests.support.sigstore.record``.

Both ages of cosign sign against a private Sigstore and Debian's docker-registry; what they stored is written to
``tests/unit/trust/recorded``, one file a signature, beside the public keys and the trusted root.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from perry_ffi.trust.evidence_bundle import PREDICATE
from tests.support.cosign import Cosign, program
from tests.support.registry_http import bundles, put_image, signatures
from tests.support.registry_program import registry_program
from tests.support.sigstore.instance import Knobs, Sigstore
from tests.support.sigstore.server import serving, signing_config, token
from tests.support.sigstore.signing import ISSUER, SUBJECT

RECORDED = Path(__file__).resolve().parents[2] / "unit/trust/recorded"
KEYS = {
    "key": "ecdsa-p256", "other": "ecdsa-p256", "rsa": "rsa-2048", "p384": "ecdsa-p384", "p521": "ecdsa-p521", "ed25519": "ed25519",
}  # fmt: skip
WORKFLOW = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.4"
ACTIONS = "https://token.actions.githubusercontent.com"


@dataclass
class Recorder:
    folder: Path
    host: str
    sigstore: Sigstore
    v2: Cosign
    v3: Cosign

    def __post_init__(self) -> None:
        (self.folder / "root.json").write_bytes(self.sigstore.root_text())
        self.token = token(SUBJECT, ISSUER)
        for name, kind in KEYS.items():
            self.v3.key(name, kind)
            shutil.copy(self.folder / f"{name}.pub", RECORDED / f"{name}.pub")

    def keep(self, name: str, digest: str, repository: str, made: str) -> None:
        """Writes what is stored for the image: one signature of either format."""
        simple, bundled = signatures(self.host, repository, digest), bundles(self.host, repository, digest)
        assert len(simple) + len(bundled) == 1, (name, len(simple), len(bundled))
        value = {"made": made, "digest": digest, "repository": f"{self.host}/{repository}"}
        if simple:
            value |= {"format": "simple-signing", "payload": simple[0][0].decode(), "annotations": simple[0][1]}
        else:
            value |= {"format": "bundle", "bundle": bundled[0].decode()}
        (RECORDED / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")

    def image(self, name: str) -> tuple[str, str, str]:
        repository = f"acme/{name}"
        digest = put_image(self.host, repository, "1.0", name.encode())
        return repository, digest, f"{self.host}/{repository}@{digest}"

    def simple(self, name: str, *arguments: str) -> None:
        """A signature of cosign 2."""
        repository, digest, reference = self.image(name)
        self.v2.sign(reference, *arguments)
        self.keep(name, digest, repository, "cosign 2.5 sign " + " ".join(self._shown(arguments)))

    def bundle(self, name: str, *arguments: str, rekor: int | None = None, stamps: bool = False, good: bool = True) -> None:
        """A signature of cosign 3, which checks it at once where it has a trusted root: not for one that is no good."""
        repository, digest, reference = self.image(name)
        config = signing_config(self.sigstore, self.folder / "config.json", rekor=rekor, stamps=stamps)
        root = ["--trusted-root", "root.json"] if good and (rekor or stamps) else []
        self.v3.sign(reference, "--signing-config", str(config), *root, *arguments)
        services = f"Rekor {rekor}" if rekor else "no log"
        made = f"cosign 3.1 sign {' '.join(self._shown(arguments))} ({services}{', time stamps' if stamps else ''})"
        self.keep(name, digest, repository, made)

    def _shown(self, arguments: tuple[str, ...]) -> list[str]:
        return ["TOKEN" if each == self.token else "URL" if each.startswith("http") else each for each in arguments]


def record(recorder: Recorder) -> None:
    log = ["--rekor-url", recorder.sigstore.url]
    keyless = ["--fulcio-url", recorder.sigstore.url, *log, "--identity-token", recorder.token, "--insecure-skip-verify=true"]
    stamped = ["--timestamp-server-url", f"{recorder.sigstore.url}/api/v1/timestamp"]
    unlogged = ["--tlog-upload=false"]
    recorder.simple("sig-key", "--key", "key.key", *unlogged)
    recorder.simple("sig-key-annotated", "--key", "key.key", *unlogged, "-a", "env=prod", "-a", "tag=1.0")
    recorder.simple("sig-key-log", "--key", "key.key", *log)
    recorder.simple("sig-key-stamp", "--key", "key.key", *unlogged, *stamped)
    for kind in ("rsa", "p384", "p521", "ed25519"):
        recorder.simple(f"sig-{kind}-log", "--key", f"{kind}.key", *log)
    recorder.simple("sig-keyless", *keyless)
    recorder.simple("sig-keyless-stamp", *keyless, *stamped)
    recorder.bundle("bundle-key", "--key", "key.key")
    recorder.bundle("bundle-key-annotated", "--key", "key.key", "-a", "env=prod", "-a", "tag=1.0")
    recorder.bundle("bundle-key-log", "--key", "key.key", rekor=1)
    recorder.bundle("bundle-key-log2", "--key", "key.key", rekor=2, stamps=True)
    for kind in ("rsa", "p384", "p521", "ed25519"):
        recorder.bundle(f"bundle-{kind}", "--key", f"{kind}.key")
    identity = ["--identity-token", recorder.token]
    recorder.bundle("bundle-keyless", *identity, rekor=1)
    recorder.bundle("bundle-keyless-stamp", *identity, rekor=1, stamps=True)
    recorder.bundle("bundle-keyless-log2", *identity, rekor=2, stamps=True)
    recorder.bundle("bundle-keyless-stamp-only", *identity, rekor=None, stamps=True)
    recorder.bundle("bundle-workflow", "--identity-token", token(WORKFLOW, ACTIONS), rekor=1)
    _attestation(recorder)
    _files(recorder)
    _bad(recorder, keyless, identity)


def _attestation(recorder: Recorder) -> None:
    """A report of faults by the trusted key: about the image, and no signature of it."""
    repository, digest, reference = recorder.image("bundle-attestation")
    (recorder.folder / "report.json").write_text('{"scanner": {"result": []}, "metadata": {}, "invocation": {}}')
    config = signing_config(recorder.sigstore, recorder.folder / "config.json", rekor=None)
    arguments = ["--yes", "--key", "key.key", "--type", "vuln", "--predicate", "report.json", "--signing-config", str(config)]
    recorder.v3.done("attest", "--allow-insecure-registry", *arguments, "--trusted-root", "root.json", reference)
    recorder.keep("bundle-attestation", digest, repository, "cosign 3.1 attest --type vuln --key key.key")
    bundle = json.loads((RECORDED / "bundle-attestation.json").read_text())["bundle"]
    assert PREDICATE not in bundle


def _files(recorder: Recorder) -> None:
    """What cosign writes for carrying signatures by hand: a bundle's file, and the lines of its download."""
    _, digest, reference = recorder.image("file")
    config = signing_config(recorder.sigstore, recorder.folder / "config.json", rekor=1)
    arguments = ["--signing-config", str(config), "--trusted-root", "root.json", "--upload=false", "--bundle", "file.json"]
    recorder.v3.sign(reference, "--key", "key.key", *arguments)
    shutil.copy(recorder.folder / "file.json", RECORDED / "file.sigstore.json")
    for name, signer in (("key", ["--key", "key.key"]), ("keyless", ["--fulcio-url", recorder.sigstore.url])):
        _, other, reference = recorder.image(f"download-{name}")
        more = ["--identity-token", recorder.token, "--insecure-skip-verify=true"] if name == "keyless" else []
        recorder.v2.sign(reference, *signer, "--rekor-url", recorder.sigstore.url, *more)
        line = recorder.v2.done("download", "signature", "--allow-insecure-registry", reference)
        (RECORDED / f"download-{name}.json").write_text(line)
        (RECORDED / f"download-{name}.digest").write_text(other + "\n")
    (RECORDED / "file.digest").write_text(digest + "\n")


def _bad(recorder: Recorder, keyless: list[str], identity: list[str]) -> None:
    """Signatures that are not to count, signed by cosign all the same."""
    for name, knobs in (
        ("expired", Knobs(shift=timedelta(hours=-2))),
        ("no-sct", Knobs(sct="none")),
        ("other-sct", Knobs(sct="other")),
    ):
        recorder.sigstore.knobs = knobs
        recorder.simple(f"sig-{name}", *keyless)
        recorder.bundle(f"bundle-{name}", *identity, rekor=1, good=False)
        recorder.sigstore.knobs = Knobs()


def main() -> None:
    shutil.rmtree(RECORDED, ignore_errors=True)
    RECORDED.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name, serving(Sigstore()) as sigstore:
        folder = Path(name)
        programs = [program(version) for version in (2, 3)]
        assert programs[0] and programs[1], "cosign is not there"
        (RECORDED / "trusted_root.json").write_text(json.dumps(sigstore.trusted_root(), indent=1) + "\n")
        with registry_program(folder) as host:
            record(Recorder(folder, host, sigstore, Cosign(2, programs[0], folder), Cosign(3, programs[1], folder)))


if __name__ == "__main__":
    main()
