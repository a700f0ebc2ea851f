"""Configs and secrets whose file is no regular one are mounted, and nothing is read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perry_ffi.compose import load_document
from perry_ffi.compose.project import Project
from perry_ffi.stack.mounted_files import with_mounted
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import file_mounts


def project(folder: Path, service: dict[str, Any], **files: str) -> Project:
    declared = {key: {"file": file} for key, file in files.items()}
    document = {"name": "p", "services": {"a": {"image": "x", **service}}, "configs": declared, "secrets": declared}
    return load_document(document, env={}, working_directory=str(folder))


def test_directories_and_devices_are_mounted_where_they_would_lie(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_text("text")
    service = {"configs": ["d", "f", {"source": "n", "target": "/etc/n"}], "secrets": ["d", {"source": "f", "mode": 0o400}],
               "volumes": ["/v"]}  # fmt: skip
    found, notes = with_mounted(project(tmp_path, service, d="./d", f="./f", n="/dev/null"))
    document = found.to_dict()
    assert notes == []
    assert [entry.key for entry in file_mounts(document, "a")] == ["f", "f"]
    mounts = service_spec(document, "a", 1, image="x", labels={}).volumes
    assert [(item.type, item.target, item.source, item.read_only, item.create_host_path) for item in mounts[1:]] == [
        ("bind", "/d", f"{tmp_path}/d", True, False),
        ("bind", "/etc/n", "/dev/null", True, False),
        ("bind", "/run/secrets/d", f"{tmp_path}/d", True, False),
    ]


def test_what_says_nothing_of_a_mount_is_told(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    service = {"secrets": [{"source": "d", "uid": "5", "mode": 0o400}]}
    _, notes = with_mounted(project(tmp_path, service, d="./d"))
    assert [note.partition(":")[0] for note in notes] == ["services.a.secrets[0].uid", "services.a.secrets[0].mode"]


def test_what_is_regular_or_is_not_there_stays(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("text")
    given = project(tmp_path, {"configs": ["f", "gone"]}, f="./f", gone="./gone")
    assert with_mounted(given) == (given, [])
