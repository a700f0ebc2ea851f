"""Paths of this machine, and an engine on another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.requests.host_paths import is_of_this_machine, may_name_files, refuse_device, refuse_host_paths
from perry_ffi.errors import Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.model.service_values import ServiceMount

ADDRESS = "ssh://me@box"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project/file").write_text("x")
    return tmp_path / "project"


@pytest.mark.parametrize(
    "source",
    [
        "/", "/dev", "/dev/kvm", "/dev/null", "/proc", "/sys/fs/cgroup", "/run/docker.sock", "/var/run/docker.sock", "/etc/localtime",
        "/lib/modules", "/var/log", "/data-of-nobody", "/srv/data-of-nobody", "/nowhere/at/all", "/var/lib/nobodys",
        "/tmp/../dev/null",
    ],
)  # fmt: skip
def test_what_is_meant_over_there(source: str, here: Path) -> None:
    assert not is_of_this_machine(source, here)


def test_what_is_meant_here(here: Path) -> None:
    (here / "link").symlink_to("/nowhere")
    for source in ("file", ".", "./missing", "../x", str(here), f"{here}/file", f"{here}/missing", f"{here}/link", "/etc/passwd"):
        assert is_of_this_machine(source, here), source


def test_the_first_bind_mount_is_named(here: Path) -> None:
    volumes = ["named:/a", "/dev/null:/b", f"{here}/file:/c:ro", f"{here}:/d"]
    spec = validate(ContainerSpec, {"image": "i", "volumes": volumes})
    with pytest.raises(Unsupported) as caught:
        refuse_host_paths(spec, here, ADDRESS)
    error = caught.value
    assert error.details["path"] == "ContainerSpec.volumes[2].source" and error.details["file"] == f"{here}/file"
    assert ADDRESS in error.message and "PERRY_CONTAINER_HOST_PATHS=engine" in error.details["remedy"]


def test_of_a_service_too(here: Path) -> None:
    spec = ServiceSpec(image="i", name="nn", volumes=[ServiceMount("tmpfs", "/t"), ServiceMount("bind", "/x", str(here))])
    with pytest.raises(Unsupported):
        refuse_host_paths(spec, here, ADDRESS)


def test_a_volume_that_is_a_bind_mount(here: Path) -> None:
    options = {"type": "none", "o": "rw,bind", "device": str(here)}
    with pytest.raises(Unsupported) as caught:
        refuse_device(None, options, here, ADDRESS)
    assert caught.value.details["path"] == "VolumeSpec.driver_opts.device"
    for driver, other in (
        ("nfs", options),
        ("local", {"o": "addr=1.2.3.4", "device": ":/x"}),
        (None, {"o": "bind", "device": "/dev/shm"}),
    ):
        refuse_device(driver, other, here, ADDRESS)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({}, False), ({"env": {"A": "/etc/passwd"}, "tmpfs": ["/t"], "devices": ["/dev/null"]}, False), ({"volumes": ["/x:/y"]}, True),
        ({"seccomp": "profile.json"}, True), ({"security_opt": ["seccomp=profile.json"]}, True),
    ],
)  # fmt: skip
def test_what_files_may_be_looked_at_for(members: dict[str, Any], named: bool) -> None:
    assert may_name_files(validate(ContainerSpec, {"image": "i", **members})) is named
