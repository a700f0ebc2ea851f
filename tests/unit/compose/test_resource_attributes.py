"""Attributes of networks, volumes, secrets, configs and models, from every syntax to the model.

The expected members are those that docker compose 2.40.3 prints; ``@`` is the project folder.
"""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.compose import LoadOptions
from tests.unit.compose.support import load_text, relative

USES = {
    "networks": "networks: [res]",
    "volumes": 'volumes: ["res:/r"]',
    "secrets": "secrets: [res]",
    "configs": "configs: [res]",
    "models": "models: [res]",
}

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("networks", "null", {"name": "p_res", "ipam": {}}),
    ("networks", "{}", {"name": "p_res", "ipam": {}}),
    (
        "networks",
        (
            '{name: own, driver: overlay, driver_opts: {a: 1, b: two}, attachable: true, internal: "true", '
            "enable_ipv4: false, enable_ipv6: true, labels: {l: 1}}"
        ),
        {
            "name": "own",
            "driver": "overlay",
            "driver_opts": {"a": "1", "b": "two"},
            "ipam": {},
            "internal": True,
            "attachable": True,
            "labels": {"l": "1"},
            "enable_ipv4": False,
            "enable_ipv6": True,
        },
    ),
    ("networks", '{labels: ["a=b", c]}', {"name": "p_res", "ipam": {}, "labels": {"a": "b", "c": ""}}),
    (
        "networks",
        (
            "{ipam: {driver: default, config: [{subnet: 172.28.0.0/16, ip_range: 172.28.5.0/24, gateway: 172.28.5.254, "
            "aux_addresses: {host1: 172.28.1.5}}], options: {foo: bar}}}"
        ),
        {
            "name": "p_res",
            "ipam": {
                "driver": "default",
                "config": [
                    {
                        "subnet": "172.28.0.0/16",
                        "gateway": "172.28.5.254",
                        "ip_range": "172.28.5.0/24",
                        "aux_addresses": {"host1": "172.28.1.5"},
                    }
                ],
                "options": {"foo": "bar"},
            },
        },
    ),
    ("networks", "{external: true}", {"name": "res", "ipam": {}, "external": True}),
    ("networks", "{external: true, name: theirs}", {"name": "theirs", "ipam": {}, "external": True}),
    ("networks", "{external: {name: theirs}}", {"name": "theirs", "ipam": {}, "external": True}),
    ("networks", "{x-note: 1}", {"name": "p_res", "ipam": {}}),
    ("volumes", "null", {"name": "p_res"}),
    (
        "volumes",
        '{name: own, driver: local, driver_opts: {type: nfs, o: "addr=1.2.3.4", device: ":/x"}, labels: {l: true}}',
        {
            "name": "own",
            "driver": "local",
            "driver_opts": {"device": ":/x", "o": "addr=1.2.3.4", "type": "nfs"},
            "labels": {"l": "true"},
        },
    ),
    (
        "volumes",
        "{driver: local, driver_opts: {type: none, o: bind, device: ./data}}",
        {"name": "p_res", "driver": "local", "driver_opts": {"device": "@/data", "o": "bind", "type": "none"}},
    ),
    ("volumes", "{labels: [a=b]}", {"name": "p_res", "labels": {"a": "b"}}),
    ("volumes", "{external: true}", {"name": "res", "external": True}),
    ("volumes", "{external: true, name: theirs}", {"name": "theirs", "external": True}),
    ("volumes", "{external: {name: theirs}}", {"name": "theirs", "external": True}),
    ("secrets", "{file: ./s.txt}", {"name": "p_res", "file": "@/s.txt"}),
    ("secrets", "{environment: TOKEN}", {"name": "p_res", "environment": "TOKEN"}),
    ("secrets", "{external: true}", {"name": "res", "external": True}),
    ("secrets", "{external: true, name: theirs}", {"name": "theirs", "external": True}),
    (
        "secrets",
        "{file: s, name: own, labels: {l: 1}, template_driver: golang}",
        {"name": "own", "file": "@/s", "labels": {"l": "1"}, "template_driver": "golang"},
    ),
    (
        "secrets",
        "{file: s, driver: vault, driver_opts: {a: 1}}",
        {"name": "p_res", "file": "@/s", "driver": "vault", "driver_opts": {"a": "1"}},
    ),
    ("configs", "{file: ./c.txt}", {"name": "p_res", "file": "@/c.txt"}),
    ("configs", '{content: "a${FROM_ENV}b"}', {"name": "p_res", "content": "aenvb"}),
    ("configs", "{environment: TOKEN}", {"name": "p_res", "environment": "TOKEN"}),
    ("configs", "{external: true, name: theirs}", {"name": "theirs", "external": True}),
    (
        "configs",
        "{content: x, name: own, labels: [l=1], template_driver: golang}",
        {"name": "own", "content": "x", "labels": {"l": "1"}, "template_driver": "golang"},
    ),
]


@pytest.mark.parametrize(("section", "value", "expected"), CASES, ids=[f"{s}={v[:50]}" for s, v, _ in CASES])
def test_resource_reaches_the_model(tmp_path, section, value, expected):
    text = f"name: p\nservices:\n  a:\n    image: x\n    {USES[section]}\n{section}:\n  res: {value}\n"

    project = load_text(tmp_path, text, env={"FROM_ENV": "env", "TOKEN": "t"})

    assert relative(project.to_dict(), tmp_path)[section]["res"] == expected


def test_models_are_kept_though_docker_compose_does_not_print_them(tmp_path):
    text = "services: {a: {image: x, models: [m]}}\nmodels: {m: {model: ai/m, context_size: 8, runtime_flags: [-v], name: n}}\n"

    project = load_text(tmp_path, text)

    assert dict(project.models) == {"m": {"name": "n", "model": "ai/m", "context_size": 8, "runtime_flags": ["-v"]}}
    assert "models" not in project.to_dict()
    assert "m" in project.to_spec()["models"]


def test_pre_start_of_the_current_specification_is_kept(tmp_path):
    text = "services: {a: {image: x, pre_start: [{command: [init], image: tools, per_replica: true}]}}\n"

    project = load_text(tmp_path, text)

    assert project.services["a"]["pre_start"] == [{"command": ["init"], "image": "tools", "per_replica": True}]


def test_extensions_are_kept_on_every_level_and_printed_on_the_top(tmp_path):
    text = "x-top: {a: [], b: 1}\nservices: {a: {image: x, x-own: {c: 2}}}\n"

    project = load_text(tmp_path, text)

    assert project.to_dict()["x-top"] == {"a": None, "b": 1}
    assert "x-own" not in project.to_dict()["services"]["a"]
    assert project.to_spec()["services"]["a"]["x-own"] == {"c": 2}
    assert project.to_spec()["x-top"] == {"a": [], "b": 1}


def test_resources_that_no_service_uses_are_left_out_unless_asked_for(tmp_path):
    text = "services: {a: {image: x}}\nvolumes: {v: }\nnetworks: {n: }\n"

    assert not load_text(tmp_path, text).volumes
    kept = load_text(tmp_path, text, options=LoadOptions(all_resources=True))
    assert set(kept.volumes) == {"v"}
    assert set(kept.networks) == {"n", "default"}
