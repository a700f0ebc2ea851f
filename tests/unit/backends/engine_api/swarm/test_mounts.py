"""Mounts of a service's tasks."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.swarm.mounts import mounts
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import ServiceMount

OLD, NEW = (1, 41), (1, 46)


def made(api: tuple[int, int] = OLD, **members: Any) -> list[dict[str, Any]]:
    return mounts(ServiceSpec.model_validate({"image": "bb", **members}), api)


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("vv:/v:ro,nocopy", {"Type": "volume", "Source": "vv", "ReadOnly": True, "VolumeOptions": {"NoCopy": True}}),
        ("/v", {"Type": "volume"}),
        ("/h{{x:/v:rslave", {"Type": "bind", "Source": '/h{{"{{"}}x', "BindOptions": {"Propagation": "rslave"}}),
        (
            ServiceMount("bind", "/v", "/h", recursive="disabled"),
            {"Type": "bind", "Source": "/h", "BindOptions": {"NonRecursive": True}},
        ),
        (
            {"type": "volume", "source": "vv", "target": "/v", "volume": {"labels": {"a": "{{"}}},
            {"Type": "volume", "Source": "vv", "VolumeOptions": {"Labels": {"a": '{{"{{"}}'}}},
        ),
        (
            {"type": "tmpfs", "target": "/v", "tmpfs": {"size": "1m", "mode": 0o700}},
            {"Type": "tmpfs", "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o700}},
        ),
    ],
)
def test_mounts(mount: Any, said: dict[str, Any]) -> None:
    assert made(volumes=[mount]) == [{"Target": "/v", **said}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", {}),
        ("size=1m,mode=1777", {"TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o1777}}),
        ("ro,noexec,nosuid,nodev", {"ReadOnly": True}),
        ("rw,notmpcopyup,defaults", {}),
    ],
)
def test_a_tmpfs_by_options(options: str, said: dict[str, Any]) -> None:
    assert made(tmpfs={"/t": options}) == [{"Type": "tmpfs", "Target": "/t", **said}]


def test_a_new_engine_lets_files_of_a_tmpfs_be_run() -> None:
    assert made(NEW, tmpfs={"/t": "exec"})[0]["TmpfsOptions"] == {"Options": [["exec"]]}


@pytest.mark.parametrize("options", ["exec", "suid", "uid=5", "nr_inodes=5", "noatime"])
def test_what_a_tmpfs_cannot_be_is_refused(options: str) -> None:
    with pytest.raises(Unsupported) as caught:
        made(tmpfs={"/t": options})
    assert caught.value.details["member"] == "ServiceSpec.tmpfs[/t]"


@pytest.mark.parametrize(
    ("mount", "member"),
    [
        (ServiceMount("image", "/v", "i"), "type"),
        ("vv:/v:z", "selinux"),
        (ServiceMount("bind", "/v", "/h", recursive="readonly"), "bind.recursive"),
    ],
)
def test_what_no_task_can_have_is_refused(mount: Any, member: str) -> None:
    with pytest.raises(Unsupported) as caught:
        made(volumes=[mount])
    assert caught.value.details["member"] == f"ServiceSpec.volumes[0].{member}"


def test_two_at_one_place() -> None:
    with pytest.raises(ValidationError):
        made(volumes=["/t"], tmpfs={"/t": ""})
    with pytest.raises(ValidationError):
        made(tmpfs={"/dev/shm": ""}, shm_size=4096)


def test_a_relative_bind_is_of_no_machine() -> None:
    with pytest.raises(ValidationError):
        made(volumes=["./x:/x"])
