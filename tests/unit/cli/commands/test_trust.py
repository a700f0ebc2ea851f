from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from perry_ffi.cli.explain import explain
from perry_ffi.cli.main import main
from perry_ffi.cli.values import ago
from perry_ffi.errors import VerificationFailed
from tests.support.sigstore.signing import Signer
from tests.support.trusting import write_policy

COMPOSE = """name: p
services:
  web: {image: "registry.example.com/acme/web:1"}
  db: {image: "postgres:16"}
  own: {build: ., image: "registry.example.com/acme/own"}
"""
KEY = Signer().pem.decode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without an engine, in a folder with a project."""
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    for name in list(os.environ):
        if name.startswith(("PERRY_", "DOCKER_", "CONTAINER_", "XDG_", "COMPOSE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PERRY_CONTAINER_BACKEND", "docker")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_which_rule_each_service_falls_under(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = [{"images": ["registry.example.com/**"], "keys": [KEY]}, {"images": ["**"], "keys": [KEY], "mode": "warn"}]
    path = write_policy(folder, {"rules": rules})
    assert main(["trust", "check"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:5] for row in rows[1:]] == [
        ["db", "postgres:16", "**", "warn", str(path)],
        ["own", "registry.example.com/acme/own", "registry.example.com/**", "accepted", str(path)],
        ["web", "registry.example.com/acme/web:1", "registry.example.com/**", "enforce", str(path)],
    ]
    write_policy(folder, {"rules": rules[:1]})
    assert main(["trust", "check", "--format", "json", "compose.yaml"]) == 1
    found = {row["service"]: row for row in json.loads(capsys.readouterr().out)}
    assert found["db"]["mode"] == "refused" and "no pattern names docker.io/library/postgres" in found["db"]["why"]


def test_without_a_policy_that_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if Path("/etc/perry-container/trust.json").exists():
        pytest.skip("this machine has a policy")
    assert main(["trust", "check"]) == 0
    assert "nobody asks for signatures" in capsys.readouterr().err
    assert main(["trust"]) == 2


def test_a_policy_of_the_file_is_shown_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = json.dumps(KEY)
    (folder / "compose.yaml").write_text(COMPOSE + f"x-perry-verify: {{keys: [{key}], builds: reject}}\n")
    write_policy(folder, {"rules": [], "unmatched": "accept"})
    assert main(["trust", "check", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {(row["policy"], row["mode"]) for row in rows if row["service"] == "own"} == {
        (str(folder / ".config/perry-container/trust.json"), "accepted"), ("x-perry-verify", "enforce"),
    }  # fmt: skip


def test_the_signatures_of_an_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.support import registry_http
    from tests.support.registry import Registry
    from tests.support.sigstore import signing

    good, other = Signer(), Signer()
    (folder / "good.pub").write_bytes(good.pem)
    with Registry() as registry:
        digest = registry_http.put_image(registry.host, "acme/web", "1")
        rows = []
        for signer, annotations in ((good, {"env": "prod"}), (other, None)):
            text = signing.payload(digest, annotations, "acme/web")
            rows.append((text, signing.simple(signer, text)))
        registry_http.put_signatures(registry.host, "acme/web", digest, rows)
        image = f"{registry.host}/acme/web:1"
        assert main(["trust", "show", image, "--key", "good.pub"]) == 0
        out = capsys.readouterr().out
        assert f"digest   {digest}" in out and "✔ simple-signing" in out and "env=prod" in out and "wrongKey" in out
        (folder / "third.pub").write_bytes(Signer().pem)
        assert main(["trust", "show", image, "--key", "third.pub", "--format", "json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert not found["verified"] and len(found["refused"]) == 2
        assert main(["trust", "show", f"{registry.host}/acme/web:2", "--key", "good.pub"]) == 1
    assert main(["trust", "show", image, "--key", "third.pub"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_a_refusal_on_one_screen() -> None:
    error = VerificationFailed(
        "services.web.image: acme/web:1: it is not signed as the policy asks", reason="wrongKey", digest="sha256:7", rule="**",
        policy="/etc/p.json", wanted={"keys": ["sha256:3"], "identities": [{"subject": "a@b", "issuer": "https://i"}]},
        refused=[{"format": "bundle", "id": "sha256:6", "reason": "wrongKey", "message": "not signed by this \x1b[31mkey"}],
        remedy="sign it",
    )  # fmt: skip
    assert explain(error).splitlines()[1:] == [
        "  digest: sha256:7", "  rule: ** (/etc/p.json)", "  wanted: sha256:3", "  wanted: a@b (issuer https://i)",
        "  found: bundle sha256:6  not signed by this key", "  remedy: sign it",
    ]  # fmt: skip


def test_how_long_ago() -> None:
    import time
    from datetime import UTC, datetime

    def before(seconds: float) -> str:
        return ago(datetime.fromtimestamp(time.time() - seconds, UTC).isoformat())

    assert [before(n) for n in (3, 130, 7300, 260_000, -50)] == ["3 s ago", "2 min ago", "2 h ago", "3 d ago", "0 s ago"]
