"""What users write for an address, and what becomes of it: docker's short forms, names that nobody knows or answers for, TLS."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.choice import servers_of
from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.engine_api.drivers.addresses import endpoint_of
from perry_ffi.backends.engine_api.transport.engine_side import EngineSide
from perry_ffi.backends.engine_api.transport.tls import Tls
from perry_ffi.net.refusal import Unreachable
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, scripted_tls_engine, telling
from tests.support.certificates import Authority

pytestmark = pytest.mark.anyio


def settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home), **environ})


@pytest.mark.parametrize(
    ("said", "whole", "with_tls"),
    [
        ("box:2400", "tcp://box:2400", "tcp://box:2400"),
        ("[::1]:2400", "tcp://[::1]:2400", "tcp://[::1]:2400"),
        (":2400", "tcp://127.0.0.1:2400", "tcp://127.0.0.1:2400"),
        ("tcp://:2400", "tcp://127.0.0.1:2400", "tcp://127.0.0.1:2400"),
        ("tcp://box", "tcp://box:2375", "tcp://box:2376"),
        ("tcp://[::1]", "tcp://[::1]:2375", "tcp://[::1]:2376"),
        ("unix:///run/d.sock", "unix:///run/d.sock", "unix:///run/d.sock"),
    ],
)
def test_docker_s_short_forms(tmp_path: Path, said: str, whole: str, with_tls: str) -> None:
    (tmp_path / ".docker").mkdir()
    for tls, expected in (("", whole), ("1", with_tls)):
        found = settings(tmp_path, DOCKER_HOST=said, DOCKER_TLS=tls)
        assert str(endpoint_of(found, servers_of(found, "docker")[0])) == expected


async def told(home: Path, name: str = "docker", **environ: str) -> tuple[str, str]:
    (row,) = await detect(settings(home, PERRY_CONTAINER_PROBE_TIMEOUT="0.5", **environ), [name])
    assert not row.available
    return row.reason, row.remedy or ""


async def test_a_name_that_nobody_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def unknown(*words: object, **more: object) -> object:
        if more.get("flags"):
            return real(*words, **more)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    reason, remedy = await told(tmp_path, DOCKER_HOST="tcp://box.invalid:2375")
    assert "there is no host box.invalid" in reason and "name" in remedy


@pytest.mark.parametrize("host", ["a" * 300, "a..b", ".a"])
async def test_a_name_that_no_host_can_have(tmp_path: Path, host: str) -> None:
    reason, remedy = await told(tmp_path, DOCKER_HOST=f"tcp://{host}:1")
    assert "there is no host" in reason and "name" in remedy


def test_a_resolver_that_does_not_answer_keeps_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the probe nor the end of its loop waits for it."""
    real = socket.getaddrinfo

    def slow(*words: object, **more: object) -> object:
        if not more.get("flags"):
            time.sleep(5)
        return real(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    began = time.monotonic()
    reason, remedy = anyio.run(lambda: told(tmp_path, DOCKER_HOST="tcp://box.invalid:2375"))
    assert time.monotonic() - began < 4
    assert "does not answer within" in reason and "see whether box.invalid:2375 can be reached" in remedy


async def test_an_ssh_that_hangs(tmp_path: Path) -> None:
    (tmp_path / "ssh").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "ssh").chmod(0o755)
    began = time.monotonic()
    for said, by_hand in (
        ("me@box:2222/run/d.sock", "ssh -p 2222 me@box"),
        ("[fe80::1]:22", "ssh -p 22 fe80::1"),
        ("box", "ssh box"),
    ):
        reason, remedy = await told(tmp_path, DOCKER_HOST=f"ssh://{said}")
        assert "does not answer within 0.5 s" in reason and f"'{by_hand}'" in remedy and "PROBE_TIMEOUT" in remedy
    assert time.monotonic() - began < 10


def connection(home: Path, **files: Path) -> dict[str, str]:
    """Podman's connection ``there``, to a port that is filled in by the caller."""
    names = {"ca": "TLSCA", "certificate": "TLSCert", "key": "TLSKey"}
    row = {"URI": "tcp://127.0.0.1:1", **{names[name]: str(path) for name, path in files.items()}}
    (home / "c.json").write_text(json.dumps({"Connection": {"Default": "", "Connections": {"there": row}}}))
    return {"CONTAINER_CONNECTION": "there", "PODMAN_CONNECTIONS_CONF": str(home / "c.json")}


async def test_podman_behind_tls(tmp_path: Path) -> None:
    ours = Authority.new(tmp_path / "pki")
    folder = ours.folder_of("me", tmp_path / "c")
    files = {"ca": folder / "ca.pem", "certificate": folder / "cert.pem", "key": folder / "key.pem"}
    async with scripted_tls_engine(ours.server_context(), telling(PODMAN)) as (_, port):
        named = connection(tmp_path, **files)
        text = (tmp_path / "c.json").read_text()
        (tmp_path / "c.json").write_text(text.replace("127.0.0.1:1", f"127.0.0.1:{port}"))
        host = f"tcp://127.0.0.1:{port}"
        for environ in (named, {"CONTAINER_HOST": host, "PERRY_CONTAINER_CERT_PATH": str(folder)}):
            backend = await connect(settings(tmp_path, **environ))
            await backend.aclose()
            assert backend.name == "podman" and backend.address == host
        (folder / "key.pem").unlink()
        for environ in (named, {"CONTAINER_HOST": host, "PERRY_CONTAINER_CERT_PATH": str(folder)}):
            reason, _ = await told(tmp_path, "podman", **environ)
            assert f"{folder / 'key.pem'} does not exist" in reason
        reason, remedy = await told(tmp_path, "podman", **connection(tmp_path, certificate=folder / "cert.pem"))
        assert "without its key" in reason and "--tls-key" in remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
def test_files_of_somebody_else(tmp_path: Path) -> None:
    """A key that may not be read, and a folder that may not be looked into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        _files_of_somebody_else(Authority.new(tmp_path / "pki").folder_of("me", Path(name) / "c"))


def _files_of_somebody_else(folder: Path) -> None:
    (folder / "key.pem").chmod(0)
    os.seteuid(65534)
    try:
        with pytest.raises(Unreachable) as caught:
            EngineSide(Tls.of_folder(folder), "there").context()
        found = caught.value.refusal
        assert found.reason.startswith(f"{folder / 'key.pem'} cannot be read") and "readable" in found.remedy
        os.seteuid(0)
        folder.chmod(0)
        os.seteuid(65534)
        with pytest.raises(Unreachable) as caught:
            Tls.of_folder(folder)
        assert "cannot be looked at" in caught.value.refusal.reason
    finally:
        os.seteuid(0)
