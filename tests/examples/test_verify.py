"""The example of signatures: what it says of an image that is signed, and of one that is not as is asked."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support import registry_http
from tests.support.registry import Registry
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer


def test_the_example_says_who_signed_or_why_not(compiled: Callable[[str], Path], tmp_path: Path) -> None:
    program, good = compiled("verify.c"), Signer()
    (tmp_path / "good.pub").write_bytes(good.pem)
    (tmp_path / "other.pub").write_bytes(Signer().pem)
    environ = {
        **os.environ,
        "HOME": str(tmp_path),
        "PERRY_CONTAINER_BACKEND": "docker",
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
    }
    with Registry() as registry:
        path = f"acme/{secrets.token_hex(4)}"
        digest = registry_http.put_image(registry.host, path, "v1")
        text = signing.payload(digest, None, path)
        registry_http.put_signatures(registry.host, path, digest, [(text, signing.simple(good, text))])

        def said(key: str) -> tuple[int, list[str]]:
            command = [program, f"{registry.host}/{path}:v1", tmp_path / key]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
            return done.returncode, [" ".join(line.split()) for line in done.stdout.splitlines()]

        status, lines = said("good.pub")
        assert (status, lines[0]) == (0, f"verified {registry.host}/{path}:v1@{digest}") and lines[1].startswith(
            "signed by sha256:"
        )
        status, lines = said("other.pub")
        assert (status, lines[0]) == (1, "refused wrongKey") and "VerificationFailed" in lines[1]
