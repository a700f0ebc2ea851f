"""The table of attributes, the live tests that it promises, and the list of them say the same."""

from __future__ import annotations

import pytest

from tests.support.attributes import APPENDIX, KEPT, Row, appendix, holders, live_modules, names, rows

ROWS = {row.ident: row for row in rows()}
HELD = holders()


def test_each_attribute_has_one_row() -> None:
    assert len(rows()) == len(ROWS)


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.kept], ids=lambda row: row.ident)
def test_what_an_engine_does_has_a_live_test(row: Row) -> None:
    assert HELD.get(row.ident), f"docs/attributes.md promises {row.ident}, and no test under tests/live names it"


def test_no_test_names_what_has_no_row() -> None:
    assert not HELD.keys() - ROWS.keys()


def looks() -> list[tuple[str, str, str]]:
    """(attribute, engine, member that is warned of there) of every look."""
    found = []
    for module in live_modules():
        for look in (look for look in getattr(module, "LOOKS", ()) if not look.until):
            found += [(look.attribute, "docker", look.docker), (look.attribute, "podman", look.podman)]
    return found


@pytest.mark.parametrize(("attribute", "engine", "warned"), sorted(set(looks())))
def test_a_look_expects_what_the_table_says(attribute: str, engine: str, warned: str) -> None:
    """What is done is seen, what is left out is warned of; of what is done in part some is seen and some is not."""
    word = ROWS[attribute].words[engine]
    if word in ("yes", "emulated"):
        assert not warned
    elif word not in KEPT:
        assert warned


def test_the_list_is_what_is_written() -> None:
    assert APPENDIX.read_text() == appendix(), "make generate"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("user, init", ["user", "init"]),
        ("command (null is the image's, `[]` too)", ["command"]),
        ("volumes: bind.recursive: disabled", ["volumes.bind.recursive.disabled"]),
        ("memswap_limit: -1", ["memswap_limit.-1"]),
        ("deploy.resources.reservations.cpus, .generic_resources", ["deploy.resources.reservations.cpus",
            "deploy.resources.reservations.generic_resources"]),
        ("networks.*.link_local_ips, .driver_opts", ["networks.link_local_ips", "networks.driver_opts"]),
        ("network_mode: none, `service:`", ["network_mode.none", "network_mode.service:"]),
    ],
)  # fmt: skip
def test_the_attributes_of_a_cell(cell: str, expected: list[str]) -> None:
    assert names(cell) == expected


def test_a_cell_begins_with_a_word() -> None:
    table = "## Services\n\n| attribute | docker | podman |\n|---|---|---|\n| user | yes; always | {} |\n"
    assert [row.words for row in rows(table.format("warned: no"))] == [{"docker": "yes", "podman": "warned"}]
    assert rows(table.format("the same"))[0].words == {"docker": "yes", "podman": "yes"}
    with pytest.raises(ValueError, match="sometimes"):
        rows(table.format("sometimes"))
