"""The package as a whole, and that what its records can say is what the library takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.abi.table import OPERATIONS
from perry_ffi.abi.types import Kind
from perry_ffi.abi.wit.definitions import Definition, Part
from perry_ffi.abi.wit.documents import NAMES as NAMES_OF
from perry_ffi.abi.wit.documents import OPEN
from perry_ffi.abi.wit.members import classes, members
from perry_ffi.abi.wit.names import kebab
from perry_ffi.abi.wit.package import files, names_in_json, without_default
from perry_ffi.errors import ValidationError
from perry_ffi.model import container_values, workload_values
from perry_ffi.model.base import Model, decode
from perry_ffi.model.build_values import build_secret
from perry_ffi.model.mounts import mount
from perry_ffi.model.network_values import read_ipam

ROOT = Path(__file__).resolve().parents[4]
NAMES = json.loads(names_in_json())
TYPES = NAMES["types"]


def test_each_file_is_of_the_package() -> None:
    texts = files()
    assert sorted(texts) == [
        "capability.wit", "compose.wit", "containers.wit", "streams.wit", "types.wit", "workloads.wit", "worlds.wit",
    ]  # fmt: skip
    assert {path.name for path in (ROOT / "wit").iterdir()} == set(texts)
    for name, text in texts.items():
        assert "package perry:container@1.0.0;\n" in text
        assert "Generated from" in text and "do not edit" in text
        assert max(map(len, text.splitlines())) <= 130, name
        assert text.endswith("}\n") and not text.endswith("\n\n")


# -- records and models -----------------------------------------------------------------------------


HEARD = {name for op in OPERATIONS for name in re.findall(r"[A-Z]\w+", op.settles)}
RECORDS = {NAMES_OF.get(kind, kebab(name)): kind for name, kind in classes().items()}
SAID = {name: kind for name, kind in RECORDS.items() if name in TYPES and issubclass(kind, Model) and kind.__name__ not in HEARD}
"""The models that a program says, those within others too."""


def test_every_model_that_operations_take_is_a_record() -> None:
    taken = {name for op in OPERATIONS for p in op.params if p.kind is Kind.JSON for name in re.findall(r"[A-Z]\w+", p.model)}
    assert {kebab(name) for name in taken - OPEN.keys()} - SAID.keys() == set()


@pytest.mark.parametrize("name", SAID)
def test_a_record_has_the_members_of_its_model(name: str) -> None:
    model = SAID[name]
    parts = TYPES[name]["parts"]
    assert [part["json"] for part in parts.values()] == [field.alias or one for one, field in model.model_fields.items()]
    required = {field.alias or one for one, field in model.model_fields.items() if field.is_required()}
    assert {part["json"] for part in parts.values() if not part["type"].startswith("option<")} == required


# Texts that are taken where not any is. By member, or by record and member where records differ.
TEXTS = {
    "annotation": "x", "base64": "eA==", "image": "busybox", "user": "1000:1000", "workdir": "/srv", "network": "net",
    "platform": "linux/amd64", "platforms": "linux/amd64", "since": "10m", "until": "10m", "restart": "always", "ports": "8080:80",
    "devices": "/dev/null:/dev/null:rwm", "ulimits": "nofile=1:2", "dns": "127.0.0.1", "extra-hosts": "db:127.0.0.1",
    "signal": "SIGTERM", "stop-signal": "SIGTERM", "ssh": "default", "seccomp": "default", "hostname": "web",
    "link-local-ips": "169.254.1.1", "ipv4-address": "10.0.0.2", "ipv6-address": "fd00::2", "mac-address": "02:42:ac:11:00:02",
    "subnet": "10.0.0.0/16", "ip-range": "10.0.0.0/24", "gateway": "10.0.0.1", "aux-addresses": "10.0.0.9", "digest": "sha256:" + "0" * 64,
    "digests": "sha256:" + "0" * 64, "capability-verify.id": "sha256:" + "0" * 64, "images": "localhost/**", "propagation": "shared",
    "selinux": "z", "volumes": "data:/data", "capability-spec.volumes": "/srv/a:/srv/b:ro", "mount-object.target": "/data",
    "tags": "a:b", "source": "data", "tmpfs": "size=1m", "expose": "80", "port": "80", "path": "/out", "scheme": "https",
    "issuer-reg-exp": "https://a", "subject-reg-exp": "https://b", "items": "localhost/**", "signed-as": "any", "name": "web",
    "aliases": "db", "test": "CMD-SHELL", "log": "ready",
}  # fmt: skip
KEYS = {"tmpfs": "/tmp/x", "input": "/input/x", "networks": "net"}
NUMBERS = {
    "gpu-request.count": 2,
    "wait-timeout": 1.5,
    "timeout": 2.5,
    "memory": 64 << 20,
    "tmp": 1 << 20,
    "shm": 1 << 20,
    "files": 64,
}
_POLICIES = ("verify-policy", "capability-verify")
# What stands beside: a record's, and of single members another one in its place, for they mean nothing alone, or nothing together.
BESIDE: dict[str, dict[str, Any]] = {
    **{name: {"keys": ["a.pem"]} for name in (*_POLICIES, "verify-rule")},
    **{f"{name}.{member}": {} for name in _POLICIES for member in ("rules", "identities", "digests", "digest", "id")},
    "verify-identity": {"subject": "a", "issuer": "b"},
    "verify-identity.issuer-reg-exp": {"subject": "a"},
    "verify-identity.subject-reg-exp": {"issuer": "b"},
    "container-spec.aliases": {"network": "net"},
    "workload-node.aliases": {"network": "net"},
    "output.path": {"from": "file"},
    "build-secret": {"file": "/x"},
    "build-secret.environment": {},
    "build-secret.content": {},
    "mount-object": {"type": "volume", "source": "data"},
    "mount-object.bind": {"type": "bind", "source": "/x"},
    "mount-object.tmpfs": {"type": "tmpfs"},
}


def written(kind: str, place: str) -> Any:
    """A value of a type, in JSON. place: the record and the member that it is for."""
    member = place.partition(".")[2]
    if match := re.fullmatch(r"option<(.*)>", kind):
        return written(match[1], place)
    if kind == "list<u8>":
        return {"base64": "eA=="}
    if match := re.fullmatch(r"list<tuple<string, (.*)>>", kind):
        return {KEYS.get(member, "key"): written(match[1], place)}
    if match := re.fullmatch(r"list<(.*)>", kind):
        return [written(match[1], place)]
    if kind in ("s64", "u64", "u32", "f64"):
        return NUMBERS.get(place, NUMBERS.get(member, 1))
    if kind in ("bool", "json"):
        return kind == "bool" or {"any": 1}
    return TEXTS.get(place, TEXTS.get(member, "word")) if kind == "string" else defined(kind, place)


def defined(kind: str, place: str) -> Any:
    row = TYPES[kind]
    if row["kind"] == "type":
        return written(row["type"], place)
    if row["kind"] == "record":
        return document(kind)
    name, part = next(iter(row["parts"].items()))
    if row["kind"] == "enum":
        return part["json"]
    value = written(part["type"], f"{place.partition('.')[0]}.{place.partition('.')[2] or name}")
    return value if part["form"] in ("text", "list", "object") else {part["form"]: value}


def document(name: str, member: str = "") -> dict[str, Any]:
    """A record in JSON, with the members that it needs and one more."""
    parts = TYPES[name]["parts"]
    needed = [one for one, part in parts.items() if one == member or not part["type"].startswith("option<")]
    given = {parts[one]["json"]: written(parts[one]["type"], f"{name}.{one}") for one in needed}
    return given | BESIDE.get(f"{name}.{member}", BESIDE.get(name, {}))


# The parsers of records that are no models.
PARSERS: dict[str, Callable[[Any], Any]] = {
    "health-check": container_values.health_check,
    "attachment": lambda value: container_values.attachments({"net": value}),
    "gpu-request": lambda value: container_values.gpus([value]),
    "ipam": read_ipam,
    "subnet": lambda value: read_ipam({"config": [value]}),
    "build-secret": build_secret,
    "mount-object": mount,
    "bind-options": lambda value: mount({"type": "bind", "source": "/x", "target": "/y", "bind": value}),
    "volume-options": lambda value: mount({"type": "volume", "source": "xy", "target": "/y", "volume": value}),
    "tmpfs-options": lambda value: mount({"type": "tmpfs", "target": "/y", "tmpfs": value}),
    "workload-ref": workload_values.ref,
}


@pytest.mark.parametrize("name", [*SAID, *PARSERS])
def test_what_a_record_can_say_is_taken(name: str) -> None:
    """Each member, with a value of the type that the contract has for it."""
    refused = []
    for member in TYPES[name]["parts"]:
        said = document(name, member)
        try:
            PARSERS[name](said) if name in PARSERS else decode(SAID[name], json.dumps(said))
        except ValidationError as error:
            refused.append(f"{member}: {error} ({said})")
    assert refused == []


@pytest.mark.parametrize("name", [name for name, row in TYPES.items() if row["kind"] == "enum" and name != "error-kind"])
def test_each_choice_is_of_its_text(name: str) -> None:
    assert [kebab(part["json"]) for part in TYPES[name]["parts"].values()] == list(TYPES[name]["parts"])


@pytest.mark.parametrize(
    "value",
    [
        "text",
        {"nodeId": "db", "projection": "host"},
        {"concat": ["http://", {"nodeId": "db", "projection": "host"}]},
    ],
)  # fmt: skip
def test_each_form_of_a_value_of_a_graph_is_read(value: Any) -> None:
    assert workload_values.text_value(value)


def test_what_is_heard_has_the_members_of_its_document() -> None:
    """Of the records of one of each way to declare them; the others are made by the same hand."""
    for name in ("container-info", "graph-plan", "run-result"):
        assert [part["json"] for part in TYPES[name]["parts"].values()] == [member.json for member in members(RECORDS[name])]


def test_there_is_no_default_where_a_choice_is_always_there() -> None:
    chosen = Definition("enum", "colour", parts=(Part("red"),))
    holds = Definition("record", "painted", parts=(Part("colour", "colour"),))
    held = Definition("record", "house", parts=(Part("wall", "painted"),))
    free = Definition("record", "plain", parts=(Part("colour", "option<colour>"), Part("all", "list<painted>")))
    assert without_default([held, holds, chosen, free]) == ["colour", "house", "painted"]
