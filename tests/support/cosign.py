"""cosign for tests: who signs, and whose verdicts are compared. Both ages of it are Debian's packages (``scripts/cosign.sh``)."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SUITES = {2: "trixie", 3: "sid"}
_SCRIPT = Path(__file__).resolve().parents[2] / "scripts/cosign.sh"


@functools.cache
def program(version: int) -> str | None:
    """The path of cosign 2 or 3, None where there is none and none can be had."""
    cache = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")
    if kept := shutil.which(f"cosign-{SUITES[version]}", path=cache):
        return kept
    got = subprocess.run([str(_SCRIPT), SUITES[version]], capture_output=True, text=True)
    return got.stdout.strip() if got.returncode == 0 else None


def need_cosign(version: int, folder: Path) -> Cosign:
    """cosign, or a skip; with CI=true a failure."""
    found = program(version)
    if found is None:
        message = f"cosign {version} is not there and Debian's package of it cannot be had (scripts/cosign.sh {SUITES[version]})"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return Cosign(version, found, folder)


@dataclass(frozen=True)
class Cosign:
    version: int
    path: str
    folder: Path

    def run(self, *arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        """cosign in a home of its own, without a way to Sigstore's public instance."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        closed = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1,localhost"}
        env = {"HOME": str(home), "PATH": os.environ["PATH"], "COSIGN_PASSWORD": "", "TUF_ROOT": str(home / "tuf"), **closed}
        return subprocess.run(
            [self.path, *arguments], env=env | environment, cwd=self.folder, capture_output=True, text=True, timeout=timeout
        )

    def done(self, *arguments: str, **environment: str) -> str:
        """What cosign printed; it has to succeed."""
        got = self.run(*arguments, **environment)
        assert got.returncode == 0, f"cosign {self.version} {' '.join(arguments)}: {got.stderr}"
        return got.stdout

    def key(self, name: str, kind: str = "ecdsa-p256") -> Path:
        """A new key pair ``name.key`` and ``name.pub``; of kinds that cosign does not make itself it is imported."""
        path = self.folder / f"{name}.key"
        if kind == "ecdsa-p256":
            self.done("generate-key-pair", "--output-key-prefix", name)
        else:
            _private(kind, self.folder / f"{name}.pem")
            self.done("import-key-pair", "--key", f"{name}.pem", "--output-key-prefix", name)
        return path

    def sign(self, reference: str, *arguments: str, **environment: str) -> None:
        self.done("sign", "--yes", "--allow-insecure-registry", *arguments, reference, **environment)

    def verdict(self, reference: str, arguments: Sequence[str], **environment: str) -> int:
        """The exit code of ``cosign verify``."""
        return self.run("verify", "--allow-insecure-registry", *arguments, reference, **environment).returncode


def _private(kind: str, path: Path) -> None:
    options = {
        "ecdsa-p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], "ecdsa-p521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        "rsa-2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "ed25519": ["ED25519"],
    }[kind]  # fmt: skip
    subprocess.run(["openssl", "genpkey", "-algorithm", *options, "-out", str(path)], check=True, capture_output=True)
