"""The table of attributes, the live tests that it promises, and the list of them say the same."""

from __future__ import annotations

import pytest

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.rules.rule import Rule
from tests.support import declared
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


def test_what_engines_declare_is_what_is_written() -> None:
    assert declared.PAGE.read_text() == declared.page(), "make generate"


NAMED = {
    "ServiceSpec.cdi_devices": "services.devices by CDI name",
    "ServiceSpec.dns": "services.dns.addresses without a zone",
    "ServiceSpec.expose.sctp": "services.expose",
    "ServiceSpec.hostname.parts": "services.hostname",
    "ServiceSpec.volumes.recursive.readonly": "services.volumes.bind.recursive.readonly",
    "ServiceSpec.volumes.subpath": "services.volumes.volume.subpath",
    "NetworkSpec.enable_ipv4": "networks.enable_ipv4.false",
}
"""Rows that call a capability otherwise."""
SECTIONS = {"ServiceSpec": "services", "NetworkSpec": "networks", "VolumeSpec": "volumes"}


def declarations() -> list[tuple[str, str, Row | None, Rule]]:
    """(engine, capability, its row, what is declared) of all that projects ask for."""
    found = []
    for engine, rules in declared.FAMILIES.items():
        for name, rule in rules.items():
            spec, _, member = name.partition(".")
            if spec in SECTIONS:
                found.append((engine, name, ROWS.get(NAMED.get(name) or f"{SECTIONS[spec]}.{member}"), rule))
    return found


@pytest.mark.parametrize(
    ("engine", "name", "row", "rule"),
    [item for item in declarations() if item[3].since or item[3].until],
    ids=lambda item: str(item)[:60],
)
def test_a_version_that_is_declared_stands_in_the_row(engine: str, name: str, row: Row | None, rule: Rule) -> None:
    assert row is not None, (
        f"docs/attributes.md has no row for {name}, which depends on the version (or NAMED does not say which)"
    )
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
