"""What of the host a machine has as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.machines import places, products
from perry_ffi.backends.machines.shares import unshared
from perry_ffi.settings import Settings


@pytest.mark.parametrize("name", ["colima", "lima", "rancher-desktop", "finch"])
def test_a_home_folder_is_shared_and_others_are_told(tmp_path: Path, name: str) -> None:
    settings = Settings.from_environ({"HOME": str(tmp_path / "me")}, platform="darwin")
    for inside in (tmp_path / "me", tmp_path / "me/shop/data", tmp_path / "me/../me/x"):
        assert unshared(settings, name, str(inside)) == ""
    for outside in (tmp_path, tmp_path / "me2", tmp_path / "me/../you", Path("/opt/data")):
        assert str(tmp_path / "me") in (told := unshared(settings, name, str(outside)))
        assert f"{outside} may be empty there" in told


def test_a_link_counts_for_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "me").symlink_to(tmp_path / "real")
    settings = Settings.from_environ({"HOME": str(tmp_path / "me")}, platform="darwin")
    assert unshared(settings, "colima", str(tmp_path / "real/data")) == ""
    (tmp_path / "real/out").symlink_to("/opt")
    (tmp_path / "in").symlink_to(tmp_path / "real")
    assert unshared(settings, "colima", str(tmp_path / "in")) == ""


def test_folders_that_only_a_mac_has(tmp_path: Path) -> None:
    machine = products.of("rancher-desktop")
    assert machine is not None
    both = [str(tmp_path), "/tmp/rancher-desktop"]
    for platform, more in (("linux", []), ("darwin", ["/Volumes", "/var/folders", "/private/tmp"])):
        settings = Settings.from_environ({"HOME": str(tmp_path)}, platform=platform)
        assert [share.path for share in places.shares(settings, machine)] == both + more


def test_engines_that_share_all_or_are_not_known(tmp_path: Path) -> None:
    settings = Settings.from_environ({"HOME": str(tmp_path)}, platform="darwin")
    assert [unshared(settings, name, "/opt/data") for name in ("orbstack", "docker", "nobody")] == ["", "", ""]
    assert unshared(settings, "podman", "/Users/me/x") == "" and unshared(settings, "podman", "/opt/x")
