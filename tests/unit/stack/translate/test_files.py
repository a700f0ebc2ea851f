"""Configs and secrets: what is copied where, and that no content is ever shown."""

from __future__ import annotations

import io
import os
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.api_socket import ApiSocket
from perry_ffi.model.service_values import ServiceMount
from perry_ffi.stack.translate.archive import archive, archives, digest, read_files
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import FileMount, file_mounts

SECRET = "hunter2-very-secret"


def project(service: dict[str, Any], **others: Any) -> dict[str, Any]:
    networks = {"default": {"name": "demo_default"}}
    return {"name": "demo", "networks": networks, "services": {"web": {"image": "bb", **service}}, **others}


def mounts(service: dict[str, Any], **others: Any) -> list[FileMount]:
    document = project(service, **others)
    return file_mounts(document, "web", contents=contents(document))


def contents(document: dict[str, Any]) -> dict[str, str]:
    rows = [(f"{section}.{key}", row) for section in ("configs", "secrets") for key, row in document.get(section, {}).items()]
    return {path: SECRET for path, row in rows if isinstance(row, dict) and row.get("environment") == "VAR"}


def carried(service: dict[str, Any], **others: Any) -> list[Any]:
    return service_spec(project(service, **others), "web", 1, image="bb", labels={}).volumes


TARGETS: list[tuple[str, Any, FileMount]] = [
    ("secrets", "one", FileMount("secret", "one", "/run/secrets/one", file="/f")),
    ("secrets", {"source": "one", "target": "two"}, FileMount("secret", "one", "/run/secrets/two", file="/f")),
    ("secrets", {"source": "one", "target": "/etc//x/"}, FileMount("secret", "one", "/etc/x", file="/f")),
    ("configs", "one", FileMount("config", "one", "/one", file="/f")),
    (
        "configs", {"source": "one", "target": "/etc/x", "uid": "103", "gid": 7, "mode": "0440"},
        FileMount("config", "one", "/etc/x", 103, 7, 0o440, file="/f"),
    ),
    ("configs", {"source": "one", "mode": 0o600}, FileMount("config", "one", "/one", mode=0o600, file="/f")),
    *(
        ("configs", {"source": "one", "target": written}, FileMount("config", "one", target, file="/f"))
        for written, target in (("../x", "/x"), ("/etc/../x", "/x"), ("/a/../../x", "/x"), ("//x", "/x"), ("a b:c", "/a b:c"))
    ),
    ("secrets", {"source": "one", "target": "../x"}, FileMount("secret", "one", "/run/x", file="/f")),
    *(
        ("configs", {"source": "one", "mode": written}, FileMount("config", "one", "/one", mode=mode, file="/f"))
        for written, mode in (("0100644", 0o644), ("0777777", 0o7777), (0o100640, 0o640), (-1, 0o7777), ("0-1", 0o7777), ("04755", 0o4755))
    ),
    ("configs", {"source": "one", "uid": "root", "gid": "staff"}, FileMount("config", "one", "/one", file="/f")),
    ("configs", {"source": "one", "uid": "-1", "gid": "+5"}, FileMount("config", "one", "/one", gid=5, file="/f")),
]  # fmt: skip


@pytest.mark.parametrize(("section", "use", "expected"), TARGETS)
def test_target_owner_and_permissions(section: str, use: Any, expected: FileMount) -> None:
    assert mounts({section: [use]}, **{section: {"one": {"file": "/f"}}}) == [expected]


@pytest.mark.parametrize("target", ["/proc/x", "/sys/kernel/x", "/dev/x", "/a/../proc/x"])
def test_a_target_that_the_kernel_hides_is_refused(target: str) -> None:
    """The file systems of the kernel are mounted after a copy, and over it."""
    with pytest.raises(Unsupported) as caught:
        mounts({"configs": [{"source": "a", "target": target}]}, configs={"a": {"content": "x"}})
    assert caught.value.details["path"] == "services.web.configs[0].target"
    over = {"volumes": [{"type": "volume", "source": "v", "target": "/dev"}]}
    if target == "/dev/x":
        assert mounts({"configs": [{"source": "a", "target": target}], **over}, configs={"a": {"content": "x"}})


def test_an_empty_content_is_an_empty_file() -> None:
    """The canonical form leaves it out."""
    assert [item.content for item in mounts({"configs": ["a"]}, configs={"a": {"name": "p_a"}})] == [b""]


def test_a_colon_goes_where_a_file_is_copied() -> None:
    use = {"source": "s", "target": "/d/a:b"}
    assert mounts({"configs": [use]}, configs={"s": {"file": "/f"}})[0].target == "/d/a:b"
    with pytest.raises(ValidationError, match="a path without :"):
        mounts({"configs": [use], "read_only": True}, configs={"s": {"file": "/f"}})


def test_contents() -> None:
    configs = {
        "a": {"content": "x: $y\n"},
        "b": {"environment": "VAR"},
        "c": {"environment": "GONE", "content": "known"},
    }
    found = mounts({"configs": ["a", "b", "c"]}, configs=configs)
    assert [item.content for item in found] == [b"x: $y\n", SECRET.encode(), b"known"]
    assert SECRET not in repr(found)


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ("gone", {}, "services.web.secrets[0].source"),
    ({"source": "s", "target": "/a/.."}, {"file": "/f"}, "services.web.secrets[0].target"),
    ({"source": "s", "target": "/"}, {"file": "/f"}, "services.web.secrets[0].target"),
    ({"source": "s", "target": "a\0b"}, {"file": "/f"}, "services.web.secrets[0].target"),
    ({"source": "s", "mode": "0999"}, {"file": "/f"}, "services.web.secrets[0].mode"),
    ({"source": "s", "uid": "root"}, {"environment": "VAR"}, "services.web.secrets[0].uid"),
    ({"source": "s", "gid": "1:1"}, {"content": "x"}, "services.web.secrets[0].gid"),
    ("s", {"file": "rel"}, "secrets.s.file"),
    ("s", {"environment": "GONE"}, "secrets.s.environment"),
    ("s", {"external": True}, "secrets.s.external"),
    ("s", {"driver": "x"}, "secrets.s.driver"),
    ("s", {}, "secrets.s"),
]


@pytest.mark.parametrize(("use", "declared", "path"), WRONG)
def test_a_bad_one_is_named(use: Any, declared: dict[str, Any], path: str) -> None:
    with pytest.raises((ValidationError, Unsupported)) as caught:
        mounts({"secrets": [use]}, secrets={"s": declared} if use != "gone" else {})
    assert caught.value.details["path"].startswith(path)


def test_two_files_at_one_target_are_refused() -> None:
    with pytest.raises(ValidationError, match="one file at each target"):
        mounts({"secrets": ["s", {"source": "s", "target": "/run/secrets/s"}]}, secrets={"s": {"file": "/f"}})
    with pytest.raises(ValidationError, match="nothing else is mounted"):
        volume = {"type": "volume", "target": "/run/secrets/s"}
        mounts({"secrets": ["s"], "volumes": [volume]}, secrets={"s": {"file": "/f"}})


DELIVERIES: list[tuple[dict[str, Any], Any, str, list[Any]]] = [
    ({}, "s", "copy", []),
    ({"read_only": True}, "s", "volume", [ServiceMount("volume", "/run/secrets", own_files=True)]),
    ({"tmpfs": ["/run"]}, "s", "volume", [ServiceMount("volume", "/run/secrets", own_files=True)]),
    ({"read_only": True}, {"source": "s", "target": "d/x"}, "volume", [ServiceMount("volume", "/run/secrets", own_files=True)]),
    (
        {"tmpfs": ["/run/secrets"]}, "s", "bind",
        [ServiceMount("bind", "/run/secrets/s", "/f", True, create_host_path=False)],
    ),
    (
        {"read_only": True}, {"source": "s", "target": "/etc/x"}, "bind",
        [ServiceMount("bind", "/etc/x", "/f", True, create_host_path=False)],
    ),
    (
        {"read_only": True}, {"source": "s", "target": "/opt/x", "uid": "5"}, "volume",
        [ServiceMount("volume", "/opt", own_files=True)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("service", "use", "delivery", "volumes"), DELIVERIES)
def test_delivery(service: dict[str, Any], use: Any, delivery: str, volumes: list[Any]) -> None:
    document, declared = {**service, "secrets": [use]}, {"s": {"file": "/f"}}
    assert mounts(document, secrets=declared)[0].delivery == delivery
    assert carried(document, secrets=declared) == volumes


VOLUME = {"type": "volume", "source": "data", "target": "/d"}
BIND = {"type": "bind", "source": "/host", "target": "/d"}
NAMED = {"data": {"name": "demo_data"}, "memory": {"driver_opts": {"type": "tmpfs"}}}
PLAIN, OWNED, INLINE = {"source": "f"}, {"source": "f", "uid": "5"}, {"source": "c"}
COVERED: list[tuple[dict[str, Any], dict[str, Any], str, str, str]] = [
    # the service, the config, its target, how it is delivered, where it is put
    ({"volumes": [VOLUME]}, INLINE, "/d/x", "copy", "/d"),
    ({"volumes": [VOLUME]}, OWNED, "/d/sub/x", "copy", "/d"),
    ({"volumes": [VOLUME]}, PLAIN, "/d/x", "bind", ""),
    ({"volumes": [{"type": "volume", "target": "/d/"}]}, INLINE, "/d/sub/x", "copy", "/d"),
    ({"volumes": [VOLUME], "read_only": True}, INLINE, "/d/x", "copy", "/d"),
    ({"volumes": [VOLUME, {"type": "volume", "target": "/d/sub"}]}, INLINE, "/d/sub/x", "copy", "/d/sub"),
    ({"volumes": [{"type": "volume", "target": "/d/sub"}, VOLUME]}, INLINE, "/d/x", "copy", "/d"),
    ({"volumes": [VOLUME]}, INLINE, "/dd/x", "copy", "/"),
    ({"volumes": [BIND]}, INLINE, "/d/x", "copy", "/d"),
    ({"volumes": [BIND]}, OWNED, "/d/x", "bind", ""),
    ({"volumes": [BIND]}, PLAIN, "/d/sub/x", "bind", ""),
    ({"volumes": [{**VOLUME, "read_only": True}]}, PLAIN, "/d/x", "bind", ""),
    ({"tmpfs": ["/d"]}, INLINE, "/d/sub/x", "volume", "/d/sub"),
    ({"volumes": [{**VOLUME, "source": "memory"}]}, INLINE, "/d/sub/x", "volume", "/d/sub"),
    ({"volumes": [{**VOLUME, "target": "/run"}]}, INLINE, "/run/secrets/x", "volume", "/run/secrets"),
]


@pytest.mark.parametrize(("service", "use", "target", "delivery", "place"), COVERED)
def test_what_is_mounted_over_a_target_takes_it(
    service: dict[str, Any], use: dict[str, Any], target: str, delivery: str, place: str
) -> None:
    document = project(
        {**service, "configs": [{**use, "target": target}]},
        configs={"f": {"file": "/f"}, "c": {"content": "x"}}, volumes=NAMED,
    )  # fmt: skip
    (found,) = file_mounts(document, "web")
    assert found.delivery == delivery
    assert [directory for directory, _ in archives([replace(found, content=b"x")])] == ([place] if place else [])


@pytest.mark.parametrize("use", [INLINE, OWNED])
@pytest.mark.parametrize(
    "service",
    [
        {"read_only": True}, {"tmpfs": ["/d"]}, {"volumes": [{"type": "tmpfs", "target": "/d"}]},
        {"volumes": [{**VOLUME, "read_only": True}]}, {"volumes": [{**VOLUME, "source": "memory"}]},
        {"volumes": [{"type": "image", "source": "bb", "target": "/d"}]},
        {"volumes": [VOLUME, {"type": "tmpfs", "target": "/d/x"}]},
    ],
)  # fmt: skip
def test_what_cannot_be_put_anywhere_is_refused(service: dict[str, Any], use: dict[str, Any]) -> None:
    target = "/x" if "read_only" in service else "/d/x/y" if len(service.get("volumes", ())) == 2 else "/d/x"
    document = {**service, "configs": [{**use, "target": target}]}
    with pytest.raises(Unsupported, match=r"services\.web\.configs\[0\]\.target"):
        mounts(document, configs={"c": {"content": "x"}, "f": {"file": "/f"}}, volumes=NAMED)


def test_a_volume_hides_nothing_of_another_mount() -> None:
    for service in ({"volumes": [{**VOLUME, "read_only": True}]}, {"volumes": [{**BIND, "read_only": True}]}):
        with pytest.raises(Unsupported):
            mounts(
                {**service, "configs": [{"source": "c", "target": "/d/sub/x"}]}, configs={"c": {"content": "x"}}, volumes=NAMED
            )


def tars(document: dict[str, Any]) -> list[tuple[str, bytes]]:
    return archives(read_files(file_mounts(document, "web")))


def test_the_tars(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\0\xff")
    document = project(
        {"configs": ["c"], "secrets": [{"source": "s", "uid": "5", "gid": "6", "mode": "0400"}], "tmpfs": ["/run"]},
        configs={"c": {"content": "é"}}, secrets={"s": {"file": str(tmp_path / "f")}},
    )  # fmt: skip
    found = dict(tars(document))
    assert list(found) == ["/", "/run/secrets"]
    ((info, data),) = members(found["/run/secrets"])
    assert (info.name, info.uid, info.gid, info.mode, info.isreg(), data) == ("s", 5, 6, 0o400, True, b"\0\xff")
    ((info, data),) = members(found["/"])
    assert (info.name, info.uid, info.gid, info.mode, data) == ("c", 0, 0, 0o444, "é".encode())
    assert found == dict(tars(document)), "the same contents are the same bytes"


def test_a_service_without_files_gets_no_tar() -> None:
    assert tars(project({})) == []
    assert archive([]) == b""


def members(tar: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as file:
        return [(info, (file.extractfile(info) or io.BytesIO()).read()) for info in file.getmembers()]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"secrets\.s\.file"):
        read_files([FileMount("secret", "s", "/x", file=str(tmp_path / "gone"))])
    with pytest.raises(ValidationError, match="bind volume|directory"):
        read_files([FileMount("secret", "s", "/x", file=str(tmp_path))])


@pytest.mark.timeout(10)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/zero"):
        with pytest.raises(ValidationError, match="no regular file"):
            read_files([FileMount("secret", "s", "/x", file=path)])


def test_the_digest_is_of_everything_that_arrives(tmp_path: Path) -> None:
    base = FileMount("secret", "s", "/x", content=b"a")
    others = [
        FileMount("secret", "s", "/y", content=b"a"), FileMount("secret", "s", "/x", content=b"b"),
        FileMount("secret", "s", "/x", uid=1, content=b"a"), FileMount("secret", "s", "/x", gid=1, content=b"a"),
        FileMount("secret", "s", "/x", mode=0, content=b"a"), FileMount("secret", "s", "/x", delivery="volume", content=b"a"),
    ]  # fmt: skip
    digests = {digest([item]) for item in [base, *others]}
    assert len(digests) == len(others) + 1
    assert digest([base, others[0]]) == digest([others[0], base])


def test_the_credentials_of_the_socket() -> None:
    document = project({"use_api_socket": True})
    socket = ApiSocket("/e.sock", "/var/run/docker.sock", "DOCKER_CONFIG", "/run/secrets/docker")
    (found,) = file_mounts(document, "web", api_socket=socket, credentials=SECRET.encode())
    assert (found.target, found.mode, found.content) == ("/run/secrets/docker/config.json", 0o400, SECRET.encode())
    assert SECRET not in repr(found)
    assert file_mounts(document, "web", api_socket=socket) == []
    kept = project({"use_api_socket": True, "environment": {"DOCKER_CONFIG": "/x"}})
    assert file_mounts(kept, "web", api_socket=socket, credentials=b"x") == []


@given(
    target=st.text(max_size=40) | st.lists(st.sampled_from(["..", ".", "", "a", "-x", "\n"]), max_size=6).map("/".join),
    extra=st.sampled_from([{}, {"read_only": True}, {"tmpfs": ["/run"]}, {"tmpfs": ["/a"]}]),
)
def test_no_target_leads_out(target: str, extra: dict[str, Any]) -> None:
    document = project({"secrets": [{"source": "s", "target": target}], **extra}, secrets={"s": {"environment": "VAR"}})
    try:
        mounted = file_mounts(document, "web", contents=contents(document))
        packed = archives(mounted)
    except ContainerError as error:
        assert SECRET not in str(error.to_dict())
        return
    for directory, tar in packed:
        assert directory.startswith("/") and ".." not in directory.split("/")
        for info, data in members(tar):
            assert info.isreg() and data == SECRET.encode()
            assert not info.name.startswith("/") and ".." not in info.name.split("/")
