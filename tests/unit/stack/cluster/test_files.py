from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.stack.cluster import files as files_module
from perry_ffi.stack.cluster.files import ClusterFile, cluster_files
from tests.unit.stack.cluster.definitions import loaded


def files(service: dict[str, Any], environment: dict[str, str] | None = None, **sections: Any) -> list[ClusterFile]:
    project = loaded(service, environment, **sections)
    return cluster_files(project, project.to_dict())["a"]


def test_each_source_of_a_content(tmp_path: Path) -> None:
    (tmp_path / "cert").write_bytes(b"\x00cert")
    found = files(
        {"configs": ["app"], "secrets": ["cert", "token", {"source": "kept", "target": "old"}]},
        {"TOKEN": "t0ken"},
        configs={"app": {"content": "a: $$1"}},
        secrets={"cert": {"file": str(tmp_path / "cert")}, "token": {"environment": "TOKEN"}, "kept": {"external": True}},
    )
    assert [(file.kind, file.key, file.content, file.target) for file in found] == [
        ("config", "app", b"a: $1", "/app"),
        ("secret", "cert", b"\x00cert", "/run/secrets/cert"),
        ("secret", "token", b"t0ken", "/run/secrets/token"),
        ("secret", "kept", None, "/run/secrets/old"),
    ]
    assert [file.name for file in found][3] == "kept"
    assert all(file.name.startswith(f"p_{file.key}_") and len(file.name) == len(f"p_{file.key}_") + 12 for file in found[:3])


def test_owner_and_mode() -> None:
    (file,) = files(
        {"configs": [{"source": "c", "target": "/etc/c.conf", "uid": "5", "gid": "6", "mode": 0o640}]},
        configs={"c": {"content": "x"}},
    )
    assert (file.target, file.uid, file.gid, file.mode) == ("/etc/c.conf", 5, 6, 0o640)
    (plain,) = files({"configs": ["c"]}, configs={"c": {"content": "x"}})
    assert (plain.uid, plain.gid, plain.mode) == (0, 0, 0o444)


def test_a_name_follows_the_content_and_the_place_and_nothing_else() -> None:
    def name(content: str, key: str = "c", kind: str = "configs") -> str:
        (file,) = files({kind: [key]}, {"V": content}, **{kind: {key: {"environment": "V"}}})
        return file.name

    assert name("x") == name("x") != name("y")
    assert name("x", "c")[-12:] != name("x", "d")[-12:]
    assert name("x", "c", "configs") != name("x", "c", "secrets")


def test_a_long_name_is_cut_and_still_its_own() -> None:
    """What an engine takes is 64 characters; those of the digest tell two of them apart."""
    keys = [f"{'x' * 60}{number}" for number in range(2)]
    found = files({"configs": [*keys]}, configs={key: {"content": "same"} for key in keys})
    assert {len(file.name) for file in found} == {64}
    assert len({file.name for file in found}) == 2
    assert [file.key for file in found] == keys


def test_a_name_that_the_file_gives_is_what_it_begins_with() -> None:
    (own,) = files({"configs": ["c"]}, configs={"c": {"content": "x", "name": "shared"}})
    assert own.name.startswith("shared_")
    (external,) = files({"configs": ["c"]}, configs={"c": {"external": True, "name": "theirs"}})
    assert (external.name, external.content) == ("theirs", None)


def test_one_object_with_several_owners_is_several_objects() -> None:
    uses = ["c", {"source": "c", "target": "/b", "mode": 0o400}, {"source": "c", "target": "/d", "mode": 0o400}]
    found = files({"configs": uses}, configs={"c": {"content": "x"}})
    assert found[0].name != found[1].name == found[2].name
    (alone,) = files({"configs": [uses[1]]}, configs={"c": {"content": "x"}})
    (plain,) = files({"configs": ["c"]}, configs={"c": {"content": "x"}})
    assert alone.name == plain.name, "one that is used in one way is one object, whichever way that is"


def test_an_external_one_cannot_have_several_owners() -> None:
    with pytest.raises(Unsupported) as caught:
        files({"configs": ["c", {"source": "c", "target": "/b", "mode": 0o400}]}, configs={"c": {"external": True}})
    assert caught.value.details["path"] == "services.a.configs[0]"


def test_contents_are_nowhere_to_be_seen() -> None:
    found = files({"secrets": ["s"]}, {"S": "hunter2"}, secrets={"s": {"environment": "S"}})
    assert b"hunter2" in (found[0].content or b"")
    assert "hunter2" not in repr(found)


def test_a_file_is_read_once_however_many_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_text("x")
    read: list[str] = []
    whole = files_module.read_files
    monkeypatch.setattr(files_module, "read_files", lambda rows: [read.append(row.key) or row for row in whole(rows)])
    others = {f"s{number}": {"image": "app", "configs": ["c"]} for number in range(5)}
    project = loaded({"configs": ["c"]}, services=others, configs={"c": {"file": str(tmp_path / "f")}})
    found = cluster_files(project, project.to_dict())
    assert len({file.name for rows in found.values() for file in rows}) == 1
    assert read == ["c"]


@pytest.mark.parametrize(
    ("service", "declared", "kind", "path"),
    [
        ({"configs": ["c"]}, {"c": {"file": "/nowhere"}}, NotFound, "configs.c.file"),
        ({"configs": ["c"]}, {"c": {"file": "/"}}, ValidationError, "configs.c.file"),
        ({"configs": ["c"]}, {"c": {"environment": "NONE"}}, ValidationError, "configs.c.environment"),
        ({"configs": ["c"]}, {"c": {"content": "x", "template_driver": "golang"}}, Unsupported, "configs.c.template_driver"),
        ({"configs": ["c"]}, {"c": {"external": True, "name": "x" * 65}}, ValidationError, "configs.c.name"),
        ({"configs": ["c"]}, {"c": {"content": "x", "name": "a/b"}}, ValidationError, "configs.c"),
        ({"configs": ["c"], "volumes": ["/c"]}, {"c": {"content": "x"}}, ValidationError, "services.a.configs[0].target"),
        ({"configs": ["c"], "tmpfs": ["/c"]}, {"c": {"content": "x"}}, ValidationError, "services.a.configs[0].target"),
    ],
)
def test_what_cannot_be_given_says_where(
    service: dict[str, Any], declared: dict[str, Any], kind: type[ContainerError], path: str
) -> None:
    with pytest.raises(kind) as caught:
        files(service, configs=declared)
    assert caught.value.details["path"] == path
    assert caught.value.message.startswith(path)


def test_a_driver_of_secrets_is_refused() -> None:
    with pytest.raises(Unsupported) as caught:
        files({"secrets": ["s"]}, {"S": "x"}, secrets={"s": {"environment": "S", "driver": "vault"}})
    assert caught.value.details["path"] == "secrets.s.driver"


def test_two_files_at_one_place() -> None:
    with pytest.raises(ValidationError) as caught:
        files(
            {"configs": ["c"], "secrets": [{"source": "s", "target": "/c"}]}, {"S": "x"},
            configs={"c": {"content": "x"}}, secrets={"s": {"environment": "S"}},
        )  # fmt: skip
    assert caught.value.details["path"] == "services.a.secrets[0].target"
