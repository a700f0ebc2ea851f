from __future__ import annotations

import json

import pytest

from perry_ffi.cli.chosen import Chosen
from perry_ffi.cli.screen import Screen
from perry_ffi.service.project_engine import Guessed

GUESSED = Guessed("shop", "podman", "unix:///run/podman/podman.sock", ("docker",))
LINE = "shop on podman (unix:///run/podman/podman.sock); docker answers too: DOCKER_HOST or --engine NAME chooses\n"


@pytest.mark.parametrize(
    ("changes", "in_vain", "said"), [(True, False, LINE), (True, True, LINE), (False, True, LINE), (False, False, "")]
)
def test_when_it_is_said(changes: bool, in_vain: bool, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = Chosen(Screen({}), changes=changes)
    chosen.guessed(GUESSED)
    chosen.end(in_vain)
    assert capsys.readouterr() == ("", said)


def test_in_which_form(capsys: pytest.CaptureFixture[str]) -> None:
    Chosen(Screen({}, "quiet"), changes=True).guessed(GUESSED)
    assert capsys.readouterr().err == ""
    Chosen(Screen({}, "json"), changes=True).guessed(GUESSED)
    found = json.loads(capsys.readouterr().err)
    assert found["engine"] == "podman" and found["others"] == ["docker"] and found["msg"] + "\n" == LINE
    Chosen(Screen({}), changes=True).end(True)
    assert capsys.readouterr().err == ""
