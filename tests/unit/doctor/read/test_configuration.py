from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from perry_ffi.doctor.read.configuration import read_configuration
from perry_ffi.settings import Settings


def settings(home: Path, **more: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), **more})


def config(home: Path, text: str) -> Path:
    path = home / ".docker/config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def context(home: Path, name: str, host: str) -> None:
    folder = home / ".docker/contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


def test_nothing_says_anything(tmp_path: Path) -> None:
    found, named = read_configuration(settings(tmp_path))
    assert (found.problem, found.context, found.context_problem, found.servers, named) == ("", "", "", {}, {})


@pytest.mark.parametrize(("text", "what"), [("{", "is not JSON"), ("[]", "is no JSON object"), ("[" * 100_000, "is not JSON")])
def test_a_broken_file(tmp_path: Path, text: str, what: str) -> None:
    path = config(tmp_path, text)
    assert read_configuration(settings(tmp_path))[0].problem == f"{path} {what}"


def test_the_context_in_force(tmp_path: Path) -> None:
    config(tmp_path, '{"currentContext": "colima"}')
    context(tmp_path, "colima", "unix:///h/.colima/default/docker.sock")
    found, named = read_configuration(settings(tmp_path))
    assert (found.context, found.context_by, found.context_problem) == ("colima", "currentContext", "")
    assert named == {"context 'colima'": "/h/.colima/default/docker.sock"}
    assert read_configuration(settings(tmp_path, DOCKER_HOST="unix:///x.sock"))[0].context == ""
    assert read_configuration(settings(tmp_path, DOCKER_CONTEXT="default"))[0].context == ""


def test_a_context_that_is_not_there(tmp_path: Path) -> None:
    found, _ = read_configuration(settings(tmp_path, DOCKER_CONTEXT="gone"))
    assert found.context_by == "DOCKER_CONTEXT" and found.context_problem.startswith("docker has no context 'gone'")


def test_servers_are_told_without_their_addresses(tmp_path: Path) -> None:
    found, named = read_configuration(settings(tmp_path, DOCKER_HOST="tcp://me:secret@host:2376", CONTAINER_HOST="ssh://me@host"))
    assert found.servers == {"DOCKER_HOST": "tcp", "CONTAINER_HOST": "ssh"} and named == {}
    assert "secret" not in repr(found)


def test_files_for_tls(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/ca.pem").write_text("")
    variables = {"DOCKER_HOST": "tcp://host:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path / "certs")}
    found, _ = read_configuration(settings(tmp_path, **variables))
    assert found.tls_missing == (f"{tmp_path}/certs/cert.pem", f"{tmp_path}/certs/key.pem")
    assert read_configuration(settings(tmp_path, DOCKER_HOST="tcp://host:2375"))[0].tls_missing == ()
