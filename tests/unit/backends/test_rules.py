"""Rules are data beside their driver, and one evaluator makes warnings, refusals and the rest of a spec of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from perry_ffi import drivers
from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.drivers import docker_rules, podman_rules, swarm_rules
from perry_ffi.backends.engine_api.drivers.common_rules import SECURITY_OPTIONS
from perry_ffi.backends.rules.build import BUILD, BUILD_ALONE, BUILD_DOCUMENT, BUILD_LABELS
from perry_ffi.backends.rules.cluster import CLUSTER_DOCUMENT
from perry_ffi.backends.rules.container import ATTACHMENT, CONTAINER, DNS, MOUNT, TMPFS
from perry_ffi.backends.rules.deploy import DEPLOY, PULL_PERIOD
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.machines import MACHINE_CONTAINER
from perry_ffi.backends.rules.member import Member, Members, Use, Valued
from perry_ffi.backends.rules.network import NETWORK, NETWORK_ALONE, NETWORK_NAME
from perry_ffi.backends.rules.programs import PROGRAM_CONTAINER
from perry_ffi.backends.rules.rule import declare, emulated, forbids, lacks, lost, partly
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.backends.rules.volume import VOLUME, VOLUME_ALONE
from perry_ffi.errors import Unsupported

TABLES = (
    SERVICE, DEPLOY, PULL_PERIOD, CONTAINER, ATTACHMENT, MOUNT, TMPFS, DNS, NETWORK, NETWORK_NAME, NETWORK_ALONE, VOLUME,
    VOLUME_ALONE, MACHINE_CONTAINER, PROGRAM_CONTAINER, BUILD, BUILD_ALONE, BUILD_DOCUMENT, BUILD_LABELS, CLUSTER_DOCUMENT,
)  # fmt: skip
UNDER_CONDITIONS = {name for module in (docker_rules, podman_rules) for rules in module.CONDITIONS.values() for name in rules}
# What is emulated, or told apart where the request is made, and counts for the choice of an engine only.
FOR_THE_CHOICE = {
    "BuildSpec.additional_contexts", "BuildSpec.platform", "ContainerSpec.platform", "ContainerSpec.healthcheck",
    "ContainerSpec.ulimits", "ContainerSpec.networks.mac_address", "ContainerSpec.labels.names",
    "LogOptions.since", "LogOptions.until", "LogOptions.timestamps", "LogOptions.streams", "LogOptions.runs",
    "LogOptions.order", "LogOptions.characters", "DownOptions.volumes",
    "ContainerSpec.healthcheck.of_the_image",
    *(f"ContainerSpec.security_opt.{key}" for key in SECURITY_OPTIONS),
}  # fmt: skip


@dataclass(frozen=True)
class Thing:
    a: str = ""
    b: str = ""
    c: str = ""


THINGS: Members[Thing] = {
    "T.a": Member(lambda it: ["a"] if it.a else [], lambda it: replace(it, a="")),
    "T.b": Valued(lambda known: Member(lambda it: [Use("b", it.b)] if it.b not in ("", *known) else [])),
    "T.c": Member(lambda it: ["c"] if it.c else [], lambda it: replace(it, c=""), lambda it, path: it.c == "wall"),
}


def evaluator(**rules: object) -> Evaluator[Thing]:
    return Evaluator(THINGS, declare({f"T.{name}": rule for name, rule in rules.items()}), "it")  # type: ignore[misc]


@pytest.mark.parametrize("row", [row for row in drivers.ROWS if row.rules], ids=lambda row: row.name)
def test_each_rule_is_of_something_that_can_be_seen(row: drivers.Row) -> None:
    known = {name for table in TABLES for name in table} | FOR_THE_CHOICE
    assert known >= UNDER_CONDITIONS
    assert set(of_engine(row.name).exceptions) <= known


def test_each_rule_of_services_is_of_something_that_can_be_seen() -> None:
    known = {name for table in TABLES for name in table} | FOR_THE_CHOICE
    assert set(swarm_rules.RULES) <= known


def test_what_is_forbidden_is_refused_although_it_could_be_left_out() -> None:
    ask = evaluator(a=forbids("it would be open"), c=lacks("it has none"))
    assert [str(row.member) for row in ask.warnings(Thing(c="x"), "services.s")] == ["services.s.c"]
    with pytest.raises(Unsupported, match="it would be open") as caught:
        ask.warnings(Thing(a="x", c="x"), "services.s")
    assert caught.value.details["path"] == "services.s.a"


def test_each_member_is_one_that_some_engine_lacks() -> None:
    declared = {name for row in drivers.ROWS for name in of_engine(row.name).exceptions}
    declared |= UNDER_CONDITIONS | set(swarm_rules.RULES)
    assert {name for table in TABLES for name in table} <= declared


def test_engines_of_the_api_have_every_group_of_the_contract() -> None:
    for name in ("docker", "podman"):
        assert [found for found in of_engine(name).exceptions if found.startswith("op.")] == []


def test_what_is_honoured_is_not_looked_at() -> None:
    spec = Thing("x", "y", "z")
    for judge in (evaluator(), evaluator(a=emulated("by us"))):
        assert judge.warnings(spec) == [] and judge.without(spec) == spec
        judge.refuse(spec)


def test_what_can_be_left_out_is_told_and_left_out() -> None:
    judge = evaluator(a=lacks("no a"), c=partly("little c"))
    spec = Thing("x", "y", "z")
    assert [str(row) for row in judge.warnings(spec, "at")] == [
        "at.a: it does not fully honour it: no a",
        "at.c: it does not fully honour it: little c",
    ]
    assert judge.without(spec) == Thing(b="y")
    with pytest.raises(Unsupported, match=r"^at\.a: it cannot honour it: no a$"):
        judge.warnings(spec, "at", strict=True)


def test_what_cannot_be_left_out_is_refused() -> None:
    judge = evaluator(a=lacks("no a"), b=lacks("no {}", knows={"good": ()}))
    assert [row.member for row in judge.warnings(Thing("x", "good"))] == ["a"]
    with pytest.raises(Unsupported, match=r"^b: it cannot honour it: no bad$") as caught:
        judge.warnings(Thing("x", "bad"))
    assert "path" not in caught.value.details


def test_what_keeps_somebody_out_is_refused_where_it_does() -> None:
    judge = evaluator(c=partly("little c"))
    assert len(judge.warnings(Thing(c="door"))) == 1
    with pytest.raises(Unsupported, match=r"^here\.c: ") as caught:
        judge.warnings(Thing(c="wall"), "here")
    assert caught.value.details["path"] == "here.c"


def test_of_a_single_spec_nothing_is_left_out() -> None:
    evaluator(c=partly("little c")).refuse(Thing(c="door"))
    for judge, words in ((evaluator(a=lacks("no a")), "no a"), (evaluator(a=partly("little a", alone="not this")), "not this")):
        with pytest.raises(Unsupported, match=rf"^Thing\.a: it cannot honour it: {words}$"):
            judge.refuse(Thing("x"), "Thing")


def test_a_version_decides_once_it_is_known() -> None:
    rules = {"T.a": lacks("from 1.44 on", (1, 44))}
    assert declare(rules).of("T.a") == Capability(Support.PARTIAL, "from 1.44 on")
    assert declare(rules, (1, 43)).of("T.a").support is Support.UNSUPPORTED
    assert declare(rules, (1, 44)) == Capabilities()
    rules = {"T.b": lost("no more from 1.45 on", (1, 45))}
    assert declare(rules).of("T.b") == Capability(Support.PARTIAL, "no more from 1.45 on")
    assert declare(rules, (1, 44)) == Capabilities()
    assert declare(rules, (1, 45)).of("T.b").support is Support.UNSUPPORTED
