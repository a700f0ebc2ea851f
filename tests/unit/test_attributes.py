"""The table of attributes, the live tests that it promises, and the list of them say the same."""

from __future__ import annotations

import importlib

import pytest

from perry_ffi import drivers
from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.engine_api.drivers import swarm_rules
from perry_ffi.backends.machines import products
from perry_ffi.backends.rules.rule import Rule
from tests.support import cluster_page, columns, declared
from tests.support.attributes import APPENDIX, KEPT, TABLE, Row, appendix, holders, live_modules, names, rows, with_columns

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


def test_what_engines_declare_is_what_is_written() -> None:
    assert declared.PAGE.read_text() == declared.page(), "make generate"


def test_what_a_cluster_refuses_is_what_is_written() -> None:
    text = cluster_page.PAGE.read_text()
    assert text == cluster_page.page(text), "make generate"
    for name, rule in swarm_rules.RULES.items():
        if rule.refused:
            assert all(f"`{place.removeprefix('services.')}`" in text for place in columns.places(name)), name


def test_every_engine_of_the_table_has_a_column() -> None:
    """By its own rules, or by those of the family whose engine it holds."""
    columns = [{name: rule.support for name, rule in rules.items()} for rules in declared.FAMILIES.values()]
    for row in drivers.ROWS:
        rules = importlib.import_module(row.rules).RULES
        assert {name: rule.support for name, rule in rules.items()} in columns, row.name


def test_a_product_declares_what_the_engine_in_its_machine_does() -> None:
    """One without a socket holds containerd: nerdctl's column is its own, and it refuses what nerdctl refuses."""
    for product in products.MACHINES:
        held = "podman" if product.name == "podman" else "docker" if product.sockets or not product.nerdctl else "nerdctl"
        row = drivers.of(product.name)
        assert importlib.import_module(row.rules).RULES is declared.FAMILIES[held], product.name
        assert row.without == drivers.of(held).without, product.name
    assert [row.name for row in products.MACHINES if row.nerdctl and not row.sockets] == ["finch"]


def test_what_is_declared_has_a_section() -> None:
    """Whatever kind of thing it is about."""
    kinds = {name.partition(".")[0] for rules in declared.FAMILIES.values() for name in rules}
    assert kinds == set(declared.SECTIONS)


def declarations() -> list[tuple[str, str, Row | None, Rule]]:
    """(engine, capability, its row, what is declared) of all that projects ask for, a row at a time."""
    return [
        (engine, name, ROWS.get(place), rule)
        for engine, rules in declared.FAMILIES.items()
        for name, rule in rules.items()
        for place in columns.places(name)
        if ".rootless." not in name
    ]


@pytest.mark.parametrize("name", sorted({name for _, name, row, _ in declarations() if row is None}) or ["none"])
def test_what_is_declared_has_a_row(name: str) -> None:
    """Of its own name, or of one that ``columns.ROWS`` or ``columns.PARTS`` says."""
    assert name == "none"


def test_a_row_that_is_said_to_have_a_capability_is_there() -> None:
    said = {*columns.ROWS, *columns.PARTS}
    assert {place for name in said for place in columns.places(name)} | {ident for ident, _ in columns.OTHERWISE} <= ROWS.keys()
    assert said <= {name for rules in declared.FAMILIES.values() for name in rules}


def test_each_engine_has_a_word_in_each_row() -> None:
    for row in ROWS.values():
        assert row.cells.keys() == declared.FAMILIES.keys(), row.ident


def test_the_columns_that_follow_from_rules_are_what_is_written() -> None:
    text = TABLE.read_text()
    assert text == with_columns(text), "make generate"


@pytest.mark.parametrize(
    ("engine", "name", "row", "rule"),
    [item for item in declarations() if item[3].since or item[3].until],
    ids=lambda item: str(item)[:60],
)
def test_a_version_that_is_declared_stands_in_the_row(engine: str, name: str, row: Row | None, rule: Rule) -> None:
    assert row is not None, f"docs/attributes.md has no row for {name}, which depends on the version"
    for version in (rule.since, rule.until):
        assert version is None or declared.number(version) in row.cells[engine], (row.cells[engine], version)


@pytest.mark.parametrize(
    ("engine", "name", "row", "rule"), [item for item in declarations() if item[2]], ids=lambda item: str(item)[:60]
)
def test_a_row_says_what_is_declared(engine: str, name: str, row: Row, rule: Rule) -> None:
    """What an engine lacks is left out and warned of, or refused; a row of more than that says it after its first word."""
    words = {
        Support.UNSUPPORTED: ("warned", "refused", "partial", "emulated"),
        Support.PARTIAL: ("partial", "warned"),
        Support.EMULATED: ("emulated",),
    }
    assert any(word in row.cells[engine] for word in words[rule.support]), (row.cells[engine], rule.support)


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
