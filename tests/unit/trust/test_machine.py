"""Where the machine's own policy is."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.settings import MACHINE_TRUST_POLICY, Settings
from perry_ffi.trust import machine


@pytest.mark.parametrize("config", ["", "elsewhere"])
@pytest.mark.parametrize("place", ["own", "all", "variable", "none", "dangling"])
def test_what_is_told_from_names_is_never_less_than_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, place: str
) -> None:
    environ = {"HOME": str(tmp_path)}
    if config:
        environ["XDG_CONFIG_HOME"] = str(tmp_path / config)
    own = (tmp_path / config if config else tmp_path / ".config") / "perry-container/trust.json"
    own.parent.mkdir(parents=True)
    for_all = tmp_path / "all.json"
    assert str(MACHINE_TRUST_POLICY) == machine._OF_ALL
    monkeypatch.setattr(machine, "_OF_ALL", str(for_all))
    monkeypatch.setattr("perry_ffi.settings.MACHINE_TRUST_POLICY", for_all)
    if place == "variable":
        environ["PERRY_CONTAINER_TRUST_POLICY"] = "/nosuch"
    elif place == "dangling":
        own.symlink_to("/nosuch")
    elif place != "none":
        (own if place == "own" else for_all).write_text("{}")
    found = machine.machine_policy(Settings.from_environ(environ)) is not None
    assert machine.may_have_policy(environ) == (place != "none") and found <= machine.may_have_policy(environ)
