from __future__ import annotations

import pytest

from perry_ffi.cli.commands.cp import _parted, run
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.usage import Usage
from tests.support.command_line import parsed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("web:/x", ("web", "/x")),
        ("web:x:y", ("web", "x:y")),
        ("/a:b", ("", "/a:b")),
        ("./a:b", ("", "./a:b")),
        ("plain", ("", "plain")),
        ("-", ("", "-")),
    ],
)
def test_a_service_or_a_path(text: str, parts: tuple[str, str]) -> None:
    assert _parted(text) == parts


@pytest.mark.parametrize("words", [["a", "b"], ["web:/a", "db:/b"], ["-", "-"]])
def test_one_of_both_is_a_services(words: list[str]) -> None:
    with pytest.raises(Usage, match="one of both is SERVICE:PATH"):
        run(parsed(["cp", *words]), Invocation({}, "/"))
